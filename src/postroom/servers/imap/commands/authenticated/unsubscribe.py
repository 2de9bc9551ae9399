"""UNSUBSCRIBE: RFC 3501 §6.3.7."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.unsubscribe import Unsubscribe


async def unsubscribe(session: ImapSession, command: Unsubscribe) -> None:
    """UNSUBSCRIBE."""
    await session.account.unsubscribe(command.mailbox)
    await session.made_change(command.mailbox)
    await session.finish()
