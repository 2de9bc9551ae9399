"""Parameters: RFC 2231's examples, duplicates, gaps, floods."""

import pytest

from postroom.message import limits
from postroom.message.fields.parameters import parse


@pytest.mark.parametrize(
    ("value", "head", "expected"),
    [
        (b"text/plain; charset=us-ascii (Plain text)", b"text/plain", ((b"charset", b"us-ascii"),)),
        (b'text/plain; charset="us-ascii"', b"text/plain", ((b"charset", b"us-ascii"),)),
        (b"text/plain (hello)", b"text/plain", ()),
        (b"a/b; NAME=my file.pdf ; x=1;;", b"a/b", ((b"NAME", b"my file.pdf"), (b"x", b"1"))),
        (b'a/b; n="a;b\\"c\\\\" m=2', b"a/b", ((b"n", b'a;b"c\\'), (b"m", b"2"))),
        (b"a/b; x=1; X=2; y; =3", b"a/b", ((b"x", b"1"),)),
        (b'message/external-body; URL*0="ftp://"; URL*1="cs.utk.edu/pub"', b"message/external-body",
         ((b"URL", b"ftp://cs.utk.edu/pub"),)),
        (b"application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; "
         b'title*2="isn\'t it!"', b"application/x-stuff",
         ((b"title*", b"us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it%21"),)),
    ],
)  # fmt: skip
def test_parse(value: bytes, head: bytes, expected: tuple[tuple[bytes, bytes], ...]) -> None:
    assert parse(value) == (head, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"x; filename*=utf-8''%e2%82%ac.txt; filename=e.txt", "€.txt"),
        (b"x; filename=e.txt; filename*=utf-8''%e2%82%ac.txt", "€.txt"),
        (b"x; filename*0*=utf-8''%e2%82; filename*1*=%ac; filename*3=lost", "€"),
        (b"x; filename*1=a; filename*0=b; filename*0=c", "ba"),
        (b"x; filename*=nonsense", "nonsense"),
        (b'x; filename="=?utf-8?q?=E2=82=AC?="', "€"),
        (b"x; filename*=utf-8''a%0d%0ab", "a  b"),
        (b"x; filename*1=a", None),
        (b"x; name=a", None),
    ],
)
def test_text(value: bytes, expected: str | None) -> None:
    assert parse(value).text(b"filename") == expected


def test_floods_are_bounded() -> None:
    many = b"x" + b"".join(b"; a*%d=b" % number for number in range(100_000))
    assert parse(many).text(b"a") == "b" * limits.PARAMETERS
    assert parse(b"x;" + b" \n" * 200_000 + b"\x01").parameters == ()
    assert parse(b'x; a="' + b"\\" * 200_001).raw(b"a") is not None
