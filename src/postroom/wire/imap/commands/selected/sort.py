"""SORT and UID SORT: RFC 5256 §5, RETURN RFC 5267 §3.1, DISPLAYFROM and DISPLAYTO RFC 5957 §3, RELEVANCY RFC 6203 §6.

sort           = "SORT" [SP return-opts] SP "(" sort-criterion *(SP sort-criterion) ")" SP charset 1*(SP search-key)
sort-criterion = ["REVERSE" SP] sort-key
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import NamedTuple

from postroom.wire.imap.commands.selected.search import SaveRefused, check_charset, check_relevancy, refused
from postroom.wire.imap.grammar.returns import SearchReturns, parse_returns
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.search import parse_search_keys
from postroom.wire.imap.grammar.search_keys import SearchKey, is_fuzzy
from postroom.wire.imap.limits import MAX_SORT_CRITERIA


class SortBy(enum.Enum):
    """What is compared; the value is its name on the wire."""

    ARRIVAL = b"ARRIVAL"
    CC = b"CC"
    DATE = b"DATE"
    DISPLAYFROM = b"DISPLAYFROM"
    DISPLAYTO = b"DISPLAYTO"
    FROM = b"FROM"
    RELEVANCY = b"RELEVANCY"
    SIZE = b"SIZE"
    SUBJECT = b"SUBJECT"
    TO = b"TO"


class SortCriterion(NamedTuple):
    """One key, from small to large unless `reverse`."""

    by: SortBy
    reverse: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """SORT; `returns` None for the SORT response, else what ESEARCH is to tell, in this order."""

    tag: bytes
    uid: bool
    criteria: tuple[SortCriterion, ...]
    key: SearchKey
    returns: SearchReturns | None = None


_NAMES = {by.value: by for by in SortBy}
_WORD = re.compile(rb"[A-Za-z]++")


def parse_sort(scan: Scanner) -> Sort | SaveRefused:
    """Options, criteria, charset, keys."""
    scan.space()
    returns = parse_returns(scan, "SORT")
    criteria = _criteria(scan)
    scan.space()
    try:
        check_charset(scan)
        scan.space()
        key = parse_search_keys(scan)
        check_relevancy(scan, returns, key)
        if any(each.by is SortBy.RELEVANCY for each in criteria) and not is_fuzzy(key):
            scan.fail("RELEVANCY without FUZZY")
        return Sort(scan.tag, scan.uid, criteria, key, returns)
    except BadSyntax as error:
        return refused(scan, returns, error)


def _criteria(scan: Scanner) -> tuple[SortCriterion, ...]:
    scan.expect(b"(")
    found: list[SortCriterion] = []
    while True:
        word = scan.match(_WORD, "Invalid sort key")[0].upper()
        reverse = word == b"REVERSE"
        if reverse:
            scan.space()
            word = scan.match(_WORD, "Invalid sort key")[0].upper()
        by = _NAMES.get(word) or scan.fail("Unknown sort key")
        found.append(SortCriterion(by, reverse))
        if len(found) > MAX_SORT_CRITERIA:
            scan.fail("Too many sort keys")
        if scan.take(b")"):
            return tuple(found)
        scan.space()
