"""Search keys: the words of RFC 3501 §6.4.4 and RFC 7162 §3.1.5, as rows of one table.

    search-key = "ALL" / "ANSWERED" / "BCC" SP astring / .. / "NOT" SP search-key / "OR" SP search-key SP search-key /
                 sequence-set / "(" search-key *(SP search-key) ")"

Depth and number of keys are bounded, so that the recursion is. YOUNGER and OLDER are RFC 5032, SAVEDBEFORE and
its like RFC 8514 §4.3, EMAILID and THREADID RFC 8474 §6, FUZZY RFC 6203 §3.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from postroom.wire.imap.grammar.dates import date
from postroom.wire.imap.grammar.flags import SYSTEM_FLAGS
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.search_keys import (
    All,
    And,
    Contains,
    Dated,
    DateField,
    DateTest,
    Flagged,
    Fuzzy,
    HeaderContains,
    Identified,
    IdField,
    Larger,
    ModSeqSince,
    Not,
    Numbered,
    Or,
    SearchKey,
    Smaller,
    TextField,
    Younger,
)
from postroom.wire.imap.limits import MAX_DEPTH, MAX_SEARCH_KEYS

_WORD = re.compile(rb"[A-Za-z0-9]++")
_RECENT = Flagged(b"\\Recent")
_OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}(?![A-Za-z0-9_-])")  # RFC 8474 §7: objectid


class _Keys:
    """The keys of one SEARCH being read, and how many there were."""

    __slots__ = ("count", "scan")

    def __init__(self, scan: Scanner) -> None:
        self.scan = scan
        self.count = 0

    def sequence(self, depth: int) -> SearchKey:
        """One or more keys with spaces between."""
        keys = [self.key(depth)]
        while self.scan.take(b" "):
            keys.append(self.key(depth))
        return keys[0] if len(keys) == 1 else And(tuple(keys))

    def key(self, depth: int) -> SearchKey:
        """One key."""
        scan = self.scan
        self.count += 1
        if self.count > MAX_SEARCH_KEYS:
            raise BadSyntax("Too many search keys", condition=b"NO", code=b"LIMIT")
        if depth > MAX_DEPTH:
            scan.fail("Search keys nested too deep")
        if scan.take(b"("):
            keys = self.sequence(depth + 1)
            scan.expect(b")")
            return keys
        start = scan.text[scan.position : scan.position + 1]
        if start == b"$":
            return Numbered(scan.sequence_set(), uid=False)
        if start.isdigit() or start == b"*":
            return Numbered(scan.message_numbers(), uid=False)
        word = scan.match(_WORD, "Invalid search key")[0].upper()
        if word == b"NOT":
            scan.space()
            return Not(self.key(depth + 1))
        if word == b"FUZZY":
            scan.space()
            return Fuzzy(self.key(depth + 1))
        if word == b"OR":
            scan.space()
            left = self.key(depth + 1)
            scan.space()
            return Or(left, self.key(depth + 1))
        simple = _SIMPLE.get(word)
        if simple is not None:
            return simple
        parse = _WITH_ARGUMENT.get(word)
        if parse is None:
            scan.fail("Unknown search key")
        scan.space()
        return parse(scan)


def parse_search_keys(scan: Scanner) -> SearchKey:
    """Everything up to the end of the keys, joined by And."""
    return _Keys(scan).sequence(1)


def _text(scan: Scanner) -> str:
    try:
        return scan.astring().decode("utf-8")
    except UnicodeDecodeError:
        scan.fail("Search string is not UTF-8")


def _contains(field: TextField) -> Callable[[Scanner], SearchKey]:
    return lambda scan: Contains(field, _text(scan))


def _dated(field: DateField, test: DateTest) -> Callable[[Scanner], SearchKey]:
    return lambda scan: Dated(field, test, date(scan))


def _header(scan: Scanner) -> SearchKey:
    name = _text(scan)
    scan.space()
    return HeaderContains(name.upper(), _text(scan))


def _mod_seq(scan: Scanner) -> SearchKey:
    # RFC 7162 §3.1.5: `MODSEQ "/flags/\\Seen" all 620162338`; who keeps one MODSEQ per message ignores the entry.
    if scan.looking_at(b'"'):
        if not scan.string().startswith(b"/flags/"):
            scan.fail("Unknown metadata entry")
        scan.space()
        if scan.name() not in (b"PRIV", b"SHARED", b"ALL"):
            scan.fail("Unknown metadata entry type")
        scan.space()
    return ModSeqSince(scan.number64())


def _identified(field: IdField) -> Callable[[Scanner], SearchKey]:
    return lambda scan: Identified(field, scan.match(_OBJECT_ID, "Invalid identifier")[0].decode("ascii"))


_SIMPLE: dict[bytes, SearchKey] = {
    b"ALL": All(),
    b"SAVEDATESUPPORTED": All(),
    b"NEW": And((_RECENT, Not(Flagged(b"\\Seen")))),
    b"OLD": Not(_RECENT),
    b"RECENT": _RECENT,
    **{flag[1:].upper(): Flagged(flag) for flag in SYSTEM_FLAGS.values()},
    **{b"UN" + flag[1:].upper(): Not(Flagged(flag)) for flag in SYSTEM_FLAGS.values()},
}

_WITH_ARGUMENT: dict[bytes, Callable[[Scanner], SearchKey]] = {
    **{field.name.encode(): _contains(field) for field in TextField},
    **{test.name.encode(): _dated(DateField.RECEIVED, test) for test in DateTest},
    **{b"SENT" + test.name.encode(): _dated(DateField.SENT, test) for test in DateTest},
    **{b"SAVED" + test.name.encode(): _dated(DateField.SAVED, test) for test in DateTest},
    b"EMAILID": _identified(IdField.EMAIL),
    b"THREADID": _identified(IdField.THREAD),
    b"HEADER": _header,
    b"KEYWORD": lambda scan: Flagged(scan.atom()),
    b"UNKEYWORD": lambda scan: Not(Flagged(scan.atom())),
    b"LARGER": lambda scan: Larger(scan.number()),
    b"SMALLER": lambda scan: Smaller(scan.number()),
    b"MODSEQ": _mod_seq,
    b"OLDER": lambda scan: Not(Younger(scan.nz_number())),
    b"YOUNGER": lambda scan: Younger(scan.nz_number()),
    b"UID": lambda scan: Numbered(scan.sequence_set(), uid=True),
}
