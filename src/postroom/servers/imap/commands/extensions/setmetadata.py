"""SETMETADATA: RFC 5464 §4.3."""

from __future__ import annotations

from postroom.model.errors import Meaning, OverLimit
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.setmetadata import SetMetadata
from postroom.wire.imap.responses import metadata
from postroom.wire.imap.responses.status import Condition


async def set_metadata(session: ImapSession, command: SetMetadata) -> None:
    """SETMETADATA: all or none."""
    try:
        await session.account.annotate(command.mailbox, dict(command.values))
    except OverLimit as error:
        if error.meaning is not Meaning.TOO_MANY:
            raise
        session.core.reply(Condition.NO, "Too many annotations", metadata.TOO_MANY)
        return
    await session.made_change(command.mailbox)
    await session.finish()
