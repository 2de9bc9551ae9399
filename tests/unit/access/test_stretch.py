"""Octets of a message that lies in two places, cut as one."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from postroom.access.content import Stretch
from postroom.access.ranges import chunks, count, intersection, of

SIZES = st.integers(0, 40)


@given(st.binary(max_size=20), st.binary(max_size=30), SIZES, SIZES)
def test_cut_is_a_slice_of_the_whole(before: bytes, content: bytes, start: int, length: int) -> None:
    cut = Stretch(before, 0, len(content)).cut(start, length)
    assert cut.before + content[cut.start : cut.end] == (before + content)[start : start + length]
    assert cut.size == len((before + content)[start : start + length])


@given(st.sets(st.integers(1, 60)))
def test_ranges_name_what_they_were_made_of(uids: set[int]) -> None:
    ranges = of(sorted(uids))
    assert {uid for low, high in ranges for uid in range(low, high + 1)} == uids
    assert all(high + 1 < low for (_, high), (low, _) in itertools.pairwise(ranges))


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_intersection(left: set[int], right: set[int]) -> None:
    assert intersection(of(sorted(left)), sorted(right)) == sorted(left & right)


@given(st.lists(st.integers(1, 9), max_size=9), st.integers(1, 7))
def test_chunks_keep_all_and_their_size(lengths: list[int], rows: int) -> None:
    runs, at = [], 1
    for length in lengths:
        runs.append(range(at, at + length))
        at += length + 1
    cut = list(chunks(runs, rows))
    held = [uid for chunk in cut for low, high in chunk for uid in range(low, high + 1)]
    assert held == [uid for run in runs for uid in run]
    assert count(runs) == len(held)
    assert all(sum(high - low + 1 for low, high in chunk) == rows for chunk in cut[:-1])
