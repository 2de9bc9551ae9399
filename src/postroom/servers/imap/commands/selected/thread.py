"""THREAD and UID THREAD: RFC 5256 §3."""

from __future__ import annotations

from dataclasses import replace

from postroom.access.search.threading import Algorithm
from postroom.access.search.threading import thread as threads_of
from postroom.message.conversations import Node
from postroom.servers.imap.searching import results
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.thread import Thread
from postroom.wire.imap.responses import search as responses


async def thread(session: ImapSession, command: Thread) -> None:
    """THREAD."""
    progress = Progress(session, command.tag)
    found = await results.find(session, command.key, progress)
    uids = [match.uid for match in found.matches]
    roots = await threads_of(session.open_mailbox, uids, Algorithm[command.by.name], progress)
    if not command.uid:
        _number(session, roots)
    session.core.send(b"".join(responses.thread(roots)))
    await session.finish(allow_expunge=command.uid)


def _number(session: ImapSession, roots: list[Node]) -> None:
    """UIDs to the numbers of this client."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.message is not None:
            node.message = replace(node.message, number=session.view.sequence_number(node.message.number))
