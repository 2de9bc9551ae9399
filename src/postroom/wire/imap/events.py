"""What a core tells its session beside the commands themselves (`commands.table.Command`).

A `Violation` that carries the tag of the command under way means that the core has answered it: whatever was going on
(AUTHENTICATE, IDLE, APPEND) is over and what was staged for it is to be dropped.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """The peer broke the language; the core has queued the reply. After a fatal one: send what is queued, close."""

    tag: bytes | None
    text: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class LiteralChunk:
    """Bytes of the message of APPEND, in order; how they are split means nothing."""

    content: bytes


@dataclass(frozen=True, slots=True)
class LiteralEnded:
    """The message of APPEND is whole; the command is not: wait for `AppendEnded`, a next message or a Violation."""


@dataclass(frozen=True, slots=True)
class AppendEnded:
    """The APPEND command is whole: store all its messages or none, then `reply`."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """The client's answer to `challenge`, decoded; next: `challenge` again or `reply`."""

    tag: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """The client sent `*`; the core has answered BAD (RFC 3501 §6.2.2)."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class IdleEnded:
    """The client sent DONE; next: `reply`."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class PeerClosed:
    """The client closed its side; `in_command` when it did so in the middle of one, which is then void."""

    in_command: bool
