"""Dates: the Date field to a time with its zone, and times to the two forms that mail writes.

    date-time = [day-of-week ","] day month year time-of-day zone        ; RFC 5322 §3.3, RFC 5322 §4.3

Every obsolete zone is read; a military or unknown one means "-0000" (RFC 5322 §4.3), so its time is taken as UTC. The
form of asctime ("Thu Jan 1 00:00:00 2004") is read too, which mail gateways of old wrote.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTH_NUMBER = {name: number for number, name in enumerate(_MONTHS, 1)}
_ZONES = {
    b"ut": 0, b"gmt": 0, b"utc": 0, b"z": 0, b"est": -300, b"edt": -240, b"cst": -360, b"cdt": -300, b"mst": -420,
    b"mdt": -360, b"pst": -480, b"pdt": -420, b"met": 60, b"cet": 60, b"mest": 120, b"cest": 120, b"bst": 60,
    b"eet": 120, b"eest": 180, b"jst": 540, b"kst": 540, b"hst": -600, b"akst": -540, b"akdt": -480,
}  # fmt: skip
_DATE = re.compile(
    rb"\s*(?:[A-Za-z]{1,12}\.?,?\s*)?([0-9]{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]{0,6}\.?[\s-]+([0-9]{2,4})(?![0-9]),?\s+"
    rb"([0-9]{1,2})\s?[:.]\s?([0-9]{1,2})(?:\s?[:.]\s?([0-9]{1,2}))?(?:\.[0-9]{1,9})?\s*([+-][0-9]{4}|[A-Za-z]{1,5})?"
)
_DAY = re.compile(
    rb"\s*(?:[A-Za-z]{1,12}\.?,?\s*)?([0-9]{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]{0,6}\.?[\s-]+([0-9]{2,4})(?![0-9])"
)
_ASCTIME = re.compile(
    rb"\s*[A-Za-z]{3},?\s+([A-Za-z]{3})\s+([0-9]{1,2})\s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    rb"\s+(?:([+-][0-9]{4}|[A-Za-z]{3,5})\s+)?([0-9]{4})(?![0-9])(?:\s+([+-][0-9]{4}|[A-Za-z]{3,5}))?"
)
_COMMENT = re.compile(rb"\([^()]*\)")
_LONGEST = 200  # bytes looked at: the longest sensible date with its comments is below 80


def parse(value: bytes) -> datetime | None:
    """The aware time that a Date value names, or None when it names none (or one outside the years 1 to 9999)."""
    value = value[:_LONGEST]
    if b"(" in value:
        value = _COMMENT.sub(b" ", value)
    found = _DATE.match(value)
    if found:
        day, month, year, hour, minute, second, zone = found.groups()
    else:
        found = _ASCTIME.match(value)
        if not found:
            return _day_alone(value)
        month, day, hour, minute, second, zone, year, late_zone = found.groups()
        zone = zone or late_zone
    return _build((year, month, day), (hour, minute, second), zone)


def _day_alone(value: bytes) -> datetime | None:
    """RFC 5256 §2.2: a day whose time is missing or no time begins at midnight."""
    found = _DAY.match(value)
    return None if found is None else _build((found[3], found[2], found[1]), (b"0", b"0", None), None)


def timestamp(value: bytes) -> int | None:
    """Seconds since 1970 UTC of a Date value, or None."""
    moment = parse(value)
    return None if moment is None else int(moment.timestamp())


def _build(
    date: tuple[bytes, bytes, bytes], clock: tuple[bytes, bytes, bytes | None], zone: bytes | None
) -> datetime | None:
    number = _MONTH_NUMBER.get(date[1].lower())
    if number is None:
        return None
    year = int(date[0])
    if len(date[0]) == 2:
        year += 2000 if year < 50 else 1900
    elif len(date[0]) == 3:
        year += 1900
    second = int(clock[2] or 0)
    try:
        return datetime(
            year, number, int(date[2]), int(clock[0]), int(clock[1]), 59 if second == 60 else second, tzinfo=_zone(zone)
        )
    except ValueError:
        return None


def _zone(zone: bytes | None) -> timezone:
    if not zone:
        return UTC
    if zone[0] in b"+-":
        hours, minutes = int(zone[1:3]), int(zone[3:5])
        if hours > 23 or minutes > 59:
            return UTC
        offset = hours * 60 + minutes
        return timezone(timedelta(minutes=-offset if zone[0] == 45 else offset))
    return timezone(timedelta(minutes=_ZONES.get(zone.lower(), 0)))


def _at(seconds: float, offset: int) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (epoch + timedelta(seconds=int(seconds))).astimezone(timezone(timedelta(minutes=offset)))


def _offset_text(offset: int) -> str:
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}{minutes:02}"


def mail_date(seconds: float, offset: int = 0) -> str:
    """RFC 5322 §3.3 date-time of a POSIX time, in a zone `offset` minutes east of UTC."""
    when = _at(seconds, offset)
    return (
        f"{_DAY_NAMES[when.weekday()]}, {when.day} {_MONTH_NAMES[when.month - 1]} {when.year:04} "
        f"{when.hour:02}:{when.minute:02}:{when.second:02} {_offset_text(offset)}"
    )


def internal_date(seconds: float, offset: int = 0) -> str:
    """RFC 9051 §9 date-time without its quotes, day padded with a space: `17-Jul-1996 02:44:25 -0700`."""
    when = _at(seconds, offset)
    return (
        f"{when.day:2}-{_MONTH_NAMES[when.month - 1]}-{when.year:04} "
        f"{when.hour:02}:{when.minute:02}:{when.second:02} {_offset_text(offset)}"
    )
