"""The commands a server takes: verb → parser, the states it may stand in, whether it must end a pipelined group.

A parser reads what stands behind the verb and gives an event or a `Violation`; it sees the agreed `Terms` and nothing
of the session. The order of the checks (verb, pipelining, state, syntax) is the core's. RFC 5321 §4.1.1, §4.1.4.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from postroom.wire.sasl.base64_text import decode_initial_response
from postroom.wire.smtp.addresses import parse_forward_path, parse_hello_domain, parse_reverse_path
from postroom.wire.smtp.capabilities import Terms
from postroom.wire.smtp.events import (
    AuthStarted,
    ContentStarted,
    Event,
    Expand,
    Hello,
    HelloVerb,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Reset,
    StartTls,
    Verify,
)
from postroom.wire.smtp.parameters import parse_mail_parameters, parse_rcpt_parameters
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.violations import Mistake, Violation, violation


class State(enum.Enum):
    """Where a connection is between commands."""

    REFUSED = "refused"
    """The greeting was a refusal: only QUIT is left."""
    START = "start"
    GREETED = "greeted"
    MAIL = "mail"
    """MAIL accepted, no recipient yet."""
    RCPT = "rcpt"
    CHUNKS = "chunks"
    """Between BDAT chunks."""
    FAILED = "failed"
    """A BDAT was refused: RFC 3030 §2 leaves only RSET."""


@dataclass(frozen=True, slots=True)
class BdatChunk:
    """A BDAT command; the core turns it into ContentStarted when it is the first of its message."""

    size: int
    last: bool


Parser = Callable[[bytes, Terms], Event | BdatChunk]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table."""

    parse: Parser
    states: tuple[State, ...]
    ends_group: bool = False
    """Nothing may be sent behind it before its reply (RFC 2920 §3.1, RFC 4954 §4)."""


_ARGUMENT = Reply.of(501, "5.5.4", "Syntax error in arguments")
_NO_ARGUMENT = Reply.of(501, "5.5.4", "No argument allowed")
_NOT_UTF8 = Reply.of(501, "5.5.2", "Argument is not valid UTF-8")
_BAD_DOMAIN = Reply.of(501, "5.5.4", "A domain or an address literal is required")
_WRONG_GREETING = Reply.of(500, "5.5.1", "Wrong greeting for this protocol")
_BAD_REVERSE_PATH = Reply.of(501, "5.1.7", "Bad sender address syntax")
_BAD_FORWARD_PATH = Reply.of(501, "5.1.3", "Bad recipient address syntax")
_UTF8_SENDER = Reply.of(553, "5.6.7", "A non-ASCII sender address needs SMTPUTF8")
_UTF8_RECIPIENT = Reply.of(553, "5.6.7", "A non-ASCII recipient address needs SMTPUTF8")
_NOT_OFFERED = Reply.of(502, "5.5.1", "Command not implemented")
_TLS_ACTIVE = Reply.of(503, "5.5.1", "TLS is active already")
_AUTHENTICATED = Reply.of(503, "5.5.1", "Already authenticated")
_NEEDS_EHLO = Reply.of(503, "5.5.1", "Send EHLO first")
_BAD_BASE64 = Reply.of(501, "5.5.2", "Cannot decode the initial response")
_BAD_CHUNK = Reply.of(501, "5.5.4", "Bad chunk size")

_FROM = re.compile(rb"(?i:FROM): *")  # the spaces: docs/quirks.md
_TO = re.compile(rb"(?i:TO): *")
_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}\Z")  # sasl-mech, RFC 4422 §3.1
_CHUNK = re.compile(rb"([0-9]{1,19})(?: +(LAST))? *\Z", re.IGNORECASE)
_CHUNK_SIZE_MAX = 2**63 - 1  # one past it overflows the counters of other servers; nobody has such a message


def _hello(verb: HelloVerb) -> Parser:
    """ehlo = "EHLO" SP ( Domain / address-literal )."""
    lmtp = verb is HelloVerb.LHLO

    def parse(argument: bytes, terms: Terms) -> Event:
        if terms.lmtp is not lmtp:
            return violation(Mistake.UNKNOWN_COMMAND, _WRONG_GREETING)
        domain = parse_hello_domain(argument)
        if domain is None:
            return violation(Mistake.SYNTAX, _BAD_DOMAIN, argument)
        return Hello(verb, *domain)

    return parse


