"""What of some ranges is not there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postroom.access import ranges


def test_gaps() -> None:
    assert ranges.gaps([(1, 9)], []) == [(1, 9)]
    assert ranges.gaps([(1, 9)], [1, 4, 5, 9]) == [(2, 3), (6, 8)]
    assert ranges.gaps([(2, 3), (5, 5), (7, 4_000_000_000)], [3, 5, 8]) == [(2, 2), (7, 7), (9, 4_000_000_000)]
    assert ranges.gaps([], [1]) == []


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_gaps_are_a_difference(wanted: set[int], there: set[int]) -> None:
    found = ranges.gaps(ranges.of(sorted(wanted)), sorted(there))
    assert found == ranges.of(sorted(wanted - there))
