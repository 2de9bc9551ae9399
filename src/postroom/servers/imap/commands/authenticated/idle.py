"""IDLE: RFC 2177. What happens is told at once; a notice that was lost is made up for by looking now and then."""

from __future__ import annotations

import asyncio

from postroom.servers.connection import Woken
from postroom.servers.imap.session import ImapSession
from postroom.wire.core import Need
from postroom.wire.imap.commands.authenticated.idle import IdleStarted
from postroom.wire.imap.events import IdleEnded

_LOOK = 120.0  # seconds between two looks without a notice: 5,000 idle sessions cost 40 short reads a second


async def idle(session: ImapSession, command: IdleStarted) -> None:
    """IDLE until DONE, the idle deadline, or the end of the mailbox."""
    session.core.accept_idle()
    selected = session.selected
    if selected is not None:
        selected.wake_with(session.connection.wake)
    try:
        await _wait(session)
    finally:
        if selected is not None:
            selected.wake_with(None)


async def _wait(session: ImapSession) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + session.patience()
    while True:
        if not await session.tell_changes(always=True):
            session.end("The mailbox was deleted")
            return
        await session.tell_news()
        event = session.core.next_event()
        if isinstance(event, IdleEnded):
            await session.finish()
            return
        if not isinstance(event, Need):
            session.push_back(event)
            return
        await session.flush()
        left = until - loop.time()
        if left <= 0:
            raise TimeoutError
        try:
            await session.receive(min(left, _LOOK), between_commands=True, wakeable=True)
        except (Woken, TimeoutError):
            continue
