"""What a Pop3Core tells its session.

Each event wants one answer: `reply_ok` or `reply_err`, the three content calls where a message or a list is asked for,
 `challenge` during AUTH. `Violation` wants `reply_err` too; its `text` and `code` are what we suggest.
Names and passwords are the client's bytes, free of NUL, CR and LF; message numbers are 1 to 2^32-1, not yet looked up.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from postroom.wire.pop3.replies import ResponseCode


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """The connection is new: `reply_ok` greets, `reply_err` refuses and closes."""


@dataclass(frozen=True, slots=True)
class Login:
    """USER and PASS together (RFC 1939 §7); USER alone is answered alike for every name, and tells nobody anything."""

    name: bytes
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthStarted:
    """AUTH with an offered mechanism; `initial` is None when there was no initial response (RFC 5034 §4)."""

    mechanism: str
    initial: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """The decoded answer to our challenge."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """The client sent "*": `reply_err`."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """STLS: after `reply_ok`, handshake and then call `tls_started` (RFC 2595 §4)."""


@dataclass(frozen=True, slots=True)
class Stat:
    """STAT: `reply_ok` with "count octets"."""


@dataclass(frozen=True, slots=True)
class List:
    """LIST; `number` None asks for the three content calls."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Uidl:
    """UIDL; `number` None asks for the three content calls."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Retr:
    """RETR: content, or `reply_err`."""

    number: int


@dataclass(frozen=True, slots=True)
class Top:
    """TOP: the header, the empty line and `lines` lines of the body as content."""

    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Dele:
    """DELE: mark it; nothing is deleted before QUIT."""

    number: int


@dataclass(frozen=True, slots=True)
class Reset:
    """RSET: take the marks away."""


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT; in TRANSACTION the session deletes what is marked, then replies. The core is closed after the reply."""

    in_transaction: bool


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """The client is gone without QUIT: nothing may be deleted (RFC 1939 §6). Wants no reply."""


class Mistake(enum.Enum):
    """What kind of mistake; sessions count and log by it."""

    UNKNOWN_COMMAND = "unknown command"
    SYNTAX = "syntax"
    WRONG_STATE = "wrong state"
    LINE_TOO_LONG = "line too long"
    BASE64 = "base64"
    MECHANISM = "mechanism not offered"
    PRIVACY_REQUIRED = "password in clear"


@dataclass(frozen=True, slots=True)
class Violation:
    """A client's mistake, with the reply we suggest. `detail` is its command word, cut: for the log only."""

    mistake: Mistake
    text: str
    detail: bytes = b""
    code: ResponseCode | None = None
    closes: bool = False
    """Not a POP3 client: once replied to, the core is closed."""


Event = (
    ConnectionOpened
    | Login
    | AuthStarted
    | AuthResponse
    | AuthCancelled
    | StartTls
    | Stat
    | List
    | Uidl
    | Retr
    | Top
    | Dele
    | Reset
    | Quit
    | EndOfStream
    | Violation
)
