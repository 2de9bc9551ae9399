"""COPY and UID COPY: RFC 3501 §6.4.7, COPYUID RFC 4315 §3, INPROGRESS RFC 9585 §3."""

from __future__ import annotations

import asyncio

from postroom.access import ranges as uid_ranges
from postroom.model.email import Column, Copied
from postroom.model.errors import NotFound
from postroom.model.mailbox import Mailbox
from postroom.model.ports import Ranges
from postroom.servers.imap.fetching.plan import runs_of
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.copy import Copy
from postroom.wire.imap.commands.selected.move import Move
from postroom.wire.imap.responses.status import Code, Condition, copy_uid

_LOOK = 5000  # UIDs between two turns of the loop


async def copy(session: ImapSession, command: Copy) -> None:
    """COPY."""
    target = await target_of(session, command)
    ranges = await ranges_of(session, command) if target is not None else None
    if target is None or ranges is None:
        return
    progress = Progress(session, command.tag)
    copied = await progress.during(uid_ranges.span(ranges), session.open_mailbox.copy(ranges, target))
    session.put_messages(copied.mod_seq)
    await session.finish("Copied", await code_of(copied))


async def code_of(copied: Copied) -> bytes | None:
    """COPYUID, made off the loop where it names many."""
    if not copied.source_uids:
        return None
    arguments = (copied.uid_validity, copied.source_uids, copied.target_uids)
    return copy_uid(*arguments) if len(copied.source_uids) < _LOOK else await asyncio.to_thread(copy_uid, *arguments)


async def target_of(session: ImapSession, command: Copy | Move) -> Mailbox | None:
    """The mailbox named; None once the client has been told that it must be made first."""
    try:
        return await session.account.mailbox(command.mailbox)
    except NotFound:
        session.core.reply(Condition.NO, "There is no such mailbox", Code.TRYCREATE)
        return None


async def ranges_of(session: ImapSession, command: Copy | Move) -> Ranges | None:
    """What to copy; None when a message named by number is gone, which is told instead of a copy with holes."""
    view = session.view
    ranges = view.uid_ranges(command.sequence_set, uid=command.uid)
    if command.uid or (not session.open_mailbox.changed and not view.pending_expunge):
        return ranges
    runs = runs_of(view, command.sequence_set, uid=False)
    there = 0
    for chunk in uid_ranges.chunks(runs, _LOOK):
        there += len(await session.open_mailbox.fetch(chunk, (Column.UID,)))
        await asyncio.sleep(0)
    if there == uid_ranges.count(runs):
        return ranges
    await session.finish("Some of the messages have been deleted", Code.EXPUNGEISSUED, condition=Condition.NO)
    return None
