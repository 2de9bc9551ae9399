"""Progress: a sign of life in a long command, `* OK [INPROGRESS ("tag" done total)]` (RFC 9585)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.responses.status import Condition, in_progress, untagged

INTERVAL = 10.0
"""Seconds between two signs: RFC 9585 §3 asks for no more than one in 10 s; clients give up after some 30 of silence."""


class Progress:
    """Called as often as is convenient with (done, total); says something only where a command takes long."""

    __slots__ = ("_interval", "_last", "_now", "_session", "_tag")

    def __init__(
        self, session: ImapSession, tag: bytes, *, interval: float = INTERVAL, now: Callable[[], float] | None = None
    ) -> None:
        self._session = session
        self._tag = tag
        self._interval = interval
        self._now = now or asyncio.get_running_loop().time
        self._last = self._now()

    async def __call__(self, done: int, total: int) -> None:
        now = self._now()
        if now - self._last < self._interval:
            return
        self._last = now
        self._session.core.send(untagged(Condition.OK, "Still at it", in_progress(self._tag, done, total)))
        await self._session.flush()
