"""CANCELUPDATE: RFC 5267 §4.3.5."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.cancelupdate import CancelUpdate
from postroom.wire.imap.responses.status import Condition


async def cancel_update(session: ImapSession, command: CancelUpdate) -> None:
    """All the searches named, or none."""
    if session.updates.cancel(command.searches):
        await session.finish("No further updates")
    else:
        session.core.reply(Condition.BAD, "No search of this tag tells changes")
