"""Plan: a FETCH command compiled into columns of the store, one line template, and sections to be read from messages.

Small items are made column by column, since a mailbox is listed in thousands of rows: each item turns its columns of a chunk into values of the template,
and a line costs one formatting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from postroom.access import content, header_fields
from postroom.model.email import Column
from postroom.servers.imap import flags
from postroom.wire.imap.commands.selected.fetch import Fetch, FetchAttribute, FetchContent, FetchItem, FetchSection
from postroom.wire.imap.grammar.sections import SectionText
from postroom.wire.imap.responses.strings import nstring
from postroom.wire.imap.sequences import SequenceSet
from postroom.wire.imap.view import SelectedView

Values = list[Sequence[Any]]
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_DAY = 86400


@dataclass(frozen=True, slots=True)
class SmallItem:
    """An item whose answer lies in columns: `values` takes these, transposed, and gives the values of `template`."""

    columns: tuple[Column, ...]
    template: bytes
    values: Callable[..., Values]


@dataclass(frozen=True, slots=True)
class Plan:
    """`columns` begins with UID, then those of each small item, then with sections content.COLUMNS."""

    small: tuple[SmallItem, ...]
    sections: tuple[FetchContent, ...]
    columns: tuple[Column, ...]
    template: bytes
    whole: tuple[FetchAttribute, ...]
    """The items as asked, with none taken from the header cache."""

    def opened(self) -> Plan:
        """The same, with every section read from the messages."""
        return _plan(self.whole, cached=False)


def plan_of(command: Fetch, *, condstore: bool, uid_only: bool = False) -> Plan:
    """UID is added to what UID FETCH asks for but where UIDFETCH has it, MODSEQ where CHANGEDSINCE or told flags ask for it (RFC 7162 §3.1.4)."""
    items = command.items
    if command.uid and not uid_only and FetchItem.UID not in items:
        items = (FetchItem.UID, *items)
    if FetchItem.MODSEQ not in items and (
        command.changed_since is not None or (condstore and FetchItem.FLAGS in items)
    ):
        items = (*items, FetchItem.MODSEQ)
    return _plan(items, cached=True)


def with_flags(plan: Plan, *, condstore: bool) -> Plan:
    """The same with FLAGS, which fetching a body has just changed, and their MODSEQ (RFC 7162 §3.2)."""
    wanted = (FetchItem.FLAGS, FetchItem.MODSEQ) if condstore else (FetchItem.FLAGS,)
    added = tuple(item for item in wanted if item not in plan.whole)
    return _plan((*added, *plan.whole), cached=True) if added else plan


@lru_cache(256)
def _plan(items: tuple[FetchAttribute, ...], *, cached: bool) -> Plan:
    small: list[SmallItem] = []
    sections: list[FetchContent] = []
    for item in items:
        if isinstance(item, FetchItem):
            small.append(_ITEMS[item])
            continue
        found = _from_cache(item) if cached and isinstance(item, FetchSection) else None
        if found is not None:
            small.append(found)
        else:
            sections.append(item)
    columns = (Column.UID, *(column for item in small for column in item.columns))
    if sections:
        columns += content.COLUMNS
    template = b" ".join(item.template for item in small)
    return Plan(tuple(small), tuple(sections), columns, template, items)


def runs_of(view: SelectedView, sequence_set: SequenceSet, *, uid: bool) -> list[Sequence[int]]:
    """The messages a set names, as runs of neighbours."""
    uids = view.uids
    return [uids[span.first - 1 : span.last] for span in view.spans(sequence_set, uid=uid)]


def values_of(plan: Plan, rows: Sequence[tuple[Any, ...]]) -> Values:
    """The values of the template, one sequence each with an entry per row."""
    columns = list(zip(*rows, strict=True))
    values: Values = []
    at = 1
    for item in plan.small:
        width = len(item.columns)
        values += item.values(*columns[at : at + width])
        at += width
    return values


def _same(*columns: Sequence[Any]) -> Values:
    return list(columns)


def _flags(bits: Sequence[int], others: Sequence[str | None]) -> Values:
    return [list(map(flags.text, bits, others))]


def _dates(moments: Sequence[int]) -> Values:
    return [list(map(internal_date, moments))]


def _previews(texts: Sequence[str]) -> Values:
    return [[nstring(text.encode("utf-8", "replace")) for text in texts]]


def _zoned_dates(moments: Sequence[int], zones: Sequence[int]) -> Values:
    return [list(map(internal_date, moments, zones))]


def internal_date(moment: int, zone: int = 0) -> bytes:
    """A Unix time as date-time in a zone, minutes east of UTC."""
    day, seconds = divmod(moment + zone * 60, _DAY)
    minutes, second = divmod(seconds, 60)
    return b"%b %02d:%02d:%02d %b" % (_day(day), *divmod(minutes, 60), second, _zone(zone))


@lru_cache(256)
def _zone(minutes: int) -> bytes:
    return b"%b%02d%02d" % (b"-" if minutes < 0 else b"+", *divmod(abs(minutes), 60))


@lru_cache(4096)
def _day(day: int) -> bytes:
    # Days to a civil date without datetime's bounds, so that no stored number can raise (proleptic Gregorian).
    era, of_era = divmod(day + 719468, 146097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    return b"%02d-%b-%04d" % (of_year - (153 * shifted + 2) // 5 + 1, _MONTHS[month - 1], max(year, 0))


_ITEMS: dict[FetchItem, SmallItem] = {
    FetchItem.FLAGS: SmallItem((Column.BITS, Column.OTHERS), b"FLAGS (%b)", _flags),
    FetchItem.UID: SmallItem((Column.UID,), b"UID %d", _same),
    FetchItem.INTERNALDATE: SmallItem((Column.RECEIVED_AT, Column.RECEIVED_ZONE), b'INTERNALDATE "%b"', _zoned_dates),
    FetchItem.RFC822_SIZE: SmallItem((Column.SIZE,), b"RFC822.SIZE %d", _same),
    FetchItem.ENVELOPE: SmallItem((Column.ENVELOPE,), b"ENVELOPE %b", _same),
    FetchItem.BODY: SmallItem((Column.BODY,), b"BODY %b", _same),
    FetchItem.BODYSTRUCTURE: SmallItem((Column.BODY_STRUCTURE,), b"BODYSTRUCTURE %b", _same),
    FetchItem.MODSEQ: SmallItem((Column.MOD_SEQ,), b"MODSEQ (%d)", _same),
    FetchItem.EMAILID: SmallItem((Column.EMAIL_ID,), b"EMAILID (M%d)", _same),
    FetchItem.THREADID: SmallItem((Column.THREAD_ID,), b"THREADID (T%d)", _same),
    FetchItem.SAVEDATE: SmallItem((Column.SAVED_AT,), b'SAVEDATE "%b"', _dates),
    FetchItem.PREVIEW: SmallItem((Column.PREVIEW,), b"PREVIEW %b", _previews),
}


def _from_cache(item: FetchSection) -> SmallItem | None:
    """Header fields that the cache knows; None when messages have to be opened."""
    section = item.section
    if section.part or section.text is not SectionText.FIELDS or item.partial is not None:
        return None
    names = tuple(name.lower() for name in section.fields)
    columns = header_fields.columns(names)
    if columns is None:
        return None

    def values(caches: Sequence[bytes], prefixes: Sequence[bytes] | None = None) -> Values:
        found = list(map(header_fields.select, repeat(names), caches, prefixes or repeat(b"")))
        return [[0 if fields is None else len(fields) for fields in found], found]

    return SmallItem(columns, item.label.replace(b"%", b"%%") + b" {%d}\r\n%b", values)
