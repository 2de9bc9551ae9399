"""The cache answers as the message itself would, whatever the order and number of the fields."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postroom.message import header_cache
from postroom.message.headers import Header

_NAMES = st.sampled_from([*header_cache.NAMES[:8], b"X-Unknown", b"Subject", b"TO"])
_HEADERS = st.lists(st.tuples(_NAMES, st.sampled_from([b"one", b"two\r\n folded", b""])), max_size=100)
_WANTED = st.lists(st.sampled_from([*header_cache.NAMES[:9], b"From", b"CC"]), max_size=6)


@given(fields=_HEADERS, wanted=_WANTED)
def test_fields_are_cut_as_the_message_has_them(fields: list[tuple[bytes, bytes]], wanted: list[bytes]) -> None:
    raw = b"".join(name + b": " + value + b"\r\n" for name, value in fields) + b"\r\n"
    header = Header(raw)
    assert header_cache.select(header_cache.build(header), wanted) == header.select(wanted)


def test_more_fields_than_a_remembered_layout_has() -> None:
    header = Header(b"To: a\r\nFrom: b\r\n" * 100 + b"\r\n")
    assert header_cache.select(header_cache.build(header), [b"from"]) == b"From: b\r\n" * 100 + b"\r\n"


def test_what_the_cache_does_not_know_is_not_guessed() -> None:
    stored = header_cache.build(Header(b"To: a\r\n\r\n"))
    assert header_cache.select(stored, [b"to", b"x-unknown"]) is None
    assert header_cache.select(b"", [b"to"]) is None
    assert header_cache.select(b"\x07" + stored[1:], [b"to"]) is None
