"""THREAD and UID THREAD: RFC 5256 §3."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from postroom.access.search.threading import Algorithm
from postroom.access.search.threading import thread as threads_of
from postroom.message.conversations import Node
from postroom.servers.imap.searching import results
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.thread import Thread
from postroom.wire.imap.responses import search as responses
from postroom.wire.imap.view import SelectedView

_ON_THE_LOOP = 2000  # messages above which the answer is written in a thread: some 5 ms


async def thread(session: ImapSession, command: Thread) -> None:
    """THREAD."""
    progress = Progress(session, command.tag)
    found = await results.find(session, command.key, progress)
    uids = [match.uid for match in found.matches]
    roots = await threads_of(session.open_mailbox, uids, Algorithm[command.by.name], progress)
    view = None if command.uid else session.view
    if len(uids) > _ON_THE_LOOP:
        session.core.send(await asyncio.to_thread(_written, roots, view))
    else:
        session.core.send(_written(roots, view))
    await results.finish(session, uid=command.uid)


def _written(roots: list[Node], view: SelectedView | None) -> bytes:
    if view is not None:
        _number(view, roots)
    return b"".join(responses.thread(roots))


def _number(view: SelectedView, roots: list[Node]) -> None:
    """UIDs to the numbers of this client."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.message is not None:
            node.message = replace(node.message, number=view.sequence_number(node.message.number))
