import pytest

from postroom.wire.imap.fragments import TOO_LARGE, Cut, Fragments, Line, LiteralHeader, literal_header


@pytest.mark.parametrize(
    ("line", "header"),
    [
        (b"a {5}\r\n", LiteralHeader(5, False, False)),
        (b"a {5+}\r\n", LiteralHeader(5, True, False)),
        (b"a ~{0}\r\n", LiteralHeader(0, False, True)),
        (b"a {4294967295}\r\n", LiteralHeader(4294967295, False, False)),
        (b"a {4294967296}\r\n", LiteralHeader(TOO_LARGE, False, False)),
        (b"a {00000000000000000005}\r\n", LiteralHeader(5, False, False)),
        (b"a {%d+}\r\n" % 10**39, LiteralHeader(TOO_LARGE, True, False)),
        (b"a {-1}\r\n", None),
        (b"a {+}\r\n", None),
        (b"a {}\r\n", None),
        (b"a { 5}\r\n", None),
        (b"a {5 }\r\n", None),
        (b"a {5_0}\r\n", None),
        (b"a {5-}\r\n", None),
        (b"a {0x5}\r\n", None),
        (b"a {\xd9\xa5}\r\n", None),
        (b"a {5} \r\n", None),
        (b'a "{5}"\r\n', None),
    ],
)
def test_literal_header(line: bytes, header: LiteralHeader | None) -> None:
    assert literal_header(line) == header


def test_lines() -> None:
    fragments = Fragments()
    fragments.buffer.append(b"a NOOP\r\nb NOOP\nc {3}\r\nabc")
    assert fragments.line(100) == Line(b"a NOOP", None)
    assert fragments.line(100) == Line(b"b NOOP", None)
    assert fragments.line(100) == Line(b"c {3}\r\n", LiteralHeader(3, False, False))
    assert fragments.line(100) is Cut.INCOMPLETE


def test_a_line_is_given_up_as_soon_as_it_cannot_fit() -> None:
    fragments = Fragments()
    fragments.buffer.append(b"x" * 9)
    assert fragments.line(10) is Cut.INCOMPLETE
    fragments.buffer.append(b"x")
    assert fragments.line(10) is Cut.TOO_LONG


@pytest.mark.parametrize("chunk", [1, 3, 100])
@pytest.mark.parametrize(("length", "cut"), [(9, None), (10, None), (11, Cut.TOO_LONG), (30, Cut.TOO_LONG)])
def test_the_limit_is_the_same_however_the_line_arrives(length: int, cut: Cut | None, chunk: int) -> None:
    fragments = Fragments()
    raw = b"x" * (length - 2) + b"\r\n"
    results: list[object] = []
    for at in range(0, len(raw), chunk):
        fragments.buffer.append(raw[at : at + chunk])
        results.append(fragments.line(10))
        if results[-1] is Cut.TOO_LONG:
            break
    assert results[-1] == (cut or Line(raw[:-2], None))
