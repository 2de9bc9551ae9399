"""Progress: a sign of life in a long command, `* OK [INPROGRESS ("tag" done total)]` (RFC 9585)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from postroom.servers.connection import ConnectionLost
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.responses.status import Condition, in_progress, untagged

INTERVAL = 10.0
"""Seconds between two signs: RFC 9585 §3 asks for no more than one in 10 s; clients give up after some 30 of silence."""

_Outcome = TypeVar("_Outcome")
_MANY = 1000  # messages that are changed within a moment anywhere


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

    async def during(self, messages: int, work: Awaitable[_Outcome]) -> _Outcome:
        """The outcome of a change of so many messages that the store makes as one: until it is there, signs of life without numbers."""
        if messages < _MANY:
            return await work
        async with asyncio.TaskGroup() as tasks:
            signs = tasks.create_task(self._signs())
            try:
                return await work
            except Exception as error:  # noqa: BLE001 - raised again below: out of a TaskGroup it would come wrapped
                problem = error
            finally:
                signs.cancel()
        raise problem

    async def _signs(self) -> None:
        # who has gone hears nothing, and the change is made all the same
        with contextlib.suppress(ConnectionLost):
            while True:
                await asyncio.sleep(self._interval)
                self._session.core.send(untagged(Condition.OK, "Still at it", in_progress(self._tag)))
                await self._session.flush()
