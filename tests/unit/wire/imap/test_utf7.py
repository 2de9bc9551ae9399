import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.imap.utf7 import NotModifiedUtf7, decode, encode

EXAMPLES = [
    (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
    (b"&Jjo-!", "☺!"),
    (b"INBOX", "INBOX"),
    (b"&-", "&"),
    (b"a&-b&AOk-", "a&bé"),
    (b"&2D3eAA-", "\U0001f600"),
    (b"", ""),
]


@pytest.mark.parametrize(("wire", "text"), EXAMPLES)
def test_both_ways(wire: bytes, text: str) -> None:
    assert (decode(wire), encode(text)) == (text, wire)


@pytest.mark.parametrize(
    "wire",
    [
        b"&AGE-",  # needless
        b"&AC8-",  # a hidden delimiter
        b"&Jjo!",  # RFC 3501 §5.1.3: no shift back
        b"&U,BTFw-&ZeVnLIqe-",  # RFC 3501 §5.1.3: superfluous shift
        b"&",
        b"&Jjo",
        b"a&Jj-",  # half a unit
        b"&Jjp-",  # padding bits set
        b"&2D0-",
        b"&3gA-",  # surrogate halves
        b"&2D0AYQ-",
        b"&Jj/-",  # the alphabet of plain base64
        b"&Jj=-",
        b"\xc3\xa9",
        b"a\x00b",
        b"a\r\nb",
        b"a\x7fb",
    ],
)
def test_refused(wire: bytes) -> None:
    with pytest.raises(NotModifiedUtf7):
        decode(wire)


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_round_trip(text: str) -> None:
    wire = encode(text)
    assert wire.isascii()
    assert decode(wire) == text


@settings(max_examples=200)
@given(st.binary(max_size=40) | st.text(alphabet="&-abAGJjo,+/=", max_size=12).map(str.encode))
def test_one_spelling(wire: bytes) -> None:
    try:
        text = decode(wire)
    except NotModifiedUtf7:
        return
    assert encode(text) == wire
