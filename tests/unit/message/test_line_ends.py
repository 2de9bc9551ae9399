"""Every CR or LF alone becomes CRLF, however the octets are split; what is right already is left as it is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from postroom.message.line_ends import LineEndRepair

octets = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"bc", b"."])).map(b"".join)


def repaired(pieces: list[bytes]) -> bytes:
    repair = LineEndRepair()
    return b"".join([*(repair.repair(piece) for piece in pieces), repair.rest()])


@given(octets, st.integers(1, 4))
def test_any_split_gives_the_same(data: bytes, size: int) -> None:
    wanted = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    assert repaired([data[start : start + size] for start in range(0, len(data), size)]) == wanted
    assert repaired([data]) == wanted


def test_right_line_ends_are_left_alone() -> None:
    data = b"one\r\ntwo\r\n"
    assert LineEndRepair().repair(data) == data
    assert repaired([b"one\r", b"\ntwo\r", b"\n"]) == data


def test_a_cr_at_the_very_end_is_a_line_end() -> None:
    assert repaired([b"x\r"]) == b"x\r\n"
