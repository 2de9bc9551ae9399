"""DELETE: RFC 3501 §6.3.4."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.delete import Delete
from postroom.wire.imap.responses.status import Code, Condition, untagged


async def delete(session: ImapSession, command: Delete) -> None:
    """DELETE; of the selected mailbox too, which is then closed."""
    doomed = await session.account.mailbox(command.mailbox)
    await session.account.delete(doomed.name)
    if session.selected is not None and session.selected.mailbox.mailbox_id == doomed.mailbox_id:
        await session.deselect()
        session.core.send(untagged(Condition.OK, "The selected mailbox is gone", Code.CLOSED))
    await session.made_change(doomed.name)
    await session.finish()
