"""UNSELECT: RFC 3691 §2."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.unselect import Unselect


async def unselect(session: ImapSession, command: Unselect) -> None:
    """UNSELECT: leave."""
    await session.deselect()
    await session.finish()
