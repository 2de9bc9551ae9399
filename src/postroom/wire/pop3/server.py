"""Pop3Core: the server's side of one POP3 connection.

The order of calls is the one of `wire/core.py`. USER, CAPA, NOOP and a bare AUTH are answered by the core itself. After
`reply_ok` to `StartTls` what has come in clear is thrown away and nothing is parsed until `tls_started`. Pipelined
commands wait in the buffer while a reply is open. RFC 1939, RFC 2449, RFC 2595 §4, RFC 5034.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.pop3.capabilities import Offer
from postroom.wire.pop3.commands import COMMANDS, State
from postroom.wire.pop3.content import ContentWriter
from postroom.wire.pop3.events import (
    AuthCancelled,
    AuthResponse,
    AuthStarted,
    ConnectionOpened,
    EndOfStream,
    Event,
    Login,
    Mistake,
    Quit,
    StartTls,
    Violation,
)
from postroom.wire.pop3.replies import ResponseCode, status_line
from postroom.wire.sasl.base64_text import CANCEL, decode_base64, decode_initial_response, encode_base64

LINE_LIMIT = 512  # octets with the line end: RFC 2449 §4 asks for 255; leaves room for long names and passwords
AUTH_LINE_LIMIT = 12288 + 64  # octets: RFC 4954 §4's measure for base64, which tickets and tokens need, and "AUTH x"
STRIKES = 3  # lines in a row that are no POP3 command: a browser, a TLS client on the wrong port, a scanner

_VERB = re.compile(rb"[A-Za-z]{3,8}\Z")
_MECHANISM = re.compile(rb"[A-Za-z0-9_-]{1,20}\Z")
_DETAIL = 40  # bytes of a line kept for the log: the verb and a little, never a password


class _Phase(enum.Enum):
    COMMANDS = "commands"
    AUTH = "auth"
    TLS = "tls"
    CLOSED = "closed"


class Pop3Core:
    """Bytes of a client ⇄ events and replies."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        """What is announced and allowed now; the session replaces it."""
        self.discarded = 0
        """Octets that came in clear behind STLS and were thrown away."""
        self._buffer = ReceiveBuffer()
        self._output = bytearray()
        self._state = State.AUTHORIZATION
        self._phase = _Phase.COMMANDS
        self._pending: Event | None = ConnectionOpened()
        self._opened = False
        self._writer: ContentWriter | None = None
        self._name: bytes | None = None
        self._skipping = False
        self._strikes = 0
        self._eof = False
        self._eof_told = False

    @property
    def state(self) -> State:
        """AUTHORIZATION until a login was answered with `reply_ok`."""
        return self._state

    @property
    def closed(self) -> bool:
        """Nothing more is read; write what is left and close."""
        return self._phase is _Phase.CLOSED

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._eof:
            raise CoreMisuse("bytes after the end of the stream")
        if self._phase is _Phase.TLS:
            self.discarded += len(data)
        elif self._phase is not _Phase.CLOSED:
            self._buffer.append(data)

    def receive_eof(self) -> None:
        """The peer has closed its side."""
        self._eof = True

    def data_to_send(self) -> bytes:
        """All bytes to be written now."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def next_event(self) -> Event | Need:
        """The next event, or what is needed before one can happen."""
        if not self._opened:
            self._opened = True
            return ConnectionOpened()
        if self._pending is not None:
            return Need.REPLY
        while self._phase in (_Phase.COMMANDS, _Phase.AUTH):
            line = self._take_line()
            if line is None:
                break
            event = line if isinstance(line, Violation) else self._read(line)
            if event is not None:
                self._pending = event
                return event
        if self._eof and not self._eof_told and self._phase is not _Phase.CLOSED:
            self._eof_told = True
            self._phase = _Phase.CLOSED
            return EndOfStream()
        return Need.DATA

    def _take_line(self) -> bytes | Violation | None:
        buffer = self._buffer
        waiting = len(buffer)
        limit = LINE_LIMIT
        if waiting > LINE_LIMIT and (self._phase is _Phase.AUTH or buffer.peek(5).upper() == b"AUTH "):
            limit = AUTH_LINE_LIMIT
        line = buffer.take_line()
        if line is None:
            if self._skipping or waiting > limit:
                buffer.skip(waiting)
                if not self._skipping:
                    self._skipping = True
                    return self._too_long()
            return None
        if self._skipping:
            self._skipping = False
            return self._take_line()
        if len(line) > limit:
            return self._too_long()
        return line[:-2] if line.endswith(b"\r\n") else line[:-1]

    def _too_long(self) -> Violation:
        self._phase = _Phase.COMMANDS
        return self._strike(Violation(Mistake.LINE_TOO_LONG, "Line too long"))

    def _strike(self, violation: Violation) -> Violation:
        self._strikes += 1
        if self._strikes < STRIKES:
            return violation
        return Violation(violation.mistake, "This is a POP3 server", violation.detail, closes=True)

    def _read(self, line: bytes) -> Event | None:
        """The event of a line, or None when the core has answered it."""
        if self._phase is _Phase.AUTH:
            return self._auth_response(line)
        verb, _, rest = line.partition(b" ")
        name = verb.upper()
        command = COMMANDS.get(name)
        if command is None or b"\x00" in rest:
            detail = verb[:_DETAIL] if _VERB.match(verb) else b""
            return self._strike(Violation(Mistake.UNKNOWN_COMMAND, "Unknown command", detail))
        self._strikes = 0
        if self._state not in command.states:
            return Violation(Mistake.WRONG_STATE, "Not now", name)
        user, self._name = self._name, (self._name if name == b"CAPA" else None)
        if command.parse is not None:
            return command.parse(rest.split()) or Violation(Mistake.SYNTAX, "Bad arguments", name)
        if name == b"PASS":
            return self._pass(user, rest)
        if name == b"USER":
            return self._user(rest)
        return self._auth(rest.split()) if name == b"AUTH" else self._without_arguments(name, rest)

    def _without_arguments(self, name: bytes, rest: bytes) -> Event | None:
        if rest.strip():
            return Violation(Mistake.SYNTAX, "No arguments here", name)
        if name == b"QUIT":
            return Quit(self._state is State.TRANSACTION)
        if name == b"CAPA":
            self._send_lines("Capabilities", self.offer.lines(self._state))
            return None
        if name == b"STLS":
            return StartTls() if self.offer.stls else Violation(Mistake.WRONG_STATE, "No TLS here", name)
        self._output += status_line(True, "")
        return None

    def _user(self, rest: bytes) -> Event | None:
        if not self.offer.plaintext:
            return _privacy_required(b"USER")
        name = rest.strip(b" ")
        if not name:
            return Violation(Mistake.SYNTAX, "A name is missing", b"USER")
        self._name = name
        self._output += status_line(True, "")
        return None

    def _pass(self, user: bytes | None, rest: bytes) -> Event:
        """PASS takes all behind its one space, spaces too (RFC 1939 §7)."""
        if not self.offer.plaintext:
            return _privacy_required(b"PASS")
        if user is None:
            return Violation(Mistake.WRONG_STATE, "USER first", b"PASS")
        return Login(user, rest)

    def _auth(self, arguments: list[bytes]) -> Event | None:
        """AUTH mechanism [initial-response] (RFC 5034 §4); a bare AUTH lists mechanisms, as Outlook Express asks."""
        if not arguments:
            self._send_lines("", [mechanism.encode() for mechanism in self.offer.mechanisms])
            return None
        mechanism = arguments[0].upper().decode("ascii", "replace")
        if len(arguments) > 2 or not _MECHANISM.match(arguments[0]):
            return Violation(Mistake.SYNTAX, "Bad arguments", b"AUTH")
        if mechanism not in self.offer.mechanisms:
            return Violation(Mistake.MECHANISM, "Mechanism not offered", b"AUTH")
        if len(arguments) == 1:
            return AuthStarted(mechanism, None)
        initial = decode_initial_response(arguments[1])
        if initial is None:
            return Violation(Mistake.BASE64, "Cannot decode the response", b"AUTH")
        return AuthStarted(mechanism, initial)

    def _auth_response(self, line: bytes) -> Event:
        self._phase = _Phase.COMMANDS
        if line == CANCEL:
            return AuthCancelled()
        decoded = decode_base64(line)
        if decoded is None:
            return Violation(Mistake.BASE64, "Cannot decode the response", b"AUTH")
        return AuthResponse(decoded)

    def challenge(self, data: bytes) -> None:
        """Go on with AUTH: our challenge, which may be empty."""
        if not isinstance(self._answering(), AuthStarted | AuthResponse):
            raise CoreMisuse("a challenge outside AUTH")
        self._pending = None
        self._phase = _Phase.AUTH
        self._output += b"+ " + encode_base64(data) + b"\r\n"

    def _answering(self) -> Event:
        if self._pending is None or not self._opened or self._writer is not None:
            raise CoreMisuse("a reply that nobody waits for")
        return self._pending

    def reply_ok(self, text: str = "") -> None:
        """Answer the last event with success."""
        event = self._answering()
        if isinstance(event, Violation | AuthCancelled):
            raise CoreMisuse("success for a mistake")
        self._output += status_line(True, text)
        self._pending = None
        if isinstance(event, Login | AuthStarted | AuthResponse):
            self._state = State.TRANSACTION
        elif isinstance(event, StartTls):
            self._phase = _Phase.TLS
            self.discarded += self._buffer.clear()
        elif isinstance(event, Quit):
            self.close()

    def reply_err(self, text: str, code: ResponseCode | None = None) -> None:
        """Answer the last event with failure."""
        event = self._answering()
        self._output += status_line(False, text, code)
        self._pending = None
        if isinstance(event, ConnectionOpened | Quit) or (isinstance(event, Violation) and event.closes):
            self.close()

    def _send_lines(self, text: str, lines: Iterable[bytes]) -> None:
        self._output += status_line(True, text)
        self._output += b"".join([line + b"\r\n" for line in lines])
        self._output += b".\r\n"

    def begin_content(self, text: str = "") -> None:
        """Answer RETR, TOP, and LIST or UIDL of all: the status line; then `content` as often as needed, then `end_content`."""
        self._answering()
        self._writer = ContentWriter()
        self._output += status_line(True, text)

    def content(self, data: bytes) -> None:
        """A piece of the message, or of the list, whose lines have their ends."""
        if self._writer is None:
            raise CoreMisuse("content outside of a message")
        self._output += self._writer.write(data)

    def end_content(self) -> None:
        """The message is complete."""
        if self._writer is None:
            raise CoreMisuse("the end of no message")
        self._output += self._writer.end()
        self._writer = None
        self._pending = None

    def tls_started(self, offer: Offer) -> None:
        """The handshake is done: nothing said in clear counts (RFC 2595 §4)."""
        if self._phase is not _Phase.TLS:
            raise CoreMisuse("TLS without STLS")
        self.offer = offer
        self._phase = _Phase.COMMANDS
        self._name = None
        self._skipping = False

    def close(self, text: str | None = None, code: ResponseCode | None = None) -> None:
        """Read no more; with a text, say so first (shutdown, idle too long)."""
        if text is not None and self._phase is not _Phase.CLOSED and self._writer is None:
            self._output += status_line(False, text, code)
        self._phase = _Phase.CLOSED
        self._pending = None
        self._buffer.clear()


def _privacy_required(name: bytes) -> Violation:
    return Violation(Mistake.PRIVACY_REQUIRED, "Start TLS before you send a password", name)
