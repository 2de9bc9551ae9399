"""Keys: a Query compiled into one function of a Subject, with the columns it reads and what it costs.

Of keys that must all match, cheap ones are asked first; what they refuse is never read. Three-valued: None stands for "not without the message".
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from postroom.access.search import query
from postroom.access.search.query import Moment, Query, Relation
from postroom.access.search.subject import Subject
from postroom.message.search.matching import needle
from postroom.model.email import Column
from postroom.model.ids import EmailId
from postroom.model.ports import Ranges

Test = Callable[[Subject], bool | None]

_COLUMN, _CACHE, _MESSAGE = 1, 10, 10_000  # cost of a key relative to one comparison of a column
_DAY = 86400
_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Key:
    """A compiled query."""

    test: Test
    columns: frozenset[Column]
    cost: int


Found = Mapping[Query, Collection[EmailId]]
"""The emails that an index found for parts of a query: all that match a TextHas; those beside which none matches a HeaderHas."""


def compiled(asked: Query, found: Found = MappingProxyType({})) -> Key:
    """With `found`, texts are not looked for in messages. Recurses as deep as the query is nested, which its reader bounds."""
    match asked:
        case query.Not(query=inner):
            key = compiled(inner, found)
            test = key.test
            return Key(lambda subject: _opposite(test(subject)), key.columns, key.cost)
        case query.AllOf(queries=queries):
            return _joined(queries, found, _all_of)
        case query.AnyOf(queries=queries):
            return _joined(queries, found, _any_of)
        case query.TextHas() if asked in found:
            return _column(Column.EMAIL_ID, frozenset(found[asked]).__contains__)
        case _:
            return _simple(asked)


def within(asked: Query) -> Ranges | None:
    """The UIDs beside which nothing can match, where the query names some; None for all."""
    match asked:
        case query.UidIn(ranges=named):
            return named
        case query.AllOf(queries=queries):
            found = [named for named in map(within, queries) if named is not None]
            return min(found, key=len) if found else None
    return None


def marks(asked: Query) -> tuple[int, int]:
    """Keyword bits that every match has, and bits that none has; the store finds those at once."""
    match asked:
        case query.HasKeyword(keywords=keywords):
            return keywords.bits, 0
        case query.Not(query=query.HasKeyword(keywords=keywords)):
            # without all of several is not without each
            return 0, keywords.bits if not keywords.others and keywords.bits.bit_count() == 1 else 0
        case query.AllOf(queries=queries):
            required = forbidden = 0
            for has, has_not in map(marks, queries):
                required |= has
                forbidden |= has_not
            return required, forbidden
    return 0, 0


def is_marks(asked: Query) -> bool:
    """Whether `marks` says all there is to the query."""
    match asked:
        case query.HasKeyword(keywords=keywords) | query.Not(query=query.HasKeyword(keywords=keywords)):
            return not keywords.others and keywords.bits.bit_count() == 1
        case query.AllOf(queries=queries):
            return all(map(is_marks, queries))
    return False


def among_emails(asked: Query, found: Found) -> set[EmailId] | None:
    """The emails beside which nothing can match, where an index says so; None for all."""
    match asked:
        case query.TextHas() | query.HeaderHas():
            return set(found[asked]) if asked in found else None
        case query.AllOf(queries=queries):
            named = [one for one in (among_emails(each, found) for each in queries) if one is not None]
            return set.intersection(*named) if named else None
        case query.AnyOf(queries=queries):
            several = [among_emails(each, found) for each in queries]
            known = [one for one in several if one is not None]
            return set[EmailId]().union(*known) if len(known) == len(several) else None
    return None


def _joined(queries: tuple[Query, ...], found: Found, join: Callable[[tuple[Test, ...]], Test]) -> Key:
    keys = sorted((compiled(each, found) for each in queries), key=lambda key: key.cost)
    columns = frozenset[Column]().union(*(key.columns for key in keys))
    return Key(join(tuple(key.test for key in keys)), columns, sum(key.cost for key in keys))


def _all_of(tests: tuple[Test, ...]) -> Test:
    def test(subject: Subject) -> bool | None:
        found: bool | None = True
        for each in tests:
            answer = each(subject)
            if answer is False:
                return False
            if answer is None:
                found = None
        return found

    return test


def _any_of(tests: tuple[Test, ...]) -> Test:
    def test(subject: Subject) -> bool | None:
        found: bool | None = False
        for each in tests:
            answer = each(subject)
            if answer:
                return True
            if answer is None:
                found = None
        return found

    return test


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _simple(asked: Query) -> Key:
    match asked:
        case query.UidIn(ranges=ranges):
            lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
            return _column(Column.UID, lambda uid: _inside(lows, highs, uid))
        case query.HasKeyword(keywords=keywords):
            return _keyword(keywords.bits, keywords.others)
        case query.OnDay(moment=Moment.RECEIVED | Moment.SAVED as moment, relation=relation, day=day):
            start = (day - _EPOCH).days * _DAY
            low, high = _span(relation, start, start + _DAY)
            if moment is Moment.RECEIVED:
                return _received(low, high)
            return _column(Column.SAVED_AT, lambda at: low <= at < high)
        case query.OnDay(relation=relation, day=day):
            return _sent(relation, (day.year, day.month, day.day))
        case query.ReceivedAfter(at=earliest):
            return _column(Column.RECEIVED_AT, lambda at: at >= earliest)
        case query.LargerThan(size=size):
            return _column(Column.SIZE, lambda octets: octets > size)
        case query.SmallerThan(size=size):
            return _column(Column.SIZE, lambda octets: octets < size)
        case query.ModSeqFrom(mod_seq=mod_seq):
            return _column(Column.MOD_SEQ, lambda value: value >= mod_seq)
        case query.IsEmail(email_id=email_id):
            return _column(Column.EMAIL_ID, lambda value: value == email_id)
        case query.InThread(thread_id=thread_id):
            return _column(Column.THREAD_ID, lambda value: value == thread_id)
        case query.TextHas(text=""):
            pass
        case query.FileNameHas(text=text, loose=loose):
            named = needle(text, loose=loose)
            return Key(lambda subject: subject.file_name_has(named), frozenset(), _MESSAGE)
        case query.HasAttachment():
            return _column(Column.HAS_ATTACHMENT, bool)
        case query.InMailboxes(mailbox_ids=mailbox_ids):
            return _column(Column.MAILBOX_ID, mailbox_ids.__contains__)
        case query.HeaderHas(name=name, text=text, loose=loose):
            wanted = needle(text, loose=loose)
            return Key(lambda subject: subject.field_has(name, wanted), frozenset({Column.HEADER_CACHE}), _CACHE)
        case query.TextHas(text=text, header=header, loose=loose):
            wanted = needle(text, loose=loose)
            return Key(lambda subject: subject.text_has(wanted, header=header), frozenset(), _MESSAGE)
    return Key(lambda _: True, frozenset(), 0)


def _column(column: Column, compare: Callable[[int], bool]) -> Key:
    return Key(lambda subject: compare(subject.row[subject.columns[column]]), frozenset({column}), _COLUMN)


def _received(low: int, high: int) -> Key:
    """RFC 9051 §6.4.4: the day of the internal date as it is shown, in whatever zone."""

    def test(subject: Subject) -> bool:
        row, columns = subject.row, subject.columns
        local: int = row[columns[Column.RECEIVED_AT]] + 60 * row[columns[Column.RECEIVED_ZONE]]
        return low <= local < high

    return Key(test, frozenset({Column.RECEIVED_AT, Column.RECEIVED_ZONE}), _COLUMN)


def _keyword(bits: int, others: tuple[str, ...]) -> Key:
    wanted = frozenset(name.lower() for name in others)
    if not wanted:
        return _column(Column.BITS, lambda held: held & bits == bits)

    def test(subject: Subject) -> bool:
        held = subject.row[subject.columns[Column.OTHERS]]
        return held is not None and wanted.issubset(held.lower().split(" "))

    return Key(test, frozenset({Column.OTHERS}), _COLUMN)


def _inside(lows: list[int], highs: list[int], uid: int) -> bool:
    at = bisect_right(lows, uid) - 1
    return at >= 0 and uid <= highs[at]


def _span(relation: Relation, start: int, end: int) -> tuple[int, int]:
    never, always = -(1 << 62), 1 << 62
    return {Relation.BEFORE: (never, start), Relation.ON: (start, end), Relation.SINCE: (start, always)}[relation]


def _sent(relation: Relation, day: tuple[int, int, int]) -> Key:
    """RFC 9051 §6.4.4: the day as the field says it, in whatever zone."""

    def test(subject: Subject) -> bool | None:
        if subject.header(b"date") is None:
            return None
        found = subject.date_of_header()
        if found is None:
            return False
        return {Relation.BEFORE: found < day, Relation.ON: found == day, Relation.SINCE: found >= day}[relation]

    return Key(test, frozenset({Column.HEADER_CACHE}), _CACHE)
