"""Boundaries and nesting: the hostile shapes, each with what must come out."""

import pytest

from postroom.message import limits
from postroom.message.entities import Entity, Kind, scan

MIXED = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n'


def bodies(message: bytes) -> list[bytes]:
    return [message[entity.body_start : entity.body_end] for entity in scan(message).walk() if not entity.children]


def depth(entity: Entity) -> int:
    deepest = 1
    while entity.children:
        entity = entity.children[0]
        deepest += 1
    return deepest


def test_the_line_end_before_a_delimiter_belongs_to_it() -> None:
    message = MIXED % b"b" + b"preamble\r\n--b\r\n\r\none\r\n\r\n--b\r\n\r\n\r\n--b--\r\nepilogue"
    assert bodies(message) == [b"one\r\n", b""]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_ends(end: bytes) -> None:
    message = (MIXED % b"b" + b"--b\r\nContent-Type: text/html\r\n\r\none\r\n--b--\r\n").replace(b"\r\n", end)
    assert bodies(message) == [b"one"]


def test_mixed_line_ends() -> None:
    assert bodies(MIXED % b"b" + b"--b\n\r\none\n--b\r\n\ntwo\r\n--b--") == [b"one", b"two"]


def test_only_cr() -> None:
    assert bodies((MIXED % b"b" + b"--b\r\n\r\none\r\n--b--").replace(b"\r\n", b"\r")) == [b"one"]


def test_a_boundary_that_starts_another() -> None:
    inner = MIXED % b"ab" + b"--ab\r\n\r\none\r\n--ab\r\n\r\ntwo\r\n--ab--\r\n"
    assert bodies(MIXED % b"a" + b"--a\r\n" + inner + b"--a\r\n\r\nthree\r\n--a--") == [b"one", b"two", b"three"]


def test_the_same_boundary_twice_goes_to_the_inner() -> None:
    inner = MIXED % b"a" + b"--a\r\n\r\none\r\n--a--\r\n"
    root = scan(MIXED % b"a" + b"--a\r\n" + inner + b"--a\r\n\r\ntwo\r\n--a--")
    assert len(root.children) == 2 and len(root.children[0].children) == 1


def test_padding_and_a_boundary_with_hyphens_at_its_end() -> None:
    assert bodies(MIXED % b"b--" + b"--b-- \t \r\n\r\none\r\n--b---- \r\nx") == [b"one"]


def test_a_missing_close_ends_with_the_parent() -> None:
    inner = MIXED % b"i" + b"--i\r\n\r\none\r\n"
    assert bodies(MIXED % b"o" + b"--o\r\n" + inner + b"--o\r\n\r\ntwo\r\n") == [b"one", b"two\r\n"]


def test_a_part_header_cut_by_a_delimiter() -> None:
    root = scan(MIXED % b"b" + b"--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--")
    assert [child.sub_type for child in root.children] == [b"html", b"plain"]
    assert root.children[0].body_start == root.children[0].body_end


def test_hyphens_that_delimit_nothing_stay_text() -> None:
    assert bodies(MIXED % b"b" + b"--b\r\n\r\n-- \r\n--bc\r\n--c\r\n--\r\n--b--") == [b"-- \r\n--bc\r\n--c\r\n--"]


@pytest.mark.parametrize("boundary", [b"", b" ", b"x" * 10_000])
def test_a_boundary_of_no_use_makes_an_opaque_leaf(boundary: bytes) -> None:
    root = scan(MIXED % boundary + b"--" + boundary + b"\r\n\r\none")
    assert (root.kind, root.opaque, root.children) == (Kind.LEAF, True, [])


def test_no_border_between_header_and_body() -> None:
    root = scan(b"From: a\r\nthis is the body")
    assert root.body_start == root.body_end == len(b"From: a\r\nthis is the body")


def test_twenty_thousand_multiparts_deep() -> None:
    message = b"".join(MIXED % (b"b%d" % i) + b"--b%d\r\n" % i for i in range(20_000))
    assert depth(scan(message)) <= limits.DEPTH + 1


def test_twenty_thousand_messages_deep() -> None:
    assert depth(scan(b"Content-Type: message/rfc822\r\n\r\n" * 20_000)) <= limits.DEPTH + 1


def test_a_hundred_thousand_parts() -> None:
    root = scan(MIXED % b"b" + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--")
    assert len(root.walk()) == limits.PARTS
    assert root.children[-1].body_end > root.children[-1].body_start + 1000


def test_digest_parts_are_messages() -> None:
    root = scan(b"Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: x\r\n\r\nhello\r\n--d--")
    assert root.children[0].kind is Kind.MESSAGE
    assert root.children[0].children[0].header.first(b"subject") == b"x"


def test_a_message_in_base64_is_a_leaf() -> None:
    root = scan(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==")
    assert (root.kind, root.opaque) == (Kind.LEAF, True)


def test_the_first_of_two_content_types_counts() -> None:
    root = scan(b"Content-Type: text/html\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx")
    assert (root.main_type, root.sub_type, root.children) == (b"text", b"html", [])


def test_an_empty_line_that_a_delimiter_shares_stays_inside_its_parents() -> None:
    digest = b"Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: x\r\n\r\n--d--\r\n"
    part = scan(digest).children[0]
    inner = part.children[0]
    assert digest[inner.header_start : inner.body_start] == b"Subject: x\r\n\r\n"
    assert part.body_end == inner.body_end == inner.body_start
