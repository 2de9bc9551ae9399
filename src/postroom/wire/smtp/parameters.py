"""ESMTP parameters of MAIL and RCPT: SIZE, BODY, SMTPUTF8, AUTH, RET, ENVID, REQUIRETLS, HOLDFOR, HOLDUNTIL, NOTIFY, ORCPT.

One table a command; a keyword whose extension is not offered is unknown (555), a bad or doubled value is 501. The words
are checked here and what they ask for is done elsewhere. RFC 5321 §4.1.1.11, RFC 1870, RFC 6152, RFC 6531, RFC 4954,
RFC 3461, RFC 8689, RFC 4865.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from postroom.wire.smtp.addresses import NULL_PATH, Path, parse_mailbox
from postroom.wire.smtp.capabilities import Terms
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.violations import Mistake, Violation, violation

_ENVID_LIMIT = 100  # RFC 3461 §4.4
_ORCPT_LIMIT = 500  # RFC 3461 §4.2

_SIZE = re.compile(rb"[0-9]{1,20}\Z")  # RFC 1870 §3
_HOLD_FOR = re.compile(rb"[1-9][0-9]{0,8}\Z")  # RFC 4865 §3: 1 to 9 digits, no zero in front
_HOLD_UNTIL = re.compile(
    rb"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}):([0-5][0-9]|60)(\.[0-9]{1,9})?Z\Z", re.IGNORECASE
)
_KEYWORD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_VALUE = re.compile(rb"[!-<>-~\x80-\xff]+\Z")
_XTEXT = re.compile(rb"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*\Z")
_HEXCHAR = re.compile(rb"\+([0-9A-F]{2})")
_ADDR_TYPE = re.compile(rb"[A-Za-z0-9-]{1,64}\Z")
_UTF8_ADDR_TEXT = re.compile(rb"(?:[!-*,-<>-\[\]-~]|\\x\{[0-9A-F]{2,6}\}|[\x80-\xff])+\Z")

_NOTIFY = frozenset((b"SUCCESS", b"FAILURE", b"DELAY"))


@dataclass(frozen=True, slots=True)
class Hold:
    """When the message may leave: so many seconds after MAIL, or a moment in Unix seconds."""

    seconds: int
    is_moment: bool = False


@dataclass(frozen=True, slots=True)
class MailParameters:
    """What MAIL carried beside its path."""

    size: int | None = None
    """Declared octets; a refusal by it is the session's."""
    body: str | None = None
    """`7BIT` or `8BITMIME`."""
    smtp_utf8: bool = False
    auth: Path | None = None
    """RFC 4954 §5: the submitter as the client knows it; the null path for `<>`."""
    ret: str | None = None
    """`FULL` or `HDRS`."""
    envid: str | None = None
    require_tls: bool = False
    """RFC 8689 §3."""
    hold: Hold | None = None
    """HOLDFOR or HOLDUNTIL (RFC 4865 §3), of which there is one at most."""


@dataclass(frozen=True, slots=True)
class RcptParameters:
    """What RCPT carried beside its path."""

    notify: frozenset[str] | None = None
    """Some of SUCCESS, FAILURE, DELAY; empty for NEVER; None when it was not said."""
    orcpt: tuple[str, str] | None = None
    """Address type and decoded address."""


NO_MAIL_PARAMETERS = MailParameters()
NO_RCPT_PARAMETERS = RcptParameters()


def decode_xtext(text: bytes) -> bytes | None:
    """xtext = *( xchar / hexchar ); None when it is not (RFC 3461 §4)."""
    if _XTEXT.match(text) is None:
        return None
    if b"+" not in text:
        return text
    return _HEXCHAR.sub(lambda found: bytes((int(found[1], 16),)), text)


def encode_xtext(data: bytes) -> bytes:
    """The reverse of `decode_xtext`."""
    return b"".join(bytes((c,)) if 33 <= c <= 126 and c not in b"+=" else b"+%02X" % c for c in data)


def _visible(data: bytes | None) -> str | None:
    """Decoded xtext as text; None when it hides what must not reach a header or a log: controls, 8-bit not UTF-8."""
    if data is None:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _size(value: bytes) -> int | None:
    """size-value ::= 1*20DIGIT."""
    return int(value) if _SIZE.match(value) else None


def _body(value: bytes) -> str | None:
    upper = value.upper()
    return upper.decode("ascii") if upper in (b"7BIT", b"8BITMIME") else None


def _without_value(value: bytes) -> bool | None:
    return None if value else True


def _auth(value: bytes) -> Path | None:
    """AUTH= xtext of a mailbox, or `<>`."""
    if value == b"<>":
        return NULL_PATH
    mailbox = decode_xtext(value)
    return None if mailbox is None else parse_mailbox(mailbox)


def _ret(value: bytes) -> str | None:
    upper = value.upper()
    return upper.decode("ascii") if upper in (b"FULL", b"HDRS") else None


def _envid(value: bytes) -> str | None:
    return _visible(decode_xtext(value)) if 0 < len(value) <= _ENVID_LIMIT else None


