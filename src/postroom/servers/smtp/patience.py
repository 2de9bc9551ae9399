"""Patience: what one session has cost so far, and when it waits or ends for it (THREATS A1).

A well-behaved client never sees any of this: the counts are far above what mail servers and mail programs do in one session.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from postroom.wire.smtp.replies import Reply

TOO_MANY_ERRORS = Reply.of(421, "4.7.0", "Too many errors, closing the connection")
TOO_MANY_COMMANDS = Reply.of(421, "4.7.0", "Too many commands without mail, closing the connection")
TOO_MANY_UNKNOWN = Reply.of(421, "4.7.0", "Too many unknown recipients, closing the connection")


@dataclass(frozen=True, slots=True)
class PatienceLimits:
    """Counts of one session; delays in seconds."""

    errors: int = 20  # a person typing by hand makes fewer; a program that makes more talks another protocol
    idle_free: int = 30  # NOOP, RSET, VRFY ... that cost nothing: one keep-alive or check per message is usual
    idle_most: int = 100
    idle_delay: float = 0.5
    unknown_free: int = 10  # a list with stale addresses has some; more is a search for names
    unknown_most: int = 50
    unknown_delay: float = 1.0


class Patience:
    """Counters of one session; `trusted` peers are refused like others and never delayed."""

    __slots__ = ("_errors", "_idle", "_limits", "_trusted", "_unknown")

    def __init__(self, limits: PatienceLimits, *, trusted: bool) -> None:
        self._limits = limits
        self._trusted = trusted
        self._errors = 0
        self._idle = 0
        self._unknown = 0

    def mistake(self) -> Reply | None:
        """A command that can't be understood or a failed login; the reply that ends the session when it was one too many."""
        self._errors += 1
        return TOO_MANY_ERRORS if self._errors > self._limits.errors else None

    async def idle_command(self) -> Reply | None:
        """A command that brings no mail nearer."""
        self._idle += 1
        if self._idle > self._limits.idle_most:
            return TOO_MANY_COMMANDS
        if self._idle > self._limits.idle_free:
            await self._wait(self._limits.idle_delay)
        return None

    async def unknown_recipient(self) -> Reply | None:
        """A recipient that is not here."""
        self._unknown += 1
        if self._unknown > self._limits.unknown_most:
            return TOO_MANY_UNKNOWN
        if self._unknown > self._limits.unknown_free:
            await self._wait(self._limits.unknown_delay)
        return None

    def message_accepted(self) -> None:
        """Mail has come: idle commands are counted anew."""
        self._idle = 0

    async def _wait(self, seconds: float) -> None:
        if not self._trusted:
            await asyncio.sleep(seconds)
