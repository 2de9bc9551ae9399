"""SELECT and EXAMINE: RFC 3501 §6.3.1, CONDSTORE RFC 7162 §3.1.8."""

from __future__ import annotations

from bisect import bisect_left

from postroom.servers.imap import flags
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.select import Examine, Select
from postroom.wire.imap.responses import mailboxes, status
from postroom.wire.imap.responses.status import Code, Condition, untagged


async def select(session: ImapSession, command: Select) -> None:
    """SELECT and EXAMINE; one that fails leaves nothing selected."""
    if session.selected is not None:
        await session.deselect()
        session.core.send(untagged(Condition.OK, "The previous mailbox is closed", Code.CLOSED))
    read_only = isinstance(command, Examine)
    selected = await session.account.select(command.mailbox, read_only=read_only)
    mailbox, uids = selected.mailbox, selected.uids
    recent = uids[bisect_left(uids, mailbox.first_recent_uid) :]
    session.view.load(uids, recent)
    selected.uids = uids[:0]
    session.selected = selected
    session.condstore = session.condstore or command.condstore
    session.core.selected()
    session.core.send(
        mailboxes.flags(flags.KNOWN),
        mailboxes.exists(len(uids)),
        mailboxes.recent(len(recent)),
        untagged(Condition.OK, "Flags that are kept", status.permanent_flags(() if read_only else flags.PERMANENT)),
        untagged(Condition.OK, "UIDs are valid", status.uid_validity(mailbox.uid_validity)),
        untagged(Condition.OK, "Next UID", status.uid_next(mailbox.uid_next)),
        untagged(Condition.OK, "Highest", status.highest_mod_seq(mailbox.mod_seq)),
    )
    session.core.reply(Condition.OK, "Selected", Code.READ_ONLY if read_only else Code.READ_WRITE)