def _hold_for(value: bytes) -> Hold | None:
    """future-release-interval, in seconds."""
    return Hold(int(value)) if _HOLD_FOR.match(value) else None


def _hold_until(value: bytes) -> Hold | None:
    """future-release-date-time: an Internet date and time in UTC; part of a second counts as a whole one."""
    found = _HOLD_UNTIL.match(value)
    if found is None:
        return None
    try:
        minute = datetime.fromisoformat(f"{found[1].decode()}T{found[2].decode()}").replace(tzinfo=UTC)
    except ValueError:
        return None
    more = int(found[3]) + (1 if (found[4] or b".").strip(b".0") else 0)
    return Hold((minute - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) + more, is_moment=True)


def _notify(value: bytes) -> frozenset[str] | None:
    """notify-esmtp-value = "NEVER" / 1#notify-list-element."""
    upper = value.upper()
    if upper == b"NEVER":
        return frozenset()
    words = upper.split(b",")
    if not _NOTIFY.issuperset(words) or len(words) != len(set(words)):
        return None
    return frozenset(word.decode("ascii") for word in words)


def _orcpt(value: bytes) -> tuple[str, str] | None:
    """original-recipient-address = addr-type ";" xtext; the type utf-8 has a text of its own (RFC 6533 §3)."""
    kind, separator, address = value.partition(b";")
    if not separator or not address or len(value) > _ORCPT_LIMIT or not _ADDR_TYPE.match(kind):
        return None
    if kind.lower() == b"utf-8" and _UTF8_ADDR_TEXT.match(address):
        text = _visible(address)
    else:
        text = _visible(decode_xtext(address))
    return None if text is None else (kind.decode("ascii"), text)


@dataclass(frozen=True, slots=True)
class _Parameter:
    field: str
    offered: Callable[[Terms], bool]
    read: Callable[[bytes], object | None]


_MAIL: Mapping[bytes, _Parameter] = {
    b"SIZE": _Parameter("size", lambda terms: True, _size),
    b"BODY": _Parameter("body", lambda terms: terms.capabilities.eight_bit_mime, _body),
    b"SMTPUTF8": _Parameter("smtp_utf8", lambda terms: terms.capabilities.smtp_utf8, _without_value),
    b"REQUIRETLS": _Parameter("require_tls", lambda terms: terms.capabilities.require_tls, _without_value),
    b"AUTH": _Parameter("auth", lambda terms: terms.authenticated or bool(terms.capabilities.auth), _auth),
    b"RET": _Parameter("ret", lambda terms: terms.capabilities.dsn, _ret),
    b"ENVID": _Parameter("envid", lambda terms: terms.capabilities.dsn, _envid),
    b"HOLDFOR": _Parameter("hold", lambda terms: terms.capabilities.future_release is not None, _hold_for),
    b"HOLDUNTIL": _Parameter("hold", lambda terms: terms.capabilities.future_release is not None, _hold_until),
}
_RCPT: Mapping[bytes, _Parameter] = {
    b"NOTIFY": _Parameter("notify", lambda terms: terms.capabilities.dsn, _notify),
    b"ORCPT": _Parameter("orcpt", lambda terms: terms.capabilities.dsn, _orcpt),
}

_UNKNOWN = Reply.of(555, "5.5.4", "Parameter not recognised")
_BAD = Reply.of(501, "5.5.4", "Bad parameter")
_TWICE = Reply.of(501, "5.5.4", "Parameter given twice")

_Parameters = TypeVar("_Parameters", MailParameters, RcptParameters)


def parse_mail_parameters(text: bytes, terms: Terms) -> MailParameters | Violation:
    """What follows the reverse-path."""
    return _parse(text, terms, _MAIL, MailParameters) if text else NO_MAIL_PARAMETERS


def parse_rcpt_parameters(text: bytes, terms: Terms) -> RcptParameters | Violation:
    """What follows the forward-path."""
    return _parse(text, terms, _RCPT, RcptParameters) if text else NO_RCPT_PARAMETERS


def _parse(
    text: bytes, terms: Terms, table: Mapping[bytes, _Parameter], made: type[_Parameters]
) -> _Parameters | Violation:
    """Mail-parameters = esmtp-param *( SP esmtp-param ); esmtp-param = esmtp-keyword [ "=" esmtp-value ]."""
    fields: dict[str, object] = {}
    if text[:1] != b" ":
        return violation(Mistake.PARAMETER, _BAD, text)
    for word in text.split(b" "):
        if not word:
            continue
        keyword, equals, value = word.partition(b"=")
        if not _KEYWORD.match(keyword) or (equals and not _VALUE.match(value)):
            return violation(Mistake.PARAMETER, _BAD, word)
        parameter = table.get(keyword.upper())
        if parameter is None or not terms.extended or not parameter.offered(terms):
            return violation(Mistake.PARAMETER, _UNKNOWN, word)
        if parameter.field in fields:
            return violation(Mistake.PARAMETER, _TWICE, word)
        read = parameter.read(value)
        if read is None:
            return violation(Mistake.PARAMETER, _BAD, word)
        fields[parameter.field] = read
    return made(**fields)  # type: ignore[arg-type]  # the table pairs each field with a reader of its type
