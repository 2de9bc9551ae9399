"""SUBSCRIBE: RFC 3501 §6.3.6."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.subscribe import Subscribe


async def subscribe(session: ImapSession, command: Subscribe) -> None:
    """SUBSCRIBE; the name need not exist."""
    await session.account.subscribe(command.mailbox)
    await session.made_change(command.mailbox)
    await session.finish()
