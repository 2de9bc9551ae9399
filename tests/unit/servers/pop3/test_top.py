"""TOP's cut, for any split of the message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.servers.pop3.top import TopCutter


def cut(pieces: list[bytes], lines: int) -> bytes:
    cutter = TopCutter(lines)
    out = b""
    for piece in pieces:
        assert not cutter.complete
        out += cutter.cut(piece)
        if cutter.complete:
            break
    return out


@pytest.mark.parametrize(
    ("message", "lines", "wanted"),
    [
        (b"A: b\r\n\r\none\r\ntwo\r\n", 0, b"A: b\r\n\r\n"),
        (b"A: b\r\n\r\none\r\ntwo\r\n", 1, b"A: b\r\n\r\none\r\n"),
        (b"A: b\r\n\r\none\r\ntwo\r\n", 4294967295, b"A: b\r\n\r\none\r\ntwo\r\n"),
        (b"A: b\n\none\ntwo", 1, b"A: b\n\none\n"),
        (b"A: b\n\none\ntwo", 2, b"A: b\n\none\ntwo"),
        (b"\r\nbody\r\nmore\r\n", 1, b"\r\nbody\r\n"),
        (b"\r\n\r\n\r\n", 1, b"\r\n\r\n"),
        (b"A: b\r\nno end of header", 3, b"A: b\r\nno end of header"),
        (b"", 3, b""),
    ],
)
def test_header_and_so_many_lines(message: bytes, lines: int, wanted: bytes) -> None:
    assert cut([message], lines) == wanted


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n"]), max_size=30), st.integers(0, 6), st.integers(1, 5))
def test_any_split_gives_the_same(parts: list[bytes], lines: int, size: int) -> None:
    message = b"".join(parts)
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    assert cut(pieces, lines) == cut([message], lines)
