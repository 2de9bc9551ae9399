"""A result into its response, into `$` (RFC 5182 §2.4), and into updates (RFC 5267 §4.3): the same for SEARCH and SORT."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from postroom.access.search.evaluate import Match, Search
from postroom.access.search.scores import Scores
from postroom.model.errors import MailError
from postroom.servers.imap.searching.progress import Progress
from postroom.servers.imap.searching.translate import translated
from postroom.servers.imap.searching.updates import Updating
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.search import Search as SearchCommand
from postroom.wire.imap.commands.selected.sort import Sort as SortCommand
from postroom.wire.imap.grammar.returns import ALL, COUNT, MAX, MIN, PARTIAL, RELEVANCY, SAVE, UPDATE, SearchReturns
from postroom.wire.imap.grammar.search_keys import SearchKey, uses_mod_seq
from postroom.wire.imap.responses import search as responses
from postroom.wire.imap.responses.status import Code, Condition, no_update, untagged

_ON_THE_LOOP = 10_000  # messages above which a response is written in a thread: some 5 ms


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found: matches in mailbox order, and the search, to be asked again."""

    search: Search
    matches: list[Match]
    with_mod_seq: bool
    scores: Scores


async def find(session: ImapSession, key: SearchKey, progress: Progress) -> Found:
    """Only messages this client knows are found."""
    with_mod_seq = uses_mod_seq(key)
    if with_mod_seq:
        await session.enable_condstore()
    asked = translated(key, session.view, session.ports.clock.now())
    search = Search(session.open_mailbox, asked)
    found = await search.run(session.view.uids, progress)
    return Found(search, found, with_mod_seq, Scores(session.open_mailbox, asked))


async def run(session: ImapSession, command: SearchCommand | SortCommand, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work`; refuse a tag that is still told of, and empty `$` where a result was to be saved and there is none."""
    returns = command.returns
    if returns is not None and UPDATE in returns.words and session.updates.has(command.tag):
        session.core.reply(Condition.BAD, "This tag has a search that still tells changes")
        return
    try:
        await work()
    except MailError:
        if returns is not None and SAVE in returns.words:
            session.view.saved = ()
        raise


async def finish(session: ImapSession, *, uid: bool) -> None:
    """What is expunged and not told yet is in no result: where the client still counts it, it is told that there is such (RFC 5530 §3)."""
    if not uid:
        await session.learn_changes(always=True)
    is_missing = not uid and session.view.pending_expunge
    await session.finish(code=Code.EXPUNGEISSUED if is_missing else None, allow_expunge=uid)


async def answer(session: ImapSession, command: SearchCommand | SortCommand, found: Found, uids: Sequence[int]) -> None:
    """Queue the response; `uids` in the order of the command. A long one is written in a thread: nobody else looks at this session's view."""
    scores = await _scores(command.returns, found, uids)
    if len(uids) > _ON_THE_LOOP:
        await asyncio.to_thread(_answer, session, command, found, uids, scores)
    else:
        _answer(session, command, found, uids, scores)


async def _scores(returns: SearchReturns | None, found: Found, uids: Sequence[int]) -> list[int]:
    if returns is None or RELEVANCY not in returns.words:
        return []
    scores = await found.scores.of(uids)
    told = uids[slice(*returns.partial.bounds(len(uids)))] if returns.partial is not None else uids
    return [scores[uid] for uid in told]


def _answer(
    session: ImapSession,
    command: SearchCommand | SortCommand,
    found: Found,
    uids: Sequence[int],
    scores: Sequence[int],
) -> None:
    view = session.view
    returns = command.returns
    if returns is None and session.rev2 and isinstance(command, SearchCommand):
        # RFC 9051 §6.4.4: there is no SEARCH response any more
        returns = SearchReturns(frozenset({ALL}))
    if command.uid:
        numbers = uids
    elif isinstance(command, SortCommand):
        numbers = [view.sequence_number(uid) for uid in uids]
    else:
        numbers = view.sequence_numbers(uids)
    highest = _highest(found, uids, returns) if found.with_mod_seq else None
    if returns is None:
        plain = responses.sort if isinstance(command, SortCommand) else responses.search
        session.core.send(plain(numbers, highest))
        return
    if SAVE in returns.words:
        view.saved = saved(uids, returns)
    if returns.tells:
        session.core.send(
            responses.esearch(command.tag, numbers, returns, uid=command.uid, mod_seq=highest, scores=scores)
        )


def update(session: ImapSession, command: SearchCommand | SortCommand, updating: Updating) -> None:
    """Tell changes of this result from now on, where asked and where there is room; the rest of the answer is not touched by it."""
    if command.returns is None or UPDATE not in command.returns.words:
        return
    if not session.updates.add(updating):
        session.core.send(untagged(Condition.NO, "Too many searches tell changes", no_update(command.tag)))


def saved(uids: Sequence[int], returns: SearchReturns) -> list[int]:
    """What `$` is: everything, but of MIN, MAX and PARTIAL without ALL and COUNT only what these name (RFC 5182 §2.4, RFC 9394 §3.1)."""
    words = returns.words
    partial = returns.partial
    if partial is None and (not words.isdisjoint((ALL, COUNT)) or words.isdisjoint((MIN, MAX))):
        return sorted(uids)
    chosen = set(uids[slice(*partial.bounds(len(uids)))]) if partial is not None else set()
    if MIN in words:
        chosen.update(uids[:1])
    if MAX in words:
        chosen.update(uids[-1:])
    return sorted(chosen)


def _highest(found: Found, uids: Sequence[int], returns: SearchReturns | None) -> int | None:
    """RFC 7162 §3.1.5: of what is returned; for MIN, MAX or PARTIAL alone, of those messages."""
    if returns is not None and returns.words <= {MIN, MAX, PARTIAL, SAVE} and returns.words != {SAVE}:
        told = set(saved(uids, returns))
        return max((match.mod_seq for match in found.matches if match.uid in told), default=None)
    return max((match.mod_seq for match in found.matches), default=None)
