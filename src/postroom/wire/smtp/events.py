"""What a ServerCore tells its session.

Every event wants one `reply`, except `ContentChunk` and `EndOfStream`; in LMTP `ContentEnded` wants one for each
accepted recipient. Events hold values that a grammar has read; the only raw text is `Violation.detail`, for the log.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.wire.smtp.addresses import Path
from postroom.wire.smtp.parameters import MailParameters, RcptParameters
from postroom.wire.smtp.violations import Violation


class HelloVerb(enum.Enum):
    """The greeting a client chose."""

    HELO = "HELO"
    EHLO = "EHLO"
    LHLO = "LHLO"


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """The connection is new: reply 220, or 554 to refuse it, or 421."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A greeting; on 250 the core adds the extension list by itself. RFC 5321 §4.1.1.1."""

    verb: HelloVerb
    domain: str
    well_formed: bool
    """False when it is neither a domain nor an address literal; many old clients are, so it is not a violation."""


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM. RFC 5321 §4.1.1.2."""

    reverse_path: Path
    parameters: MailParameters


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO. RFC 5321 §4.1.1.3."""

    forward_path: Path
    parameters: RcptParameters


@dataclass(frozen=True, slots=True)
class ContentStarted:
    """DATA or the first BDAT: `reply` 354 to take the content (BDAT sends nothing then), or a refusal."""

    chunking: bool
    size: int | None
    """Octets of this BDAT chunk, or None for DATA."""


@dataclass(frozen=True, slots=True)
class ContentChunk:
    """A piece of the message, dots already removed. Wants no reply."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ChunkEnded:
    """A BDAT chunk that was not the last is complete: reply 250, or a refusal, which fails the transaction."""

    size: int
    too_large: bool


@dataclass(frozen=True, slots=True)
class ContentEnded:
    """The message is complete: reply 250 only once it is durable. RFC 5321 §4.1.1.4."""

    size: int
    """Octets of content, dots removed, also those that were dropped because of `too_large`."""
    bare_cr: bool
    bare_lf: bool
    nul: bool
    eight_bit: bool
    too_large: bool


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS: reply 220, send it, do the handshake, call `tls_started`. RFC 3207 §4."""


@dataclass(frozen=True, slots=True)
class AuthStarted:
    """AUTH: reply 334 with a challenge (`reply_challenge`), 235, or a refusal. RFC 4954 §4."""

    mechanism: str
    initial_response: bytes | None


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """The client's answer to a challenge, decoded. A `Violation` in its place ends the exchange."""

    data: bytes


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """The client sent `*`: reply 501."""


@dataclass(frozen=True, slots=True)
class Reset:
    """RSET; the core has forgotten the transaction already."""


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Verify:
    """VRFY: 252 tells nothing."""

    argument: str


@dataclass(frozen=True, slots=True)
class Expand:
    """EXPN."""

    argument: str


@dataclass(frozen=True, slots=True)
class Help:
    """HELP."""

    argument: str


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT: after the reply the core is closed."""


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """Nothing more will come, or the core was closed by our reply. Given again each time it is asked."""

    in_content: bool
    """The client went away inside a message: nothing of it may be kept."""


Event = (
    ConnectionOpened
    | Hello
    | Mail
    | Rcpt
    | ContentStarted
    | ContentChunk
    | ChunkEnded
    | ContentEnded
    | StartTls
    | AuthStarted
    | AuthResponse
    | AuthCancelled
    | Reset
    | Noop
    | Verify
    | Expand
    | Help
    | Quit
    | Violation
    | EndOfStream
)
