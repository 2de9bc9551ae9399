"""SELECT and EXAMINE: RFC 3501 §6.3.1, CONDSTORE RFC 7162 §3.1.8, QRESYNC RFC 7162 §3.2.5, MAILBOXID RFC 8474 §4.2; IMAP4rev2 RFC 9051 §6.3.2."""

from __future__ import annotations

from bisect import bisect_left

from postroom.model.mailbox import DELIMITER
from postroom.servers.imap.announced import Announced
from postroom.servers.imap.commands.selected.fetch import send_changed
from postroom.servers.imap.fetching.resync import known_ranges, tell_vanished, unmatched
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.select import Examine, Resync, Select
from postroom.wire.imap.responses import mailboxes, status
from postroom.wire.imap.responses.status import Code, Condition, untagged


async def select(session: ImapSession, command: Select) -> None:
    """SELECT and EXAMINE; one that fails leaves nothing selected."""
    if command.resync is not None and not session.qresync:
        session.core.reply(Condition.BAD, "QRESYNC is not enabled")
        return
    if session.selected is not None:
        await session.deselect()
        session.core.send(untagged(Condition.OK, "The previous mailbox is closed", Code.CLOSED))
    read_only = isinstance(command, Examine)
    selected = await session.account.select(command.mailbox, read_only=read_only)
    mailbox, uids = selected.mailbox, selected.uids
    recent = uids[:0] if session.rev2 else uids[bisect_left(uids, mailbox.first_recent_uid) :]
    session.view.load(uids, recent)
    selected.uids = uids[:0]
    session.selected = selected
    session.condstore = session.condstore or command.condstore
    session.core.selected()
    session.announced = Announced(await selected.keywords(), is_read_only=read_only)
    told_flags, told_permanent = session.announced.responses()
    numbered = mailbox.unseen_count and not session.uid_only and not session.rev2
    first_unseen = await selected.first_unseen() if numbered else None
    unseen = session.view.sequence_number(first_unseen) if first_unseen is not None else 0
    session.core.send(
        told_flags,
        mailboxes.exists(len(uids)),
        *([] if session.rev2 else [mailboxes.recent(len(recent))]),
        *([untagged(Condition.OK, "First unseen", status.unseen(unseen))] if unseen else []),
        told_permanent,
        untagged(Condition.OK, "UIDs are valid", status.uid_validity(mailbox.uid_validity)),
        untagged(Condition.OK, "Next UID", status.uid_next(mailbox.uid_next)),
        untagged(Condition.OK, "Highest", status.highest_mod_seq(mailbox.mod_seq)),
        untagged(Condition.OK, "Object", status.mailbox_id(mailbox.mailbox_id)),
    )
    if session.rev2:
        # RFC 9051 §6.3.2: under which name it was found
        old_name = command.mailbox if command.mailbox != mailbox.name else ""
        session.core.send(mailboxes.list_line((), DELIMITER, mailbox.name, old_name=old_name, utf8=True))
    if command.resync is not None and command.resync.uid_validity == mailbox.uid_validity:
        await _resync(session, command.resync)
    session.core.reply(Condition.OK, "Selected", Code.READ_ONLY if read_only else Code.READ_WRITE)


async def _resync(session: ImapSession, resync: Resync) -> None:
    wanted = known_ranges(resync, session.open_mailbox.mailbox.uid_next)
    await tell_vanished(session, unmatched(session, resync, wanted), resync.mod_seq)
    await send_changed(session, wanted, resync.mod_seq)
