import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.imap.limits import MAX_RANGES
from postroom.wire.imap.sequences import SAVED, NotASequenceSet, SequenceSet, compact, parse_sequence_set

number = st.integers(1, 60) | st.just(0)
sets = st.lists(st.tuples(number, number), min_size=1, max_size=12).map(lambda ranges: SequenceSet(tuple(ranges)))


@pytest.mark.parametrize(
    ("text", "largest", "ranges"),
    [
        (b"2,4:7,9,12:*", 15, [(2, 2), (4, 7), (9, 9), (12, 15)]),  # RFC 3501 §9
        (b"*:4,5:7", 10, [(4, 10)]),
        (b"5:*", 3, [(3, 5)]),
        (b"*", 0, []),
        (b"3:1,2", 9, [(1, 3)]),
        (b"1,2,3", 9, [(1, 3)]),
        (b"1:4294967295", 3, [(1, 4294967295)]),
    ],
)
def test_resolve(text: bytes, largest: int, ranges: list[tuple[int, int]]) -> None:
    assert parse_sequence_set(text).resolve(largest) == ranges


@pytest.mark.parametrize(
    "text", [b"", b"0", b"1,", b",1", b"1:", b":1", b"1:2:3", b"-1", b"+1", b"1_0", b"01", b"4294967296", b"1 ", b"**"]
)
def test_refused(text: bytes) -> None:
    with pytest.raises(NotASequenceSet):
        parse_sequence_set(text)


def test_ranges_are_bounded() -> None:
    assert len(parse_sequence_set(b",".join([b"1"] * MAX_RANGES)).ranges) == MAX_RANGES
    with pytest.raises(NotASequenceSet):
        parse_sequence_set(b",".join([b"1"] * (MAX_RANGES + 1)))


@settings(max_examples=150)
@given(sets)
def test_round_trip(sequence_set: SequenceSet) -> None:
    assert parse_sequence_set(bytes(sequence_set)) == sequence_set


@settings(max_examples=150)
@given(sets, st.integers(1, 70))
def test_resolve_names_what_the_ranges_name(sequence_set: SequenceSet, largest: int) -> None:
    named = set()
    for first, last in sequence_set.ranges:
        low, high = sorted((first or largest, last or largest))
        named.update(range(low, high + 1))
    resolved = sequence_set.resolve(largest)
    assert [value for low, high in resolved for value in range(low, high + 1)] == sorted(named)


@settings(max_examples=150)
@given(st.sets(st.integers(1, 200)))
def test_compact(numbers: set[int]) -> None:
    text = compact(sorted(numbers))
    if not numbers:
        assert text == b""
        return
    ranges = parse_sequence_set(text).ranges
    assert [value for low, high in ranges for value in range(low, high + 1)] == sorted(numbers)
    assert all(after[0] > before[1] + 1 for before, after in itertools.pairwise(ranges))


def test_the_saved_result_stands_alone() -> None:
    assert parse_sequence_set(b"$") is SAVED and bytes(SAVED) == b"$"
    for text in (b"$,1", b"1,$", b"$:5", b"$$"):
        with pytest.raises(NotASequenceSet):
            parse_sequence_set(text)


def test_ranges_of_a_sorted_result_only_ascend() -> None:
    assert compact([23765, 23764, 23763, 23761]) == b"23765,23764,23763,23761"
    assert compact([3, 4, 5, 1, 2, 2]) == b"3:5,1:2,2"
