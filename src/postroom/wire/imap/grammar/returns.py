"""Return options of SEARCH and SORT: what an ESEARCH response is to tell.

return-opts   = "RETURN" SP "(" [return-opt *(SP return-opt)] ")"                       ; RFC 4731 §3.1
return-opt    = "MIN" / "MAX" / "ALL" / "COUNT"
              / "SAVE"                                                                  ; RFC 5182 §3
              / "CONTEXT" / "UPDATE" / "PARTIAL" SP nz-number ":" nz-number             ; RFC 5267 §5
              / "RELEVANCY"                                                             ; RFC 6203 §4
partial-range =/ "-" nz-number ":" "-" nz-number                                        ; RFC 9394 §4, from the end
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_NUMBER

MIN, MAX, ALL, COUNT = b"MIN", b"MAX", b"ALL", b"COUNT"
SAVE, CONTEXT, UPDATE, PARTIAL = b"SAVE", b"CONTEXT", b"UPDATE", b"PARTIAL"
RELEVANCY = b"RELEVANCY"
_WORDS = frozenset({MIN, MAX, ALL, COUNT, SAVE, CONTEXT, UPDATE, PARTIAL, RELEVANCY})
_OPENING = re.compile(rb"RETURN \(", re.IGNORECASE)
_RANGE = re.compile(rb"(-?)([1-9][0-9]{0,9}):(-?)([1-9][0-9]{0,9})(?![0-9])")


@dataclass(frozen=True, slots=True)
class PartialRange:
    """Places in a result, from 1, `first` ≤ `last`; counted from its end where `from_end`. `text` is as the client wrote it."""

    first: int
    last: int
    from_end: bool
    text: bytes

    def bounds(self, count: int) -> tuple[int, int]:
        """The slice of a result of `count` messages."""
        if self.from_end:
            return max(count - self.last, 0), max(count - self.first + 1, 0)
        return self.first - 1, self.last


@dataclass(frozen=True, slots=True)
class SearchReturns:
    """`words` as given (`ALL` for `RETURN ()`), PARTIAL's range beside them."""

    words: frozenset[bytes]
    partial: PartialRange | None = None

    @property
    def tells(self) -> bool:
        """Whether there is an ESEARCH response: only SAVE alone asks for none (RFC 5182 §1)."""
        return self.words != frozenset({SAVE})


def parse_returns(scan: Scanner, command: str) -> SearchReturns | None:
    """The options and the space behind them; None where there are none."""
    opening = _OPENING.match(scan.text, scan.position)
    if opening is None:
        return None
    scan.position = opening.end()
    found: set[bytes] = set()
    partial: PartialRange | None = None
    while not scan.take(b")"):
        if found:
            scan.space()
        option = scan.name()
        if option not in _WORDS:
            scan.fail(f"Unknown {command} return option")
        if option == PARTIAL:
            if partial is not None:
                scan.fail("More than one PARTIAL")
            scan.space()
            partial = partial_range(scan)
        found.add(option)
    if partial is not None and ALL in found:
        scan.fail("PARTIAL together with ALL")
    scan.space()
    return SearchReturns(frozenset(found) or frozenset({ALL}), partial)


def partial_range(scan: Scanner) -> PartialRange:
    """`first:last` from 1, both with a minus where they count from the end."""
    found = scan.match(_RANGE, "Invalid PARTIAL range")
    ends = sorted((int(found[2]), int(found[4])))
    if found[1] != found[3] or ends[1] > MAX_NUMBER:
        scan.fail("Invalid PARTIAL range")
    # RFC 5267 §4.4: 500:400 is 400:500, and told so
    text = found[0] if found[1] else b"%d:%d" % (ends[0], ends[1])
    return PartialRange(ends[0], ends[1], bool(found[1]), text)
