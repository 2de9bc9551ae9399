"""CLOSE: RFC 3501 §6.4.2."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.close import Close


async def close(session: ImapSession, command: Close) -> None:
    """CLOSE: expunge without a word, then leave."""
    if not session.open_mailbox.read_only:
        await session.open_mailbox.expunge(None)
    await session.deselect()
    await session.finish()
