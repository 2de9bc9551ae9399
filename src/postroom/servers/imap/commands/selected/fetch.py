"""FETCH and UID FETCH: RFC 3501 §6.4.5, CHANGEDSINCE RFC 7162 §3.1.4, VANISHED RFC 7162 §3.2.6, BINARY RFC 3516 §4, PARTIAL RFC 9394 §3.3.

A chunk of rows is read, written and drained before the next; what is in the rows goes out by `fetching.rows`, content by `fetching.bodies`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import structlog

from postroom.access import ranges as uid_ranges
from postroom.access.decoded import UnknownEncoding
from postroom.model.email import Column, KeywordChange
from postroom.model.errors import MailError, TryLater
from postroom.model.keywords import SEEN, Keywords
from postroom.model.ports import Ranges
from postroom.servers.imap import errors
from postroom.servers.imap.fetching import bodies, rows
from postroom.servers.imap.fetching.plan import Plan, plan_of, runs_of, with_flags
from postroom.servers.imap.fetching.resync import tell_vanished
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.fetch import Fetch, FetchAttribute, FetchItem
from postroom.wire.imap.responses.status import Code, Condition
from postroom.wire.imap.sequences import ALL, SequenceSet

log = structlog.get_logger()

_STRETCH = 5000  # UIDs looked up between two turns of the loop
_ADD_SEEN = KeywordChange(KeywordChange.Action.ADD, Keywords(SEEN))


async def fetch(session: ImapSession, command: Fetch) -> None:
    """FETCH; numbers whose message is gone are told as such, UIDs are not (RFC 3501 §6.4.8)."""
    if command.vanished and not session.qresync:
        session.core.reply(Condition.BAD, "QRESYNC is not enabled")
        return
    if command.changed_since is not None or FetchItem.MODSEQ in command.items:
        await session.enable_condstore()
    runs = runs_of(session.view, command.sequence_set, uid=command.uid)
    if command.changed_since is not None:
        if command.vanished:
            await tell_vanished(session, _asked(session, command.sequence_set), command.changed_since)
        runs = await _changed(session, [(run[0], run[-1]) for run in runs], command.changed_since)
    elif not command.uid and set(command.items) == {FetchItem.UID}:
        await _send_uids(session, runs)
        return
    if command.partial is not None:
        runs = _cut(runs, *command.partial.bounds(uid_ranges.count(runs)))
    plan = plan_of(command, condstore=session.condstore, uid_only=session.uid_only)
    marks_seen = command.sets_seen and not session.open_mailbox.read_only
    there = 0
    failure: MailError | None = None
    for chunk in uid_ranges.chunks(runs, uid_ranges.CONTENT_ROWS if plan.sections else uid_ranges.ROWS):
        marked = marks_seen and await _mark_seen(session, chunk)
        in_force = with_flags(plan, condstore=session.condstore) if marked else plan
        count, problem = await _send(session, in_force, chunk)
        there += count
        failure = failure or problem
        await session.flush_some()
    if failure is not None:
        condition, text, code = errors.reply(failure)
        if isinstance(failure, UnknownEncoding):
            code = Code.UNKNOWN_CTE
        await session.finish(text, code, condition=condition, allow_expunge=command.uid)
    elif command.uid or command.changed_since is not None or there == uid_ranges.count(runs):
        await session.finish("Fetched", allow_expunge=command.uid)
    else:
        await session.finish(
            "Some of the messages have been deleted", Code.EXPUNGEISSUED, condition=Condition.NO, allow_expunge=False
        )


async def _send_uids(session: ImapSession, runs: Sequence[Sequence[int]]) -> None:
    """The UIDs of numbers, which this client's view knows, also of messages that are gone."""
    for run in runs:
        for at in range(0, len(run), _STRETCH):
            uids = run[at : at + _STRETCH]
            numbers = session.view.sequence_numbers(uids)
            lines = [b"* %d FETCH (UID %d)\r\n" % pair for pair in zip(numbers, uids, strict=True)]
            session.core.send(b"".join(lines))
            await session.flush_some()
    await session.finish("Fetched", allow_expunge=False)


