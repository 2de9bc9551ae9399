"""Dates of SEARCH and APPEND.

date      = date-text / DQUOTE date-text DQUOTE        ; RFC 3501 §9
date-text = date-day "-" date-month "-" date-year      ; 1*2DIGIT, "Jan" .., 4DIGIT
date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
"""

from __future__ import annotations

import datetime
import re

from postroom.wire.imap.grammar.scanner import Scanner

_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_DATE = re.compile(rb"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})(?![0-9])")
_DATE_TIME = re.compile(
    rb'"( [0-9]|[0-9]{2})-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)


def date(scan: Scanner) -> datetime.date:
    """A day, without a time zone: which zone it is in is for SEARCH to say."""
    quoted = scan.take(b'"')
    found = scan.match(_DATE, "Invalid date")
    if quoted:
        scan.expect(b'"')
    try:
        return datetime.date(int(found[3]), _MONTH_NUMBERS.get(found[2].lower(), 0), int(found[1]))
    except ValueError:
        scan.fail("Invalid date")


def date_time(scan: Scanner) -> datetime.datetime:
    """A moment with its zone."""
    found = scan.match(_DATE_TIME, "Invalid date-time")
    hours, minutes = int(found[8]), int(found[9])
    if hours > 23 or minutes > 59:
        scan.fail("Invalid time zone")
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    try:
        return datetime.datetime(
            int(found[3]),
            _MONTH_NUMBERS.get(found[2].lower(), 0),
            int(found[1]),
            int(found[4]),
            int(found[5]),
            # A leap second: time has no place for it, a client's clock may.
            min(int(found[6]), 59) if found[6] == b"60" else int(found[6]),
            tzinfo=datetime.timezone(-offset if found[7] == b"-" else offset),
        )
    except ValueError:
        scan.fail("Invalid date-time")
