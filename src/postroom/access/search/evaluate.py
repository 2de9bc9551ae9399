"""evaluate: the UIDs of a mailbox that a query matches, in short reads, messages read only where nothing else decides.

Rows are asked for by columns first; what these leave open is read in batches and decided in a thread, so that other sessions go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from postroom.access import content, ranges
from postroom.access.content import Aspect, StoredContent
from postroom.access.search.keys import Key, compiled
from postroom.access.search.query import Query
from postroom.access.search.subject import Subject
from postroom.access.selected import SelectedMailbox
from postroom.model.email import Column

_BATCH_OCTETS = 8 * 1024 * 1024  # of messages read at a time; one larger than this is read alone


class Match(NamedTuple):
    """A message found."""

    uid: int
    mod_seq: int


class Search:
    """One query over one selected mailbox."""

    def __init__(self, selected: SelectedMailbox, asked: Query) -> None:
        self._selected = selected
        self._key: Key = compiled(asked)
        cheap = tuple(sorted(self._key.columns - {Column.UID, Column.MOD_SEQ}, key=lambda column: column.value))
        self._columns = (Column.UID, Column.MOD_SEQ, *cheap)
        self._at = {column: index for index, column in enumerate(self._columns)}

    async def run(self, runs: Iterable[Sequence[int]]) -> list[Match]:
        """Of the messages in these runs of UIDs; ascending. Raises MailError when a message can't be read."""
        found: list[Match] = []
        for chunk in ranges.chunks(runs):
            rows = await self._selected.fetch(chunk, self._columns)
            test = self._key.test
            answers = [test(Subject(self._at, row)) for row in rows]
            open_rows = [row for row, answer in zip(rows, answers, strict=True) if answer is None]
            matched = {row[0]: row[1] for row, answer in zip(rows, answers, strict=True) if answer}
            if open_rows:
                matched.update(await self._read_and_test(open_rows))
            found += [Match(uid, matched[uid]) for uid in sorted(matched)]
            await asyncio.sleep(0)
        return found

    async def _read_and_test(self, rows: Sequence[Sequence[Any]]) -> dict[int, int]:
        matched: dict[int, int] = {}
        by_uid = {row[0]: row for row in rows}
        for chunk in ranges.chunks([[uid] for uid in by_uid], ranges.CONTENT_ROWS):
            batch: list[Subject] = []
            octets = 0
            for uid, *stored in await self._selected.fetch(chunk, (Column.UID, *content.COLUMNS)):
                message = StoredContent(self._selected, (stored[0], stored[1], stored[2], stored[3], stored[4]))
                whole = message.stretch((), Aspect.ALL)
                assert whole is not None
                batch.append(Subject(self._at, by_uid[uid], await message.read(whole)))
                octets += whole.size
                if octets > _BATCH_OCTETS:
                    matched.update(await asyncio.to_thread(self._test_all, batch))
                    batch, octets = [], 0
            if batch:
                matched.update(await asyncio.to_thread(self._test_all, batch))
        return matched

    def _test_all(self, batch: list[Subject]) -> dict[int, int]:
        test = self._key.test
        return {subject.row[0]: subject.row[1] for subject in batch if test(subject)}