def _address_mistake(argument: bytes, reply: Reply) -> Violation:
    """RFC 6531 §3.5 keeps apart what is not UTF-8 at all."""
    try:
        argument.decode("utf-8")
    except UnicodeDecodeError:
        return violation(Mistake.NON_ASCII, _NOT_UTF8, argument)
    return violation(Mistake.ADDRESS, reply, argument)


def _parse_mail(argument: bytes, terms: Terms) -> Event:
    """mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]."""
    prefix = _FROM.match(argument)
    if prefix is None:
        return violation(Mistake.SYNTAX, _ARGUMENT, argument)
    text = argument[prefix.end() :].rstrip(b" ")
    found = parse_reverse_path(text)
    if found is None:
        return _address_mistake(argument, _BAD_REVERSE_PATH)
    path, end = found
    parameters = parse_mail_parameters(text[end:], terms)
    if isinstance(parameters, Violation):
        return parameters
    if not (path.is_ascii or parameters.smtp_utf8):
        return violation(Mistake.NON_ASCII, _UTF8_SENDER, argument)
    return Mail(path, parameters)


def _parse_rcpt(argument: bytes, terms: Terms) -> Event:
    """rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]."""
    prefix = _TO.match(argument)
    if prefix is None:
        return violation(Mistake.SYNTAX, _ARGUMENT, argument)
    text = argument[prefix.end() :].rstrip(b" ")
    found = parse_forward_path(text)
    if found is None:
        return _address_mistake(argument, _BAD_FORWARD_PATH)
    path, end = found
    parameters = parse_rcpt_parameters(text[end:], terms)
    if isinstance(parameters, Violation):
        return parameters
    if not (path.is_ascii or terms.smtp_utf8):
        return violation(Mistake.NON_ASCII, _UTF8_RECIPIENT, argument)
    return Rcpt(path, parameters)


def _without_argument(event: Event) -> Parser:
    """A verb that stands alone; trailing spaces are let pass (RFC 5321 §4.1.1)."""

    def parse(argument: bytes, terms: Terms) -> Event:
        return violation(Mistake.SYNTAX, _NO_ARGUMENT, argument) if argument.strip(b" ") else event

    return parse


def _with_text(event: Callable[[str], Event], *, required: bool) -> Parser:
    """VRFY, EXPN and HELP: one String, kept as text."""

    def parse(argument: bytes, terms: Terms) -> Event:
        text = argument.strip(b" ")
        if required and not text:
            return violation(Mistake.SYNTAX, _ARGUMENT)
        try:
            return event(text.decode("utf-8"))
        except UnicodeDecodeError:
            return violation(Mistake.NON_ASCII, _NOT_UTF8, argument)

    return parse


def _parse_noop(argument: bytes, terms: Terms) -> Event:
    """noop = "NOOP" [ SP String ]; the string means nothing."""
    return Noop()


def _parse_data(argument: bytes, terms: Terms) -> Event:
    return violation(Mistake.SYNTAX, _NO_ARGUMENT, argument) if argument.strip(b" ") else ContentStarted(False, None)


def _parse_bdat(argument: bytes, terms: Terms) -> Event | BdatChunk:
    """bdat-cmd ::= "BDAT" SP chunk-size [ SP end-marker ] (RFC 3030 §2).

    Without its size the client's next octets can't be told apart from commands, so a bad one closes.
    """
    if not terms.capabilities.chunking:
        return violation(Mistake.NOT_IMPLEMENTED, _NOT_OFFERED, closes=True)
    found = _CHUNK.match(argument)
    if found is None or int(found[1]) > _CHUNK_SIZE_MAX:
        return violation(Mistake.SYNTAX, _BAD_CHUNK, argument, closes=True)
    return BdatChunk(int(found[1]), found[2] is not None)


