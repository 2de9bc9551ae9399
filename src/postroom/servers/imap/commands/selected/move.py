"""MOVE and UID MOVE: RFC 6851 §3, COPYUID RFC 4315 §3."""

from __future__ import annotations

from postroom.access import ranges as uid_ranges
from postroom.servers.imap.commands.selected.copy import code_of, ranges_of, target_of
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.move import Move
from postroom.wire.imap.responses.status import Condition, untagged


async def move(session: ImapSession, command: Move) -> None:
    """MOVE: COPYUID comes before the EXPUNGEs (RFC 6851 §4.3)."""
    target = await target_of(session, command)
    ranges = await ranges_of(session, command) if target is not None else None
    if target is None or ranges is None:
        return
    progress = Progress(session, command.tag)
    moved = await progress.during(uid_ranges.span(ranges), session.open_mailbox.move(ranges, target))
    session.put_messages(moved.mod_seq)
    code = await code_of(moved)
    if code is not None:
        session.core.send(untagged(Condition.OK, "Moved", code))
    await session.finish_expunge("Completed")
