"""STORE and UID STORE: RFC 3501 §6.4.6, conditional RFC 7162 §3.1.3."""

from __future__ import annotations

import asyncio

from postroom.access import ranges as uid_ranges
from postroom.model.email import Changed, Column, KeywordChange
from postroom.servers.imap import flags
from postroom.servers.imap.fetching.plan import runs_of
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.store import Store, StoreOperation
from postroom.wire.imap.responses import messages
from postroom.wire.imap.responses.status import Code, Condition, modified

_STRETCH = 2000  # messages between two turns of the loop
_ACTIONS = {
    StoreOperation.ADD: KeywordChange.Action.ADD,
    StoreOperation.REMOVE: KeywordChange.Action.REMOVE,
    StoreOperation.REPLACE: KeywordChange.Action.REPLACE,
}


async def store(session: ImapSession, command: Store) -> None:
    """STORE; what was asked for is answered for every message, what another session did to the others comes after."""
    view = session.view
    if command.unchanged_since is not None:
        await session.enable_condstore()
    ranges = view.uid_ranges(command.sequence_set, uid=command.uid)
    change = KeywordChange(_ACTIONS[command.operation], flags.keywords(command.flags))
    if command.silent:
        await session.learn_changes()
    known = session.open_mailbox.known
    work = session.open_mailbox.change_keywords(ranges, change, command.unchanged_since)
    done = await Progress(session, command.tag).during(uid_ranges.span(ranges), work)
    uids = [row[0] for row in done.rows]
    own = uids
    if command.silent:
        # silent is the client's own change; what somebody else did to the same message before is still told (RFC 3501 §6.4.6)
        own = view.without_pending(uids) if done.before <= known else []
    if ranges:
        session.announce(change.keywords.others)
    await session.take_as_told(own, done.mod_seq)
    taken = len(own) == len(uids) and (not command.silent or done.before <= known)
    if taken and not session.updates:
        session.open_mailbox.knows_of(done)
    there = True
    if not command.silent:
        there = await _answer(session, command, done)
    elif session.condstore:
        await _tell_mod_seqs(session, done)
    if done.modified:
        numbers = done.modified if command.uid else [n for n in view.sequence_numbers(done.modified) if n]
        await session.finish("Some were changed meanwhile", modified(numbers), allow_expunge=command.uid)
    elif there or command.uid:
        await session.finish("Stored", allow_expunge=command.uid)
    else:
        await session.finish(
            "Some of the messages have been deleted", Code.EXPUNGEISSUED, condition=Condition.NO, allow_expunge=False
        )


async def _answer(session: ImapSession, command: Store, done: Changed) -> bool:
    """A FETCH for each message as it is now; returns whether all were there."""
    view = session.view
    refused = set(done.modified)
    runs = runs_of(view, command.sequence_set, uid=command.uid)
    there = 0
    columns = (Column.UID, Column.BITS, Column.OTHERS, Column.MOD_SEQ)
    asked = uid_ranges.count(runs)
    all_changed = asked == len(done.rows)  # then what the change gave is the answer, and nothing has to be read
    for at, chunk in enumerate(uid_ranges.chunks(runs)):
        if all_changed:
            rows = done.rows[at * uid_ranges.ROWS : (at + 1) * uid_ranges.ROWS]
        else:
            rows = await session.open_mailbox.fetch(chunk, columns)
        there += len(rows)
        await session.announce_those_of(row[2] for row in rows)
        if refused:
            rows = [row for row in rows if row[0] not in refused]
        uids = [row[0] for row in rows]
        words = [flags.text(bits, others) for _, bits, others, _ in rows]
        if view.recent_count:
            words = [
                flags.with_recent(word) if view.is_recent(uid) else word for uid, word in zip(uids, words, strict=True)
            ]
        numbers = session.fetch_names(uids)
        mod_seqs = [row[3] for row in rows]
        if session.uid_only and session.condstore:
            session.core.send(messages.uid_only_lines_with_mod_seq(zip(uids, words, mod_seqs, strict=True)))
        elif session.uid_only:
            session.core.send(messages.uid_only_lines(zip(uids, words, strict=True)))
        elif session.condstore:
            session.core.send(messages.flag_lines_with_mod_seq(zip(numbers, uids, words, mod_seqs, strict=True)))
        elif command.uid:
            session.core.send(messages.flag_lines(zip(numbers, uids, words, strict=True)))
        else:
            session.core.send(messages.flag_lines_without_uid(zip(numbers, words, strict=True)))
        await session.flush()
        await asyncio.sleep(0)
    return there == asked


async def _tell_mod_seqs(session: ImapSession, done: Changed) -> None:
    """RFC 7162 §3.1.3: the new MODSEQ is told even where the flags are not."""
    head = session.fetch_head + (b"" if session.uid_only else b"UID %d ") + b"MODSEQ (%d))\r\n"
    for at in range(0, len(done.rows), _STRETCH):
        uids = [row[0] for row in done.rows[at : at + _STRETCH]]
        if session.uid_only:
            lines = [head % (uid, done.mod_seq) for uid in uids]
        else:
            numbers = session.view.sequence_numbers(uids)
            lines = [head % (number, uid, done.mod_seq) for number, uid in zip(numbers, uids, strict=True)]
        session.core.send(b"".join(lines))
        await session.flush_some()
