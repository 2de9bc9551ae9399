"""EXPUNGE and UID EXPUNGE: RFC 3501 §6.4.3, RFC 4315 §2.1, HIGHESTMODSEQ RFC 7162 §3.2.7. The EXPUNGE responses come with the other changes at the end."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.expunge import Expunge, UidExpunge


async def expunge(session: ImapSession, command: Expunge) -> None:
    """Everything marked, known to this client or not."""
    await session.open_mailbox.expunge(None)
    await session.finish_expunge("Completed")


async def uid_expunge(session: ImapSession, command: UidExpunge) -> None:
    """What is marked among the UIDs named."""
    ranges = session.view.uid_ranges(command.sequence_set, uid=True)
    if ranges or session.open_mailbox.read_only:
        await session.open_mailbox.expunge(ranges)
    await session.finish_expunge("Completed")
