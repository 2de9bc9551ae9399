"""SEARCH and UID SEARCH: RFC 3501 §6.4.4, ESEARCH RFC 4731, SEARCHRES RFC 5182, CONTEXT RFC 5267, MODSEQ RFC 7162 §3.1.5, WITHIN RFC 5032."""

from __future__ import annotations

from postroom.servers.imap.searching import results
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.searching.updates import Updating
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.search import SaveRefused, Search
from postroom.wire.imap.responses.status import Condition


async def search(session: ImapSession, command: Search) -> None:
    """SEARCH."""
    if command.names_charset and session.core.utf8 and not session.rev2:
        # everything is UTF-8 since ENABLE UTF8=ACCEPT (RFC 6855 §3); in IMAP4rev2 the word stays legal (RFC 9051 §6.4.4)
        session.core.reply(Condition.BAD, "No CHARSET after ENABLE UTF8=ACCEPT")
        return

    async def work() -> None:
        found = await results.find(session, command.key, Progress(session, command.tag))
        uids = [match.uid for match in found.matches]
        await results.answer(session, command, found, uids)
        results.update(session, command, Updating(command.tag, command.uid, found.search, set(uids)))
        await results.finish(session, uid=command.uid)

    await results.run(session, command, work)


async def save_refused(session: ImapSession, command: SaveRefused) -> None:
    """A search to be saved that can't be run (RFC 5182 §2.1)."""
    session.view.saved = ()
    session.core.reply(Condition.NO, command.text, command.code)
