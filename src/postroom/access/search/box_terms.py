"""Terms of the search box: what each operator means as a query.

Days are those of whoever types, in a zone of their own; `after:` is from the beginning of that day on, `before:` until its beginning. Sizes count in 1024.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from postroom.access.search.query import (
    AllOf,
    Everything,
    FileNameHas,
    HasAttachment,
    HasKeyword,
    HeaderHas,
    InMailboxes,
    LargerThan,
    Not,
    Query,
    ReceivedAfter,
    SmallerThan,
    TextHas,
)
from postroom.model.errors import Malformed, faulty
from postroom.model.keywords import Keywords
from postroom.model.mailbox import Mailbox, normal_name


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What terms refer to: the day and zone of whoever types, and their mailboxes."""

    today: datetime.date
    zone: datetime.tzinfo = datetime.UTC
    mailboxes: Sequence[Mailbox] = ()

    def start(self, day: datetime.date) -> int:
        """Unix time at which the day begins."""
        return int(datetime.datetime.combine(day, datetime.time(), self.zone).timestamp())


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase, with an operator's lower-case name or without. A value is never blank."""

    value: str
    operator: str = ""
    is_phrase: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is looked for as a word, anywhere."""
        return not self.operator and not self.is_phrase

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.is_phrase else self.value
        return f"{self.operator}:{value}" if self.operator else value


def meant(term: Term, surroundings: Surroundings) -> Query:
    """Raises Malformed where the operator can't have the value."""
    if term.operator:
        return OPERATORS[term.operator](term, surroundings)
    return TextHas(term.value, header=True, loose=not term.is_phrase)


_ANYWHERE = "anywhere"
_NUMBER_OF = re.compile(r"([0-9]{1,4})([dwmy])")
_SIZE = re.compile(r"([0-9]{1,15})([kmg]?)b?")
_DAY = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,100}")
_UNITS = MappingProxyType({"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30})
_STARS = HasKeyword(Keywords.of(["$flagged"]))
_SEEN = HasKeyword(Keywords.of(["$seen"]))
_HAS: Mapping[str, Query] = MappingProxyType({"attachment": HasAttachment(), "flag": _STARS, "star": _STARS})
_IS: Mapping[str, Query] = MappingProxyType(
    {
        "unread": Not(_SEEN),
        "unseen": Not(_SEEN),
        "read": _SEEN,
        "seen": _SEEN,
        "flagged": _STARS,
        "starred": _STARS,
        "answered": HasKeyword(Keywords.of(["$answered"])),
        "draft": HasKeyword(Keywords.of(["$draft"])),
    }
)

_Meaning = Callable[[Term, Surroundings], Query]


def _field(name: bytes) -> _Meaning:
    return lambda term, _: HeaderHas(name, term.value, loose=not term.is_phrase)


def _one_of(known: Mapping[str, Query]) -> _Meaning:
    def meaning(term: Term, _: Surroundings) -> Query:
        found = known.get(term.value.strip().lower())
        if found is None:
            raise faulty(term.operator, "one of " + ", ".join(known))
        return found

    return meaning


def _file_name(term: Term, _: Surroundings) -> Query:
    return FileNameHas(term.value, loose=not term.is_phrase)


def _header(term: Term, _: Surroundings) -> Query:
    name, text = [*term.value.split(":", 1), ""][:2]
    name = name.strip().lower()
    if not _FIELD_NAME.fullmatch(name):
        raise faulty(term.operator, 'a field\'s name, and its text behind a colon, as in header:"X-Mailer: text"')
    return HeaderHas(name.encode("ascii"), text.strip())


def _before(term: Term, surroundings: Surroundings) -> Query:
    return Not(ReceivedAfter(surroundings.start(_day(term))))


def _after(term: Term, surroundings: Surroundings) -> Query:
    return ReceivedAfter(surroundings.start(_day(term)))


def _on(term: Term, surroundings: Surroundings) -> Query:
    day = _day(term)
    next_day = day + datetime.timedelta(1) if day < datetime.date(9998, 12, 31) else day
    return AllOf((ReceivedAfter(surroundings.start(day)), Not(ReceivedAfter(surroundings.start(next_day)))))


def _older(term: Term, surroundings: Surroundings) -> Query:
    return Not(_newer(term, surroundings))


def _newer(term: Term, surroundings: Surroundings) -> Query:
    return ReceivedAfter(surroundings.start(_ago(term, surroundings.today)))


def _larger(term: Term, _: Surroundings) -> Query:
    return LargerThan(_size(term))


def _smaller(term: Term, _: Surroundings) -> Query:
    return SmallerThan(_size(term))


def _in(term: Term, surroundings: Surroundings) -> Query:
    """A mailbox by its name (without regard to case), by the end of its path, or by its role."""
    wanted = term.value.strip()
    if wanted.lower() == _ANYWHERE:
        return Everything()
    try:
        wanted = normal_name(wanted)
    except Malformed:
        raise faulty(term.operator, "the name of a mailbox, or anywhere") from None
    folded = wanted.casefold()
    mailboxes = surroundings.mailboxes
    tests: tuple[Callable[[Mailbox], bool], ...] = (
        lambda mailbox: mailbox.name == wanted,
        lambda mailbox: mailbox.name.casefold() == folded,
        lambda mailbox: mailbox.role is not None and mailbox.role.value == folded,
        lambda mailbox: mailbox.name.casefold().endswith("/" + folded),
    )
    for test in tests:
        found = frozenset(mailbox.mailbox_id for mailbox in mailboxes if test(mailbox))
        if found:
            return InMailboxes(found)
    raise faulty(term.operator, "there is no mailbox of this name")


def _day(term: Term) -> datetime.date:
    found = _DAY.fullmatch(term.value.strip())
    try:
        if found is not None and 1970 <= int(found[1]) <= 9998:
            return datetime.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass  # the 30th of February: told as any other
    raise faulty(term.operator, "a day as 2026-01-31, from 1970-01-01 on")


def _ago(term: Term, today: datetime.date) -> datetime.date:
    found = _NUMBER_OF.fullmatch(term.value.strip().lower())
    if found is None:
        raise faulty(term.operator, "a number of days, weeks, months or years, as 7d, 2w, 3m or 1y")
    number, unit = int(found[1]), found[2]
    earliest = datetime.date(1970, 1, 1)
    if unit in "dw":
        days = number * (7 if unit == "w" else 1)
        return max(today - datetime.timedelta(min(days, (today - earliest).days)), earliest)
    months = today.year * 12 + today.month - 1 - number * (12 if unit == "y" else 1)
    if months < 1970 * 12:
        return earliest
    year, month = divmod(months, 12)
    first = datetime.date(year, month + 1, 1)
    following = datetime.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(today.day, (following - first).days))


def _size(term: Term) -> int:
    found = _SIZE.fullmatch(term.value.strip().lower())
    if found is None:
        raise faulty(term.operator, "a number of octets, as 500, 10k or 5M")
    return int(found[1]) * _UNITS[found[2]]


OPERATORS: Mapping[str, _Meaning] = MappingProxyType(
    {
        "from": _field(b"from"),
        "to": _field(b"to"),
        "cc": _field(b"cc"),
        "bcc": _field(b"bcc"),
        "subject": _field(b"subject"),
        "list": _field(b"list-id"),
        "header": _header,
        "filename": _file_name,
        "has": _one_of(_HAS),
        "is": _one_of(_IS),
        "before": _before,
        "after": _after,
        "on": _on,
        "older_than": _older,
        "newer_than": _newer,
        "larger": _larger,
        "smaller": _smaller,
        "in": _in,
    }
)
"""By lower-case name."""
