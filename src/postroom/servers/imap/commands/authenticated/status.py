"""STATUS: RFC 3501 §6.3.10, HIGHESTMODSEQ RFC 7162 §3.1.7. Also serves LIST … RETURN (STATUS …), RFC 5819."""

from __future__ import annotations

from postroom.model.mailbox import Mailbox
from postroom.servers.imap.listed import counters_of
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.status import Status, StatusItem
from postroom.wire.imap.responses import mailboxes
from postroom.wire.imap.responses.status import object_id


async def status(session: ImapSession, command: Status) -> None:
    """STATUS."""
    mailbox = await session.account.mailbox(command.mailbox)
    session.core.send(await line(session, mailbox, command.items))
    await session.finish()


async def line(session: ImapSession, mailbox: Mailbox, items: tuple[StatusItem, ...]) -> bytes:
    """The STATUS response for one mailbox."""
    if StatusItem.HIGHESTMODSEQ in items:
        await session.enable_condstore()
    values: dict[StatusItem, int | bytes] = {
        **counters_of(mailbox),
        StatusItem.DELETED: mailbox.deleted_count,
        StatusItem.SIZE: mailbox.size,
        StatusItem.MAILBOXID: b"(" + object_id(b"F", mailbox.mailbox_id) + b")",
        StatusItem.APPENDLIMIT: session.live.settings.smtp.max_message_size,
    }
    if StatusItem.DELETED_STORAGE in items:
        values[StatusItem.DELETED_STORAGE] = await session.account.deleted_size(mailbox)
    if StatusItem.RECENT in items:
        values[StatusItem.RECENT] = await session.account.recent_count(mailbox)
    return mailboxes.status_line(mailbox.name, [(item.value, values[item]) for item in items], utf8=session.core.utf8)
