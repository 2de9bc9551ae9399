"""CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE: RFC 3501 §6.3.3 ff., special use RFC 6154 §3."""

from __future__ import annotations

from postroom.model.mailbox import MailboxRole
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.mailbox import Create, Delete, Rename, Subscribe, Unsubscribe
from postroom.wire.imap.responses.status import Code, Condition, untagged

SPECIAL_USE: dict[MailboxRole, bytes] = {
    MailboxRole.DRAFTS: b"\\Drafts",
    MailboxRole.SENT: b"\\Sent",
    MailboxRole.JUNK: b"\\Junk",
    MailboxRole.TRASH: b"\\Trash",
    MailboxRole.ARCHIVE: b"\\Archive",
}
_ROLES = {use: role for role, use in SPECIAL_USE.items()}


async def create(session: ImapSession, command: Create) -> None:
    """CREATE, perhaps with a special use; one that is not served, or taken, is refused (RFC 6154 §3)."""
    role = None
    if command.special_use:
        role = _ROLES.get(command.special_use[0])
        if role is None or len(command.special_use) > 1 or await session.account.has_role(role):
            session.core.reply(Condition.NO, "This special use can't be given", Code.USEATTR)
            return
    await session.account.create(command.mailbox, role)
    await session.finish()


async def delete(session: ImapSession, command: Delete) -> None:
    """DELETE; of the selected mailbox too, which is then closed."""
    doomed = await session.account.mailbox(command.mailbox)
    await session.account.delete(doomed.name)
    if session.selected is not None and session.selected.mailbox.mailbox_id == doomed.mailbox_id:
        await session.deselect()
        session.core.send(untagged(Condition.OK, "The selected mailbox is gone", Code.CLOSED))
    await session.finish()


async def rename(session: ImapSession, command: Rename) -> None:
    """RENAME."""
    await session.account.rename(command.mailbox, command.new_name)
    await session.finish()


async def subscribe(session: ImapSession, command: Subscribe) -> None:
    """SUBSCRIBE; the name need not exist."""
    await session.account.subscribe(command.mailbox)
    await session.finish()


async def unsubscribe(session: ImapSession, command: Unsubscribe) -> None:
    """UNSUBSCRIBE."""
    await session.account.unsubscribe(command.mailbox)
    await session.finish()
