"""Field scanning: line ends, wreckage, bounds."""

from postroom.message import limits
from postroom.message.headers import Header, header_end, read_header


def test_values_are_unfolded_and_found_in_any_case() -> None:
    header = Header(b"Subject: one\r\n two\r\nX-A :  b \r\nSUBJECT: three\n\tfour\n\r\n")
    assert header.first(b"subject") == b"one two"
    assert header.all(b"subject") == [b"one two", b"three\tfour"]
    assert header.first(b"x-a") == b"b"
    assert header.first(b"from") is None and b"from" not in header


def test_lines_that_are_no_fields_are_stepped_over() -> None:
    header = Header(b"From alice@example.test Mon 10:00:00\n>From x:y\nno colon here\n folded\nTo: b\n: empty\n\n")
    assert [field.name for field in header.fields] == [b"to"]


def test_only_cr_line_ends() -> None:
    header = read_header(b"From: a\rTo: b\r\rbody: c\r")
    assert [field.name for field in header.fields] == [b"from", b"to"]


def test_border() -> None:
    assert header_end(b"\r\nbody") == 2
    assert header_end(b"\nbody") == 1
    assert header_end(b"A: b\n\r\nbody") == 7
    assert header_end(b"A: b\r\nno border") == 15


def test_select_keeps_order_and_bytes() -> None:
    header = Header(b"To: b\r\nSubject: x\r\n y\r\nFrom: a\r\nto: c\r\n\r\n")
    assert header.select([b"FROM", b"TO"]) == b"To: b\r\nFrom: a\r\nto: c\r\n\r\n"
    assert header.select([b"to"], exclude=True) == b"Subject: x\r\n y\r\nFrom: a\r\n\r\n"
    assert Header(b"To: b").select([b"to"]) == b"To: b\r\n\r\n"


def test_fields_and_bytes_are_bounded() -> None:
    assert len(Header(b"a:\n" * 100_000).fields) == limits.HEADER_FIELDS
    long = Header(b"A: " + b"x" * (2 * limits.HEADER_BLOCK) + b"\r\nSubject: late\r\n\r\n")
    assert b"subject" not in long
    assert len(long.first(b"a") or b"") < limits.HEADER_BLOCK
