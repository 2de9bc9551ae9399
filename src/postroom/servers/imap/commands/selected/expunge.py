"""EXPUNGE and UID EXPUNGE: RFC 3501 §6.4.3, RFC 4315 §2.1, HIGHESTMODSEQ RFC 7162 §3.2.7. The EXPUNGE responses come with the other changes at the end."""

from __future__ import annotations

from postroom.access import ranges as uid_ranges
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.expunge import Expunge, UidExpunge


async def expunge(session: ImapSession, command: Expunge) -> None:
    """Everything marked, known to this client or not."""
    work = session.open_mailbox.expunge(None)
    await Progress(session, command.tag).during(len(session.view.uids), work)
    await session.finish_expunge("Completed")


async def uid_expunge(session: ImapSession, command: UidExpunge) -> None:
    """What is marked among the UIDs named."""
    ranges = session.view.uid_ranges(command.sequence_set, uid=True)
    if ranges or session.open_mailbox.read_only:
        work = session.open_mailbox.expunge(ranges)
        await Progress(session, command.tag).during(uid_ranges.span(ranges), work)
    await session.finish_expunge("Completed")
