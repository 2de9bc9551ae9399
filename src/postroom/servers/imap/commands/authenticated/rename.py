"""RENAME: RFC 3501 §6.3.5."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.rename import Rename


async def rename(session: ImapSession, command: Rename) -> None:
    """RENAME."""
    await session.account.rename(command.mailbox, command.new_name)
    await session.made_change(command.mailbox, command.new_name)
    await session.finish()
