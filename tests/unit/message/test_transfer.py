"""Transfer encodings taken off piece by piece: as they are at once, for any octets and any cuts."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.message.entities import Encoding
from postroom.message.text import decode_body
from postroom.message.transfer import TransferDecoder


def in_pieces(data: bytes, encoding: Encoding, sizes: list[int]) -> bytes:
    decoder = TransferDecoder(encoding)
    decoded = b""
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        decoded += decoder.decode(data[at : at + size])
        at, turn = at + size, turn + 1
    return decoded + decoder.rest()


pieces = st.lists(st.integers(1, 9), min_size=1, max_size=6)
tricky = st.text("aZ09+/=\r\n .-\x00", max_size=60).map(str.encode) | st.binary(max_size=40)


@given(tricky, st.sampled_from(Encoding), pieces)
@example(b"=abcd", Encoding.BASE64, [1])
@example(b"YQ==YWI=YWJj", Encoding.BASE64, [1])
@example(b"a=\rdropped\nb", Encoding.QUOTED_PRINTABLE, [3])
@example(b"==41=4", Encoding.QUOTED_PRINTABLE, [1])
def test_any_cut_gives_the_same(data: bytes, encoding: Encoding, sizes: list[int]) -> None:
    assert in_pieces(data, encoding, sizes) == decode_body(data, encoding)


@given(st.binary(max_size=300), pieces)
def test_what_was_encoded_comes_back(data: bytes, sizes: list[int]) -> None:
    assert in_pieces(base64.encodebytes(data), Encoding.BASE64, sizes) == data
    quoted = quopri.encodestring(data)
    assert in_pieces(quoted, Encoding.QUOTED_PRINTABLE, sizes) == quopri.decodestring(quoted)


@pytest.mark.parametrize("filler", [b"=", b"=\r", b"=4", b"a", b" "])
def test_a_line_without_end_is_not_kept(filler: bytes) -> None:
    decoder = TransferDecoder(Encoding.QUOTED_PRINTABLE)
    for _ in range(50):
        decoder.decode(filler * 1000)
        assert len(decoder._held) < 4
