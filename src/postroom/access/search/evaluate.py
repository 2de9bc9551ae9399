"""evaluate: the UIDs of a mailbox that a query matches, in short reads, messages read only where nothing else decides.

Texts are asked of the index, where there is one, before any row is read. Rows are asked for by columns first; what these leave open is read in batches and decided in a thread, so that other sessions go on.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from postroom.access import content, ranges
from postroom.access.content import Aspect, StoredContent
from postroom.access.search.keys import Key, among_emails, compiled, is_marks, marks, within
from postroom.access.search.look_up import Progress, look_up
from postroom.access.search.query import Query, TextHas
from postroom.access.search.subject import Subject
from postroom.access.selected import SelectedMailbox
from postroom.model.email import Column

_FEW = 20  # messages that are looked at sooner than the store has found those with certain keywords
_READ = 20  # messages looked at in the time that one read of a stretch takes to begin
_BATCH_OCTETS = 8 * 1024 * 1024  # of messages read at a time; one larger than this is read alone


class Match(NamedTuple):
    """A message found; `mod_seq` 0 where nobody asked for any (a query for a text alone)."""

    uid: int
    mod_seq: int


class _Plan:
    """A compiled query with the columns it reads."""

    __slots__ = ("at", "columns", "key")

    def __init__(self, key: Key) -> None:
        cheap = sorted(key.columns - {Column.UID, Column.MOD_SEQ}, key=lambda column: column.value)
        self.key = key
        self.columns = (Column.UID, Column.MOD_SEQ, *cheap)
        self.at = {column: index for index, column in enumerate(self.columns)}


class Search:
    """One query over one selected mailbox."""

    def __init__(self, selected: SelectedMailbox, asked: Query) -> None:
        self._selected = selected
        self._asked = asked
        self._within = within(asked)
        self._marks = marks(asked)
        self._is_marks = is_marks(asked)

    async def run(
        self, uids: Sequence[int], progress: Progress | None = None, *, scattered: bool = False
    ) -> list[Match]:
        """Of these ascending UIDs, all messages from the first to the last unless `scattered`; ascending.

        Raises MailError when a message can't be read.
        """
        looked_up = await look_up(self._selected, self._asked, progress)
        if isinstance(self._asked, TextHas) and self._asked in looked_up and uids and not scattered:
            here = await self._selected.members(list(looked_up[self._asked]))
            return [Match(uid, 0) for uid in _inside([uids], here)]
        plan = _Plan(compiled(self._asked, looked_up))
        runs: Sequence[Sequence[int]] = [uids]
        if scattered:
            runs = [[uid] for uid in uids]
        elif self._within is not None:
            runs = _slices(uids, self._within)
        if any(self._marks) and not scattered and ranges.count(runs) > _FEW:
            marked = dict(await self._selected.marked(*self._marks))
            among = _inside(runs, list(marked))
            if self._is_marks:
                return [Match(uid, marked[uid]) for uid in among]
            runs = _narrowed(runs, among)
        named = among_emails(self._asked, looked_up)
        if named is not None and not scattered and ranges.count(runs) > _FEW:
            runs = _narrowed(runs, _inside(runs, await self._selected.members(sorted(named))))
        return await self._test_rows(plan, runs, progress)

    async def _test_rows(self, plan: _Plan, runs: Sequence[Sequence[int]], progress: Progress | None) -> list[Match]:
        found: list[Match] = []
        total = ranges.count(runs)
        done = 0
        for chunk in ranges.chunks(runs):
            if progress is not None:
                await progress(done, total)
            rows = await self._selected.fetch(chunk, plan.columns)
            answers = [plan.key.test(Subject(plan.at, row)) for row in rows]
            open_rows = [row for row, answer in zip(rows, answers, strict=True) if answer is None]
            matched = {row[0]: row[1] for row, answer in zip(rows, answers, strict=True) if answer}
            if open_rows:
                reading = partial(progress, done, total) if progress is not None else None
                matched.update(await self._read_and_test(plan, open_rows, reading))
            found += [Match(uid, matched[uid]) for uid in sorted(matched)]
            done = min(done + ranges.ROWS, total)
            await asyncio.sleep(0)
        return found

    async def _read_and_test(
        self, plan: _Plan, rows: Sequence[Sequence[Any]], reading: Callable[[], Awaitable[None]] | None
    ) -> dict[int, int]:
        matched: dict[int, int] = {}
        by_uid = {row[0]: row for row in rows}
        for chunk in ranges.chunks([[uid] for uid in by_uid], ranges.CONTENT_ROWS):
            if reading is not None:
                await reading()
            batch: list[Subject] = []
            octets = 0
            for uid, *stored in await self._selected.fetch(chunk, (Column.UID, *content.COLUMNS)):
                message = StoredContent(self._selected, (stored[0], stored[1], stored[2], stored[3], stored[4]))
                whole = message.stretch((), Aspect.ALL)
                assert whole is not None
                batch.append(Subject(plan.at, by_uid[uid], await message.read(whole)))
                octets += whole.size
                if octets > _BATCH_OCTETS:
                    matched.update(await asyncio.to_thread(_test_all, plan, batch))
                    batch, octets = [], 0
            if batch:
                matched.update(await asyncio.to_thread(_test_all, plan, batch))
        return matched


def _test_all(plan: _Plan, batch: list[Subject]) -> dict[int, int]:
    test = plan.key.test
    return {subject.row[0]: subject.row[1] for subject in batch if test(subject)}


def _inside(runs: Sequence[Sequence[int]], uids: list[int]) -> list[int]:
    """Those of ascending UIDs that lie in the runs."""
    bounds = [(run[0], run[-1]) for run in runs if run]
    if len(bounds) == 1 and uids and bounds[0][0] <= uids[0] <= uids[-1] <= bounds[0][1]:
        return uids
    return ranges.intersection(bounds, uids)


def _narrowed(runs: Sequence[Sequence[int]], uids: Sequence[int]) -> Sequence[Sequence[int]]:
    """Only these, where reading them singly is quicker than reading all of `runs`."""
    narrowed = ranges.of(uids)
    if len(narrowed) * _READ < ranges.count(runs):
        return [range(low, high + 1) for low, high in narrowed]
    return runs


def _slices(uids: Sequence[int], named: Iterable[ranges.Range]) -> list[Sequence[int]]:
    cuts = [(bisect_left(uids, low), bisect_right(uids, high)) for low, high in named]
    return [uids[start:end] for start, end in cuts if start < end]
