"""Dates: zones old and new, wreckage, both ways of writing."""

import pytest

from postroom.message.fields import dates


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        (b"Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
        (b"Thu,      13\tFeb 1969 23:32 -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30"),
        (b"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
        (b"21 Nov 49 09:55:06 EST", "2049-11-21T09:55:06-05:00"),
        (b"21 Nov 103 09:55:06 PDT", "2003-11-21T09:55:06-07:00"),
        (b"21 Nov 1997 09:55:60 A", "1997-11-21T09:55:59+00:00"),
        (b"Fri, 21 Nov 1997", "1997-11-21T00:00:00+00:00"),
        (b"21-Nov-97 noon", "1997-11-21T00:00:00+00:00"),
        (b"21 Nov 1997 09:55", "1997-11-21T09:55:00+00:00"),
        (b"Thu Jan  1 00:00:00 2004", "2004-01-01T00:00:00+00:00"),
        (b"Thu Jan  1 00:00:00 EST 2004", "2004-01-01T00:00:00-05:00"),
        (b"21 Nov 1997 09:55:06 +9999", "1997-11-21T09:55:06+00:00"),
    ],
)
def test_parse(value: bytes, expected: str) -> None:
    moment = dates.parse(value)
    assert moment is not None and moment.isoformat() == expected


@pytest.mark.parametrize(
    "value",
    [b"", b"soon", b"31 Feb 2000 00:00:00 +0000", b"1 Jan 0000 00:00:00 +0000", b"1 Jan 99999 00:00:00 +0000",
     b"1 Jan -5 00:00:00", b"1 Foo 2000 00:00:00", b"1 Jan 2000 25:00:00", b"9" * 100_000],
)  # fmt: skip
def test_no_date(value: bytes) -> None:
    assert dates.parse(value) is None


def test_the_edges_of_time_have_timestamps() -> None:
    assert dates.timestamp(b"1 Jan 0001 00:00:00 +2359") is not None
    assert dates.timestamp(b"31 Dec 9999 23:59:59 -2359") is not None
    assert dates.timestamp(b"1 Jan 1970 00:00:01 +0000") == 1


def test_writing() -> None:
    assert dates.mail_date(837596665, -420) == "Wed, 17 Jul 1996 02:44:25 -0700"
    assert dates.internal_date(837596665, -420) == "17-Jul-1996 02:44:25 -0700"
    assert dates.internal_date(1.9, 330) == " 1-Jan-1970 05:30:01 +0530"
    assert dates.timestamp(dates.mail_date(1_788_775_197, 120).encode()) == 1_788_775_197
