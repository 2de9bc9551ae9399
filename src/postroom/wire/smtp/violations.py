"""A client's mistakes as values, with the reply we suggest for each.

The session sends the reply, or a harder one (421) when it has counted too many. RFC 5321 §4.2.4, RFC 3463 §3.6.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.wire.smtp.replies import Reply

_DETAIL_LIMIT = 200  # enough to recognise a client by in the log, too little to fill it


class Mistake(enum.Enum):
    """What kind of mistake; sessions count and log by it."""

    UNKNOWN_COMMAND = "unknown command"
    NOT_IMPLEMENTED = "not implemented"
    NOT_SMTP = "not SMTP"
    SYNTAX = "syntax"
    PARAMETER = "parameter"
    ADDRESS = "address"
    NON_ASCII = "non-ASCII"
    WRONG_STATE = "wrong state"
    PIPELINING = "pipelining"
    LINE_TOO_LONG = "line too long"
    BARE_LF = "bare LF"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Violation:
    """One mistake. `detail` is the client's raw text, cut: for the log only, and to be escaped there."""

    mistake: Mistake
    reply: Reply
    detail: bytes = b""
    closes: bool = False
    """Sync is lost or the peer is hostile: once replied to, the core is closed."""


def violation(mistake: Mistake, reply: Reply, detail: bytes = b"", *, closes: bool = False) -> Violation:
    """A Violation whose detail is bounded."""
    return Violation(mistake, reply, detail[:_DETAIL_LIMIT], closes)