def _parse_starttls(argument: bytes, terms: Terms) -> Event:
    if terms.tls:
        return violation(Mistake.WRONG_STATE, _TLS_ACTIVE)
    if not terms.capabilities.starttls:
        return violation(Mistake.NOT_IMPLEMENTED, _NOT_OFFERED)
    return violation(Mistake.SYNTAX, _NO_ARGUMENT, argument) if argument.strip(b" ") else StartTls()


def _parse_auth(argument: bytes, terms: Terms) -> Event:
    """auth-command = "AUTH" SP sasl-mech [SP initial-response] (RFC 4954 §8). The detail never holds the response."""
    if not terms.extended:
        return violation(Mistake.WRONG_STATE, _NEEDS_EHLO)
    if terms.authenticated:
        return violation(Mistake.WRONG_STATE, _AUTHENTICATED)
    mechanism, space, response = argument.rstrip(b" ").partition(b" ")
    if not _MECHANISM.match(mechanism):
        return violation(Mistake.SYNTAX, _ARGUMENT)
    name = mechanism.upper().decode("ascii")
    if not space:
        return AuthStarted(name, None)
    initial = decode_initial_response(response)
    return violation(Mistake.BASE64, _BAD_BASE64, mechanism) if initial is None else AuthStarted(name, initial)


def _not_implemented(argument: bytes, terms: Terms) -> Event:
    return violation(Mistake.NOT_IMPLEMENTED, _NOT_OFFERED)


_ANY = (State.START, State.GREETED, State.MAIL, State.RCPT, State.CHUNKS, State.FAILED)

COMMANDS: Mapping[bytes, Command] = {
    b"EHLO": Command(_hello(HelloVerb.EHLO), _ANY, ends_group=True),
    b"HELO": Command(_hello(HelloVerb.HELO), _ANY, ends_group=True),
    b"LHLO": Command(_hello(HelloVerb.LHLO), _ANY, ends_group=True),
    b"MAIL": Command(_parse_mail, (State.GREETED,)),
    b"RCPT": Command(_parse_rcpt, (State.MAIL, State.RCPT)),
    b"DATA": Command(_parse_data, (State.RCPT,), ends_group=True),
    b"BDAT": Command(_parse_bdat, _ANY),  # its chunk must be read in any state
    b"RSET": Command(_without_argument(Reset()), _ANY),
    b"NOOP": Command(_parse_noop, _ANY),
    b"QUIT": Command(_without_argument(Quit()), (*_ANY, State.REFUSED)),
    b"STARTTLS": Command(_parse_starttls, (State.GREETED,)),
    b"AUTH": Command(_parse_auth, (State.GREETED,), ends_group=True),
    b"VRFY": Command(_with_text(Verify, required=True), _ANY),
    b"EXPN": Command(_with_text(Expand, required=True), _ANY),
    b"HELP": Command(_with_text(Help, required=False), _ANY),
    b"TURN": Command(_not_implemented, _ANY),
    b"ETRN": Command(_not_implemented, _ANY),
    b"SEND": Command(_not_implemented, _ANY),
    b"SOML": Command(_not_implemented, _ANY),
    b"SAML": Command(_not_implemented, _ANY),
}

FOREIGN_VERBS = frozenset((b"GET", b"POST", b"PUT", b"HEAD", b"CONNECT", b"OPTIONS"))
"""Another protocol's first words: a browser made to talk to us must not get a second line in."""

WRONG_STATE: Mapping[State, Reply] = {
    State.REFUSED: Reply.of(503, "5.5.1", "Only QUIT is accepted here"),
    State.START: Reply.of(503, "5.5.1", "Say hello first"),
    State.GREETED: Reply.of(503, "5.5.1", "MAIL is needed first"),
    State.MAIL: Reply.of(503, "5.5.1", "Bad sequence of commands"),
    State.RCPT: Reply.of(503, "5.5.1", "A mail transaction is under way"),
    State.CHUNKS: Reply.of(503, "5.5.1", "BDAT LAST or RSET is needed first"),
    State.FAILED: Reply.of(503, "5.5.1", "The transaction failed, RSET is needed first"),
}
NO_RECIPIENT = Reply.of(554, "5.5.1", "No valid recipients")
NO_RECIPIENT_LMTP = Reply.of(503, "5.5.1", "No valid recipients")
