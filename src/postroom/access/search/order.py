"""Sorting the messages of a mailbox by stored facts: RFC 5256 §3 (SORT) and RFC 5957 §3 (DISPLAYFROM, DISPLAYTO).

Dates, sizes and base subjects are columns; addresses come from the header cache. A message is opened only where the cache has no room for its header. Text compares
by i;unicode-casemap; equal messages stand as in the mailbox, also under REVERSE. What a message sorts by never changes, so that its `Place` can be kept.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from postroom.access import ranges
from postroom.access.search.headers import HeaderOf, read_headers
from postroom.access.search.look_up import Progress
from postroom.access.search.scores import Scores
from postroom.access.selected import SelectedMailbox
from postroom.message import limits
from postroom.message.fields import addresses, words
from postroom.message.fields.addresses import HeaderAddress
from postroom.message.fields.casemap import casemap
from postroom.message.headers import Header
from postroom.model.email import Column

_CACHED = 8192  # texts: a mailbox has its correspondents and subjects many times over


Place = tuple[Any, ...]
"""The UID, then what each criterion compares."""


class SortKey(enum.Enum):
    """What messages are sorted by."""

    ARRIVAL = "arrival"
    CC = "cc"
    DATE = "date"
    DISPLAYFROM = "displayfrom"
    DISPLAYTO = "displayto"
    FROM = "from"
    RELEVANCY = "relevancy"
    SIZE = "size"
    SUBJECT = "subject"
    TO = "to"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One key and its direction."""

    key: SortKey
    reverse: bool = False


_COLUMNS: dict[SortKey, tuple[Column, ...]] = {
    SortKey.ARRIVAL: (Column.RECEIVED_AT,),
    SortKey.DATE: (Column.SENT_AT, Column.RECEIVED_AT),
    SortKey.SIZE: (Column.SIZE,),
    SortKey.SUBJECT: (Column.BASE_SUBJECT,),
}
_FIELDS = {
    SortKey.CC: b"cc", SortKey.FROM: b"from", SortKey.TO: b"to", SortKey.DISPLAYFROM: b"from", SortKey.DISPLAYTO: b"to",
}  # fmt: skip


class Order:
    """One list of criteria over one selected mailbox."""

    def __init__(self, selected: SelectedMailbox, criteria: Sequence[Criterion], scores: Scores | None = None) -> None:
        """`scores` where RELEVANCY is among the criteria."""
        self._selected = selected
        self._scores = scores if any(each.key is SortKey.RELEVANCY for each in criteria) else None
        self._criteria = tuple(criteria)
        self._fields = tuple(dict.fromkeys(_FIELDS[each.key] for each in criteria if each.key in _FIELDS))
        columns = dict.fromkeys(column for each in criteria for column in _COLUMNS.get(each.key, ()))
        if self._fields:
            columns[Column.HEADER_CACHE] = None
        self._columns = (Column.UID, *columns)
        self._at = {column: at for at, column in enumerate(self._columns)}

    async def places(self, uids: Sequence[int], progress: Progress | None = None) -> list[Place]:
        """What these ascending UIDs sort by, in mailbox order; messages that are gone are left out."""
        found: list[Place] = []
        scores = await self._scores.of(uids, progress) if self._scores is not None else {}
        for at in range(0, len(uids), ranges.ROWS):
            if progress is not None:
                await progress(at, len(uids))
            rows = await self._selected.fetch(ranges.of(uids[at : at + ranges.ROWS]), self._columns)
            headers = await self._headers(rows)
            found += [self._place(row, headers, scores) for row in rows]
            await asyncio.sleep(0)
        return found

    async def _headers(self, rows: Sequence[Sequence[Any]]) -> HeaderOf:
        if not self._fields:
            return {}
        cache = self._at[Column.HEADER_CACHE]
        return await read_headers(self._selected, [(row[0], row[cache]) for row in rows], self._fields)

    def _place(self, row: Sequence[Any], headers: HeaderOf, scores: dict[int, int]) -> Place:
        return (row[0], *[self._value(each.key, row, headers, scores) for each in self._criteria])

    def _value(self, key: SortKey, row: Sequence[Any], headers: HeaderOf, scores: dict[int, int]) -> Any:
        match key:
            case SortKey.RELEVANCY:
                return -scores[row[0]]  # the most relevant first (RFC 6203 §6)
            case SortKey.ARRIVAL:
                return row[self._at[Column.RECEIVED_AT]]
            case SortKey.SIZE:
                return row[self._at[Column.SIZE]]
            case SortKey.DATE:
                # RFC 5256 §2.2: without a date that can be read, the time of arrival
                sent_at = row[self._at[Column.SENT_AT]]
                return row[self._at[Column.RECEIVED_AT]] if sent_at is None else sent_at
            case SortKey.SUBJECT:
                return _mapped(row[self._at[Column.BASE_SUBJECT]])
            case SortKey.DISPLAYFROM | SortKey.DISPLAYTO:
                return _shown(_field(headers.get(row[0]), _FIELDS[key]))
        return _mailbox(_field(headers.get(row[0]), _FIELDS[key]))

    def sort(self, places: list[Place]) -> None:
        """Into order; stable, so that equal ones stay as they are."""
        places.sort(key=itemgetter(0))
        for at in range(len(self._criteria), 0, -1):
            places.sort(key=itemgetter(at), reverse=self._criteria[at - 1].reverse)

    def index(self, places: Sequence[Place], place: Place) -> int:
        """Where a further place belongs in sorted ones."""
        low, high = 0, len(places)
        while low < high:
            middle = (low + high) // 2
            if self._is_before(places[middle], place):
                low = middle + 1
            else:
                high = middle
        return low

    def _is_before(self, left: Place, right: Place) -> bool:
        for at, criterion in enumerate(self._criteria, 1):
            if left[at] != right[at]:
                before: bool = left[at] < right[at]
                return before is not criterion.reverse
        return bool(left[0] < right[0])


_mapped: Callable[[str], str] = lru_cache(_CACHED)(casemap)


def _field(header: Header | None, name: bytes) -> bytes:
    value = header.first(name) if header is not None else None
    return value[: limits.DISPLAYED_ADDRESSES] if value else b""


@lru_cache(_CACHED)
def _mailbox(value: bytes) -> str:
    """RFC 5256 §3: the local part of the first address, as ENVELOPE has it; of a group its name."""
    first = _first(value)
    return casemap((first.local_part or b"").decode("utf-8", "replace")) if first is not None else ""


@lru_cache(_CACHED)
def _shown(value: bytes) -> str:
    """RFC 5957 §3: the display name of the first address, or the address itself; of a group its name."""
    first = _first(value)
    if first is None:
        return ""
    name = words.decode(first.display_name).strip() if first.display_name else ""
    if not name:
        name = words.decode(first.local_part or b"")
        if first.is_mailbox and first.domain != addresses.MISSING_DOMAIN:
            name += "@" + words.decode(first.domain or b"")
    return casemap(name)


def _first(value: bytes) -> HeaderAddress | None:
    found = addresses.parse(value) if value else []
    return found[0] if found else None
