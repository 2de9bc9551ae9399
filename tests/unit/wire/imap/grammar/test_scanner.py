from collections.abc import Callable

import pytest

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner


@pytest.mark.parametrize(
    ("read", "text", "value", "rest"),
    [
        (Scanner.atom, b"abc def", b"abc", b" def"),
        (Scanner.atom, b"a]b", b"a", b"]b"),
        (Scanner.name, b"uid)", b"UID", b")"),
        (Scanner.astring, b"a]b ", b"a]b", b" "),
        (Scanner.astring, b'"a b"c', b"a b", b"c"),
        (Scanner.astring, b'"\\"\\\\"', b'"\\', b""),
        (Scanner.astring, b'"\xc3\xa9"', b"\xc3\xa9", b""),
        (Scanner.astring, b"NIL", b"NIL", b""),
        (Scanner.nstring, b"nil ", None, b" "),
        (Scanner.nstring, b'"nil"', b"nil", b""),
        (Scanner.number, b"0 ", 0, b" "),
        (Scanner.number, b"4294967295", 4294967295, b""),
        (Scanner.number64, b"9223372036854775807", 9223372036854775807, b""),
        (Scanner.nz_number, b"1", 1, b""),
    ],
)
def test_tokens(read: Callable[[Scanner], object], text: bytes, value: object, rest: bytes) -> None:
    scan = Scanner(text, [])
    assert read(scan) == value
    assert text[scan.position :] == rest


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (Scanner.atom, b""),
        (Scanner.atom, b"(a"),
        (Scanner.atom, b"\x7f"),
        (Scanner.atom, b"\xe9"),
        (Scanner.astring, b'"a'),
        (Scanner.astring, b'"a\\b"'),
        (Scanner.astring, b'"a\rb"'),
        (Scanner.astring, b'"a\nb"'),
        (Scanner.astring, b'"a\x00b"'),
        (Scanner.string, b"abc"),
        (Scanner.literal, b"{3}\r\n"),
        (Scanner.number, b"-1"),
        (Scanner.number, b"+1"),
        (Scanner.number, b" 1"),
        (Scanner.number, b"4294967296"),
        (Scanner.number64, b"9223372036854775808"),
        (Scanner.number64, b"1" * 10000),
        (Scanner.nz_number, b"0"),
        (Scanner.nz_number, b"\xd9\xa3"),
        (Scanner.space, b""),
        (Scanner.end, b"x"),
    ],
)
def test_refused(read: Callable[[Scanner], object], text: bytes) -> None:
    with pytest.raises(BadSyntax):
        read(Scanner(text, []))


def test_literals_are_taken_in_order() -> None:
    scan = Scanner(b"{1}\r\n {2+}\r\n", [b"a", b"bc"])
    assert scan.astring() == b"a"
    scan.space()
    assert scan.astring() == b"bc"
    scan.end()


def test_a_long_quoted_string_that_never_ends_is_given_up_once() -> None:
    with pytest.raises(BadSyntax):
        Scanner(b'"' + b'\\"' * 30000, []).string()
