"""SORT and UID SORT: RFC 5256 §3, SORT=DISPLAY RFC 5957, ESORT and CONTEXT=SORT RFC 5267."""

from __future__ import annotations

import asyncio

from postroom.access.search.order import Criterion, Order, SortKey
from postroom.servers.imap.searching import results
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.searching.updates import Updating
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.sort import Sort

_ON_THE_LOOP = 10_000  # messages above which they are sorted in a thread: some 10 ms


async def sort(session: ImapSession, command: Sort) -> None:
    """SORT."""
    criteria = [Criterion(SortKey[each.by.name], each.reverse) for each in command.criteria]

    async def work() -> None:
        progress = Progress(session, command.tag)
        found = await results.find(session, command.key, progress)
        order = Order(session.open_mailbox, criteria, found.scores)
        places = await order.places([match.uid for match in found.matches], progress)
        if len(places) > _ON_THE_LOOP:
            await asyncio.to_thread(order.sort, places)
        else:
            order.sort(places)
        uids = [place[0] for place in places]
        await results.answer(session, command, found, uids)
        results.update(session, command, Updating(command.tag, command.uid, found.search, set(uids), order, places))
        await results.finish(session, uid=command.uid)

    await results.run(session, command, work)
