"""Address lists: what people write, what RFC 5322 allows, wreckage."""

import pytest

from postroom.message import limits
from postroom.message.fields.addresses import display, parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"alice@example.test", [(None, None, b"alice", b"example.test")]),
        (b"Alice  A. Example <alice@example.test>", [(b"Alice A. Example", None, b"alice", b"example.test")]),
        (b'"Example, A" <a@b>, c@d', [(b"Example, A", None, b"a", b"b"), (None, None, b"c", b"d")]),
        (b'"a \\"quoted\\" b" <a@b>', [(b'a "quoted" b', None, b"a", b"b")]),
        (b"a@b (Real (nested) Name)", [(b"Real (nested) Name", None, b"a", b"b")]),
        (b"<@r.test,@s.test:a@b>", [(None, b"@r.test,@s.test", b"a", b"b")]),
        (b"a@b <c@d>", [(b"a@b", None, b"c", b"d")]),
        (b'"q s"@[192.0.2.1]', [(None, None, b"q s", b"[192.0.2.1]")]),
        (b"a (x) . b @ c . d", [(b"x", None, b"a.b", b"c.d")]),
        (
            b"G: a@b, c@d;, e@f",
            [
                (None, None, b"G", None),
                (None, None, b"a", b"b"),
                (None, None, b"c", b"d"),
                (None,) * 4,
                (None, None, b"e", b"f"),
            ],
        ),
        (b"undisclosed-recipients:;", [(None, None, b"undisclosed-recipients", None), (None,) * 4]),
        (b"Open: a@b", [(None, None, b"Open", None), (None, None, b"a", b"b"), (None,) * 4]),
        (b"alice", [(None, None, b"alice", b"MISSING_DOMAIN")]),
        (b"<>", [(None, None, b"MISSING_MAILBOX", b"MISSING_DOMAIN")]),
        (b"J\xe9 <a@b>", [(b"J\xe9", None, b"a", b"b")]),
        (b",, ,", []),
        (b"", []),
    ],
)
def test_parse(value: bytes, expected: list[tuple[bytes | None, ...]]) -> None:
    assert [tuple(address) for address in parse(value)] == expected


def test_hostile_lists_are_bounded() -> None:
    assert len(parse(b"x <a@b>," * (limits.ADDRESSES + 5))) == limits.ADDRESSES
    assert len(parse(b"x (c) <a@b>," * limits.ADDRESSES)) == limits.ADDRESS_WRECKAGE // 12 + 1
    assert len(parse(b"(" * 200_000)) <= 1
    assert parse(b"<" * 200_000)
    assert parse(b'"' + b"\\" * 200_000)
    assert parse(b"a:" * 100_000)


def test_display() -> None:
    found = parse(b'=?utf-8?q?J=C3=B6rg?= <a@b>, G: c@d;, "Eve\x07" <e@f>')
    assert display(found) == "Jörg, c@d, Eve"
    assert len(display(parse(b"someone@example.test, " * 1000))) == limits.DISPLAY
