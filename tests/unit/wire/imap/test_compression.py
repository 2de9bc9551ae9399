"""RFC 4978: any split of the same octets inflates to the same, in pieces of a bounded size; leaving compression keeps what follows."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.wire.imap.compression import Compression, NotDeflate


def deflated(*pieces: bytes, end: int = zlib.Z_SYNC_FLUSH) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(stream.compress(piece) + stream.flush(end) for piece in pieces)


def inflated(compression: Compression, limit: int = 100) -> bytes:
    whole = b""
    while compression.pending:
        piece = compression.take_inflated(limit)
        assert len(piece) <= limit
        whole += piece
    return whole


@given(st.lists(st.binary(max_size=2000), max_size=5), st.integers(1, 50), st.integers(1, 300))
def test_any_split_gives_the_same(pieces: list[bytes], chunk: int, limit: int) -> None:
    stream = deflated(*pieces)
    compression = Compression()
    whole = b""
    for at in range(0, len(stream), chunk):
        compression.receive_data(stream[at : at + chunk])
        whole += inflated(compression, limit)
    assert whole == b"".join(pieces)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=5))
def test_what_is_sent_can_be_read_at_once(pieces: list[bytes]) -> None:
    compression = Compression()
    client = zlib.decompressobj(-15)
    for piece in pieces:
        assert client.decompress(compression.deflated(piece)) == piece


def test_a_bomb_comes_out_in_pieces() -> None:
    compression = Compression()
    compression.receive_data(deflated(bytes(50_000_000)))
    assert len(compression.take_inflated(65536)) == 65536
    assert compression.pending


@given(st.binary(max_size=3000), st.integers(1, 500))
def test_any_octets_inflate_or_are_refused(octets: bytes, limit: int) -> None:
    compression = Compression()
    compression.receive_data(octets)
    try:
        inflated(compression, limit)
    except NotDeflate:
        return


@pytest.mark.parametrize("end", [zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_FINISH])
def test_what_follows_the_end_of_compression_is_kept(end: int) -> None:
    """RFC 8437 §4.1: the client leaves compression behind the line end of UNAUTHENTICATE."""
    compression = Compression()
    compression.receive_data(deflated(b"a UNAUTHENTICATE\r\n", end=end) + b"b LOGIN alice secret\r\n")
    assert compression.take_inflated(65536) == b"a UNAUTHENTICATE\r\n"
    assert compression.leave() == b"b LOGIN alice secret\r\n"


def test_a_finished_stream_has_nothing_more() -> None:
    compression = Compression()
    compression.receive_data(deflated(b"a NOOP\r\n", end=zlib.Z_FINISH))
    assert compression.take_inflated(100) == b"a NOOP\r\n"
    compression.receive_data(b"b NOOP\r\n")
    with pytest.raises(NotDeflate):
        inflated(compression)
