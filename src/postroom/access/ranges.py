"""Ranges of UIDs: how sets of messages are handed to the store, and how a large set is cut into short reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]

ROWS = 500  # of one read: about 4 ms of the loop at 8 µs a row
CONTENT_ROWS = 32  # of one read with contents: 2 MiB at most, since larger contents lie in files


def of(uids: Iterable[int]) -> list[Range]:
    """Ascending UIDs as ranges."""
    ranges: list[Range] = []
    first = last = -1
    for uid in uids:
        if uid == last + 1 and first >= 0:
            last = uid
            continue
        if first >= 0:
            ranges.append((first, last))
        first = last = uid
    if first >= 0:
        ranges.append((first, last))
    return ranges


def chunks(runs: Iterable[Sequence[int]], rows: int = ROWS) -> Iterator[list[Range]]:
    """Cut runs (each all messages of one stretch, ascending UIDs) into range lists of at most `rows` messages."""
    found: list[Range] = []
    room = rows
    for run in runs:
        at = 0
        while at < len(run):
            end = min(at + room, len(run))
            found.append((run[at], run[end - 1]))
            room -= end - at
            at = end
            if not room:
                yield found
                found, room = [], rows
    if found:
        yield found


def gaps(wanted: Iterable[Range], there: Sequence[int]) -> list[Range]:
    """What of ascending, disjoint `wanted` is not among the ascending UIDs `there`."""
    found: list[Range] = []
    for low, high in wanted:
        at = bisect_left(there, low)
        while at < len(there) and there[at] <= high:
            if there[at] > low:
                found.append((low, there[at] - 1))
            low = there[at] + 1
            at += 1
        if low <= high:
            found.append((low, high))
    return found


def intersection(ranges: Sequence[Range], uids: Sequence[int]) -> list[int]:
    """Those of ascending `uids` that lie in one of the ascending `ranges`."""
    found: list[int] = []
    at = 0
    for uid in uids:
        while at < len(ranges) and ranges[at][1] < uid:
            at += 1
        if at == len(ranges):
            break
        if uid >= ranges[at][0]:
            found.append(uid)
    return found


def count(runs: Iterable[Sequence[int]]) -> int:
    """How many messages."""
    return sum(map(len, runs))


def span(ranges: Iterable[Range]) -> int:
    """How many messages at most."""
    return sum(high - low + 1 for low, high in ranges)
