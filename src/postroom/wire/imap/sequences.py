"""Sequence sets: message numbers and UIDs as ranges, never as lists.

    sequence-set = (seq-number / seq-range) ["," sequence-set]   ; RFC 3501 §9
    seq-range    = seq-number ":" seq-number
    seq-number   = nz-number / "*"
    sequence-set =/ "$"                                          ; RFC 5182 §3

`*` is the largest number in use, which only the view knows: it is kept as `STAR`; so does only the view know what `$`, the saved result, holds. `compact` writes a list of numbers
as ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from postroom.wire.imap.limits import MAX_NUMBER, MAX_RANGES

STAR = 0
"""Stands for `*`; no message has the number 0."""

_NUMBER = re.compile(rb"[1-9][0-9]{0,9}")


class NotASequenceSet(ValueError):
    """The bytes are no sequence set, or one with more ranges than we keep."""


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges as the client wrote them: not sorted, ends perhaps reversed, `STAR` for `*`."""

    ranges: tuple[tuple[int, int], ...]
    is_saved: bool = False
    """It is `$`: the messages of the last search with RETURN (SAVE)."""

    def resolve(self, largest: int) -> list[tuple[int, int]]:
        """Sorted, merged (low, high) ranges once `*` is known; `largest` 0 (nothing in use) leaves `*` nothing.

        RFC 3501 §9: `5:*` with a largest of 3 is 3:5, so that it always names the last message.
        """
        resolved: list[tuple[int, int]] = []
        for first, last in self.ranges:
            low, high = first or largest, last or largest
            if low > high:
                low, high = high, low
            if low:
                resolved.append((low, high))
        if len(resolved) < 2:
            return resolved
        return _merged(resolved)

    def __bytes__(self) -> bytes:
        if self.is_saved:
            return b"$"
        return b",".join(
            _number(first) if first == last else _number(first) + b":" + _number(last) for first, last in self.ranges
        )


def _number(value: int) -> bytes:
    return b"%d" % value if value else b"*"


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    ranges.sort()
    merged = [ranges[0]]
    for low, high in ranges[1:]:
        last_low, last_high = merged[-1]
        if low > last_high + 1:
            merged.append((low, high))
        elif high > last_high:
            merged[-1] = (last_low, high)
    return merged


ALL = SequenceSet(((1, STAR),))
SAVED = SequenceSet((), is_saved=True)


def parse_sequence_set(text: bytes) -> SequenceSet:
    """The set that `text` spells; raises NotASequenceSet."""
    if text == b"1:*":
        return ALL
    if text == b"$":
        return SAVED
    if text.count(b",") >= MAX_RANGES:
        raise NotASequenceSet("too many ranges")
    ranges: list[tuple[int, int]] = []
    for item in text.split(b","):
        first, colon, last = item.partition(b":")
        low = _parse_number(first)
        ranges.append((low, _parse_number(last) if colon else low))
    return SequenceSet(tuple(ranges))


def _parse_number(text: bytes) -> int:
    if text == b"*":
        return STAR
    if _NUMBER.fullmatch(text) is None or (value := int(text)) > MAX_NUMBER:
        raise NotASequenceSet("not a message number")
    return value


def compact(numbers: Iterable[int]) -> bytes:
    """Numbers as a sequence set, `1:5,7`, in the order given: a range only where they ascend by one (RFC 5267 §3.2).

    Empty for none (which no grammar allows: ask first).
    """
    pieces: list[bytes] = []
    first = last = -1
    for number in numbers:
        if number == last + 1:
            last = number
            continue
        if first >= 0:
            pieces.append(b"%d" % first if first == last else b"%d:%d" % (first, last))
        first = last = number
    if first >= 0:
        pieces.append(b"%d" % first if first == last else b"%d:%d" % (first, last))
    return b",".join(pieces)
