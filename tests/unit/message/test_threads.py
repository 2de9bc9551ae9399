"""Identifiers and base subjects."""

import pytest

from postroom.message import limits, threads
from postroom.message.headers import Header


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: hello", "hello"),
        ("RE: re : Fwd: FW: hello (fwd) (FWD)", "hello"),
        ("[list] Re: [other] hello", "hello"),
        ("Re[2]: hello", "hello"),
        ("Re: [Fwd: Re: hello]", "hello"),
        ("[list]", "[list]"),
        ("Re: [list]", "[list]"),
        ("  a   b\t", "a b"),
        ("Regarding: x", "Regarding: x"),
        ("Re:", ""),
        ("[Fwd:]", ""),
        ("[fwd: [fwd: a] (fwd)]", "a"),
        ("[Fwd: a] b]", "b]"),
        ("re [x] : a", "a"),
        ("re[x]y: a", "re[x]y: a"),
        ("[a] [b]", "[b]"),
        ("[a[b]] c", "[a[b]] c"),
        ("a (fwd) (FWD)", "a"),
        ("(fwd)", ""),
        ("Re: a\u3000b\u00a0c", "a\u3000b\u00a0c"),
        ("", ""),
    ],
)
def test_base_subject(subject: str, expected: str) -> None:
    assert threads.base_subject(subject) == expected


def test_long_subjects() -> None:
    assert threads.base_subject("re: " * 100_000 + "x") == "re:"[:0]
    assert threads.base_subject("[a]" * 100_000)
    assert threads.is_reply_or_forward("Re: x") and not threads.is_reply_or_forward("x")


def test_references_come_before_in_reply_to_each_once_and_never_ourselves() -> None:
    header = Header(
        b"Message-ID: <own@x>\r\nReferences: <a@x> (c) <b@\r\n x> junk <a@x> <own@x>\r\n"
        b"In-Reply-To: <c@x> of Monday; <b@x>\r\n\r\n"
    )
    assert threads.references(header) == ("a@x", "b@x", "c@x")
    assert threads.message_id(header) == "own@x"


def test_ten_thousand_references_keep_the_first_and_the_latest() -> None:
    header = Header(b"References: " + b" ".join(b"<%d@x>" % number for number in range(10_000)) + b"\r\n\r\n")
    found = threads.references(header)
    assert len(found) == limits.REFERENCES
    assert (found[0], found[1], found[-1]) == ("0@x", "9901@x", "9999@x")


def test_message_ids_of_a_kind() -> None:
    assert threads.message_id(Header(b"Message-ID: bare@x\r\n\r\n")) == "bare@x"
    assert threads.message_id(Header(b"Message-ID: two words\r\n\r\n")) is None
    assert threads.message_id(Header(b"Message-ID: <" + b"x" * 10_000 + b">\r\n\r\n")) is None
    assert threads.message_id(Header(b"Subject: x\r\n\r\n")) is None
    assert threads.message_ids(b"<" * 100_000) == []


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: x", True), ("x (fwd)", True), ("[Fwd: x]", True), ("[list] fw: x", True), ("[list] x", False), ("x  ", False),
        ("", False), ("[Fwd: a] b]", False), ("Regarding: x", False),
    ],
)  # fmt: skip
def test_marks_of_replies_are_told_from_those_of_lists(subject: str, expected: bool) -> None:
    assert threads.is_reply_or_forward(subject) is expected


def test_in_reply_to_may_be_left_aside() -> None:
    header = Header(b"References: <a@x>\r\nIn-Reply-To: <b@x>\r\n\r\n")
    assert threads.references(header, in_reply_to=False) == ("a@x",)
