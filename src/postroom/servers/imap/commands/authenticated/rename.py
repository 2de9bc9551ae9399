"""RENAME: RFC 3501 §6.3.5."""

from __future__ import annotations

from postroom.model.mailbox import DELIMITER
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.rename import Rename
from postroom.wire.imap.responses.mailboxes import list_line


async def rename(session: ImapSession, command: Rename) -> None:
    """RENAME."""
    await session.account.rename(command.mailbox, command.new_name)
    await session.made_change(command.mailbox, command.new_name)
    if session.rev2:
        # RFC 9051 §6.3.6
        renamed = await session.account.mailbox(command.new_name.removesuffix(DELIMITER))
        session.core.send(list_line((), DELIMITER, renamed.name, old_name=command.mailbox, utf8=True))
    await session.finish()
