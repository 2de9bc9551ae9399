"""Paths by the letter of RFC 5321 §4.1.2."""

import pytest

from postroom.wire.smtp.addresses import (
    NULL_PATH,
    Path,
    parse_forward_path,
    parse_hello_domain,
    parse_mailbox,
    parse_path,
    parse_reverse_path,
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b"<alice@example.test>", Path("alice", "example.test")),
        (b"<a.b+c@Example.TEST>", Path("a.b+c", "Example.TEST")),
        (b"<!#$%&'*+-/=?^_`{|}~@example.test>", Path("!#$%&'*+-/=?^_`{|}~", "example.test")),
        (b'<"a b"@example.test>', Path("a b", "example.test")),
        (b'<"a>@\\"\\\\"@example.test>', Path('a>@"\\', "example.test")),
        (b'<""@example.test>', Path("", "example.test")),
        (b"<a@[192.0.2.1]>", Path("a", "[192.0.2.1]")),
        (b"<a@[IPv6:2001:db8::1]>", Path("a", "[IPv6:2001:db8::1]")),
        (b"<a@[x-tag:content]>", Path("a", "[x-tag:content]")),
        (b"<a@b_c.example.test>", Path("a", "b_c.example.test")),
        (b"<@x.test:a@y.test>", Path("a", "y.test")),
        (b"<@x.test,@z.test:a@y.test>", Path("a", "y.test")),
        ("<ä@ö.test>".encode(), Path("ä", "ö.test")),
        (b"<" + b"l" * 255 + b"@example.test>", Path("l" * 255, "example.test")),
    ],
)
def test_paths(text: bytes, path: Path) -> None:
    assert parse_path(text + b" SIZE=1") == (path, len(text))
    assert parse_mailbox(text[1:-1]) == path or text.startswith(b"<@")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<",
        b"<>",
        b"a@example.test",
        b"<a@example.test",
        b"<a>",
        b"<@example.test>",
        b"<a@>",
        b"<.a@example.test>",
        b"<a.@example.test>",
        b"<a..b@example.test>",
        b"<a b@example.test>",
        b"<a@b@example.test>",
        b'<"a@example.test>',
        b'<"a"b@example.test>',
        b'<"a\\"@example.test>',
        b"<a@.example.test>",
        b"<a@example.test.>",
        b"<a@-example.test>",
        b"<a@example-.test>",
        b"<a@example.-test>",
        b"<a@exam ple.test>",
        b"<a@" + b"x" * 64 + b".test>",
        b"<a@" + b"x." * 127 + b"test>",
        b"<" + b"l" * 256 + b"@example.test>",
        b"<a@[127.0.0.256]>",
        b"<a@[127.1]>",
        b"<a@[IPv6:127.0.0.1]>",
        b"<a@[IPv6:::1%25eth0]>",
        b"<a@[:x]>",
        b"<a@[]>",
        b"<\xff@example.test>",
        "<a\u2028b@example.test>".encode(),
        "<a\u202eb@example.test>".encode(),
        b"<@x.test@a@y.test>",
        b"<@" + b"x" * 501 + b":a@y.test>",
    ],
)
def test_no_paths(text: bytes) -> None:
    assert parse_path(text) is None


def test_the_special_paths() -> None:
    assert parse_reverse_path(b"<> X") == (NULL_PATH, 2) and NULL_PATH.is_null
    assert parse_forward_path(b"<>") is None
    assert parse_forward_path(b"<PostMaster>") == (Path("PostMaster", ""), 12)
    assert not Path("PostMaster", "").is_null
    assert parse_reverse_path(b"<postmaster>") is None


def test_what_a_path_tells() -> None:
    assert str(Path("a b", "example.test")) == '"a b"@example.test'
    assert str(Path('a"\\', "x.test")) == '"a\\"\\\\"@x.test'
    assert str(Path("", "x.test")) == '""@x.test'
    assert str(NULL_PATH) == ""
    assert str(Path("postmaster", "")) == "postmaster"
    assert Path("a", "[192.0.2.1]").is_literal and not Path("a", "b").is_literal
    assert Path("a", "b").is_ascii and not Path("ä", "b").is_ascii and not Path("a", "ö").is_ascii


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        (b"mx.example.test", ("mx.example.test", True)),
        (b" mx ", ("mx", True)),
        (b"[192.0.2.1]", ("[192.0.2.1]", True)),
        (b"192.0.2.1", ("192.0.2.1", True)),
        (b"[nonsense]", ("[nonsense]", False)),
        (b"my(pc)", ("my(pc)", False)),
        (b"", None),
        (b"a b", None),
        (b"\xff", None),
        (b"x" * 256, None),
        ("a\u2028b".encode(), None),
    ],
)
def test_greeting_names(text: bytes, domain: tuple[str, bool] | None) -> None:
    assert parse_hello_domain(text) == domain