def _asked(session: ImapSession, sequence_set: SequenceSet) -> list[uid_ranges.Range]:
    """The UIDs that a set names, there or not: `*` is the last one that is, and none was given out above the newest."""
    newest = session.view.newest_uid
    newest = max(newest, session.open_mailbox.mailbox.uid_next - 1)
    last = session.view.uids[-1] if session.view.uids else newest
    return [(low, min(high, newest)) for low, high in sequence_set.resolve(last) if low <= newest]


async def send_changed(session: ImapSession, wanted: Sequence[uid_ranges.Range], mod_seq: int) -> None:
    """FETCH with UID, FLAGS and MODSEQ of what changed since: the second half of SELECT with QRESYNC (RFC 7162 §3.2.5.1)."""
    runs = await _changed(session, wanted, mod_seq)
    plan = plan_of(_RESYNC, condstore=True, uid_only=session.uid_only)
    for chunk in uid_ranges.chunks(runs):
        await _send(session, plan, chunk)
        await session.flush_some()


_RESYNC = Fetch(b"", True, ALL, (FetchItem.FLAGS,))


async def _changed(session: ImapSession, wanted: Sequence[uid_ranges.Range], changed_since: int) -> list[Sequence[int]]:
    """Only what this client knows and changed after a mod_seq, by the store's index of it."""
    changed = await session.open_mailbox.changed_after(changed_since)
    found: list[int] = []
    for at in range(0, len(changed), _STRETCH):
        some = uid_ranges.intersection(wanted, changed[at : at + _STRETCH])
        known = session.view.sequence_numbers(some)
        found += [uid for uid, number in zip(some, known, strict=True) if number]
        await asyncio.sleep(0)
    # what lies between two of these was not asked for: a run is of UIDs without a gap
    return [range(low, high + 1) for low, high in uid_ranges.of(found)]


def _cut(runs: Sequence[Sequence[int]], start: int, end: int) -> list[Sequence[int]]:
    """The places from `start` to before `end`, over all runs together."""
    found: list[Sequence[int]] = []
    place = 0
    for run in runs:
        some = run[max(start - place, 0) : max(end - place, 0)]
        if some:
            found.append(some)
        place += len(run)
    return found


async def _mark_seen(session: ImapSession, chunk: Ranges) -> bool:
    """Give \\Seen to those without; returns whether there were any."""
    found = await session.open_mailbox.fetch(chunk, (Column.UID, Column.BITS))
    unseen = [uid for uid, bits in found if not bits & SEEN]
    if not unseen:
        return False
    try:
        done = await session.open_mailbox.change_keywords(uid_ranges.of(unseen), _ADD_SEEN)
    except TryLater as error:
        # reading goes on when nothing can be written; the messages stay unseen
        log.warning("not marked as seen", session=session.caller.session_id, reason=error.detail or error.public)
        return False
    await session.told(done)
    return True


async def _send(session: ImapSession, plan: Plan, chunk: Ranges) -> tuple[int, MailError | None]:
    """One chunk; returns how many messages were there, and the first that could not be read."""
    found: list[tuple[Any, ...]] = await session.open_mailbox.fetch(chunk, plan.columns)
    if not found:
        return 0, None
    if Column.OTHERS in plan.columns:
        await session.announce_those_of(map(itemgetter(plan.columns.index(Column.OTHERS)), found))
    if plan.sections:
        return len(found), await bodies.send(session, plan, found)
    opened = rows.send(session, plan, found)
    if not opened:
        return len(found), None
    # What the header cache can't tell is read from the messages themselves, in the order the client asked.
    whole = plan.opened()
    again: list[tuple[Any, ...]] = []
    for some in uid_ranges.chunks([[uid] for uid in opened], uid_ranges.CONTENT_ROWS):
        again = await session.open_mailbox.fetch(some, whole.columns)
        problem = await bodies.send(session, whole, again)
        if problem is not None:
            return len(found), problem
    return len(found), None


async def tell_arrivals(session: ImapSession, items: Sequence[FetchAttribute], uids: Sequence[int]) -> None:
    """What NOTIFY asked for of messages that have just come (RFC 5465 §5.2); nothing becomes \\Seen by it."""
    plan = plan_of(Fetch(b"", True, ALL, tuple(items)), condstore=session.condstore)
    for chunk in uid_ranges.chunks([uids], uid_ranges.CONTENT_ROWS if plan.sections else uid_ranges.ROWS):
        await _send(session, plan, chunk)
        await session.flush_some()
