"""The forms that are hashed: the examples of the standard, a plain reading of it to compare with, any pieces, long runs."""

from __future__ import annotations

import hashlib
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth.dkim.canonical import BodyDigest, Canonicalisation, header_field, without_signature

SIMPLE, RELAXED = Canonicalisation.SIMPLE, Canonicalisation.RELAXED
BODIES = st.lists(
    st.sampled_from([b"a", b"b.", b" ", b"  ", b"\t", b"\r\n", b"\r", b"\n", b"\r\n\r\n"]), max_size=40
).map(b"".join)


def plainly(body: bytes, how: Canonicalisation) -> bytes:
    """RFC 6376 §3.4.3 and RFC 6376 §3.4.4, word by word."""
    if how is RELAXED:
        body = re.sub(rb"[ \t]+", b" ", body)
        body = re.sub(rb" (?=\r\n|\Z)", b"", body)
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n" if body or how is SIMPLE else b""


def digested(pieces: list[bytes], how: Canonicalisation, length: int | None = None) -> tuple[bytes | None, int]:
    digest = BodyDigest(how, [] if length is None else [length])
    for piece in pieces:
        digest.write(piece)
    digest.finish()
    return digest.of(length), digest.length


def test_the_example_of_the_standard() -> None:
    """RFC 6376 §3.4.5."""
    header = [b"A: X\r\n", b"B : Y\t\r\n\tZ  \r\n"]
    assert [header_field(field, RELAXED) for field in header] == [b"a:X\r\n", b"b:Y Z\r\n"]
    assert [header_field(field, SIMPLE) for field in header] == header
    body = b" C \r\nD \t E\r\n\r\n\r\n"
    assert digested([body], RELAXED)[0] == hashlib.sha256(b" C\r\nD E\r\n").digest()
    assert digested([body], SIMPLE)[0] == hashlib.sha256(b" C \r\nD \t E\r\n").digest()


@pytest.mark.parametrize(("how", "hashed"), [(SIMPLE, b"\r\n"), (RELAXED, b"")])
def test_an_empty_body(how: Canonicalisation, hashed: bytes) -> None:
    for body in (b"", b"\r\n", b"\r\n\r\n"):
        assert digested([body], how) == (hashlib.sha256(hashed).digest(), len(hashed))


@given(BODIES, st.sampled_from(list(Canonicalisation)), st.lists(st.integers(0, 60), max_size=6))
def test_any_pieces_give_what_the_standard_says(body: bytes, how: Canonicalisation, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(body)), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    expected = plainly(body, how)
    assert digested(pieces, how) == (hashlib.sha256(expected).digest(), len(expected))
    assert digested([body[at : at + 1] for at in range(len(body))], how)[0] == hashlib.sha256(expected).digest()


@given(BODIES, st.sampled_from(list(Canonicalisation)), st.integers(0, 80))
def test_a_beginning_is_hashed_as_far_as_it_goes(body: bytes, how: Canonicalisation, length: int) -> None:
    expected = plainly(body, how)
    wanted = hashlib.sha256(expected[:length]).digest() if length <= len(expected) else None
    assert digested([body], how, length)[0] == wanted
    assert digested([body[:7], body[7:]], how, length)[0] == wanted


@pytest.mark.parametrize("run", [b" ", b"\t", b"\r\n", b" \r\n", b"\r", b"\n", b"\n\r"])
@pytest.mark.parametrize("how", list(Canonicalisation))
def test_long_runs_hold_nothing_and_end_soon(run: bytes, how: Canonicalisation) -> None:
    digest = BodyDigest(how)
    for _ in range(100):
        digest.write(run * 20_000)
        assert len(digest._tail) <= 2
    digest.finish()


def test_the_value_of_b_alone_is_taken_out() -> None:
    raw = b"DKIM-Signature: v=1; bh=abc=; b=de\r\n f= ; d=b\r\n"
    assert without_signature(raw) == b"DKIM-Signature: v=1; bh=abc=; b=; d=b"
    assert without_signature(b"X:  b \r\n = ab") == b"X:  b \r\n ="
