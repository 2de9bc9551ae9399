"""APPEND: RFC 3501 §6.3.11; several messages RFC 3502, CATENATE RFC 4469, UTF8 RFC 6855 §4, literal8 RFC 3516 §4.4.

    append         = "APPEND" SP mailbox 1*append-message
    append-message = [SP flag-list] [SP date-time] SP append-data
    append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")" / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
    cat-part       = "URL" SP astring / "TEXT" SP literal / "UTF8" SP "(" literal8 ")"

A message is never an argument: as soon as its header has been read it is offered as `AppendStarted`, and the literal waits for the session's word. What
stands between two such literals is a segment, read when it is whole; a literal that is a name (mailbox, URL) is an argument within one.

REPLACE (RFC 8508 §3) is the same with a message number in front, and one message only.
"""

from __future__ import annotations

import datetime
import enum
import re
from dataclasses import dataclass

from postroom.wire.imap.commands.selected.replace import ReplaceStarted
from postroom.wire.imap.events import AppendEnded
from postroom.wire.imap.fragments import LiteralHeader
from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.dates import date_time
from postroom.wire.imap.grammar.flags import flag_list
from postroom.wire.imap.grammar.scanner import LITERAL, BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_APPEND_PARTS


@dataclass(frozen=True, slots=True)
class AppendStarted:
    """A message is offered: answer `accept_literal` or `refuse`. `first` is false for a further one of one command.

    `size` may be 0, which the session refuses or drops (RFC 3502 §4: nothing is stored). `flags` is empty and
    `internal_date` None where the client gave none. With `part` it is a further piece of the message that
    `CatenateStarted` began.
    """

    tag: bytes
    mailbox: str
    flags: tuple[bytes, ...]
    internal_date: datetime.datetime | None
    size: int
    non_sync: bool
    literal8: bool
    first: bool = True
    part: bool = False


@dataclass(frozen=True, slots=True)
class CatenateStarted:
    """A message in pieces begins: `UrlPart` and `AppendStarted` with `part` follow, in order, until another event."""

    tag: bytes
    mailbox: str
    flags: tuple[bytes, ...]
    internal_date: datetime.datetime | None
    first: bool = True


@dataclass(frozen=True, slots=True)
class UrlPart:
    """What this URL names is the next piece of the message; the URL as written."""

    url: bytes


AppendEvent = AppendStarted | CatenateStarted | UrlPart | ReplaceStarted | AppendEnded

_CATENATE = re.compile(rb"CATENATE \(", re.IGNORECASE)
_UTF8 = re.compile(rb"UTF8 \(", re.IGNORECASE)
_URL = re.compile(rb"URL ", re.IGNORECASE)
_TEXT = re.compile(rb"TEXT ", re.IGNORECASE)


class _Expects(enum.Enum):
    """What comes next in the command."""

    HEAD = "the mailbox"
    MESSAGE = "a message"
    FIRST_PART = "the first part of a message"
    PART = "a part, or the end of the parts"
    MESSAGE_CLOSED = "the parenthesis behind a UTF8 message"
    PART_CLOSED = "the parenthesis behind a UTF8 part"
    END = "another message or the end"


class _Argument(Exception):
    """The literal announced is an argument: the segment is read again when it is there."""


class AppendReader:
    """One APPEND or REPLACE, segment by segment."""

    __slots__ = ("_date", "_expects", "_first", "_flags", "_mailbox", "_multi", "_parts", "_replace")

    def __init__(self, *, replace: bool, multi: bool) -> None:
        self._replace = replace
        self._multi = multi and not replace
        self._expects = _Expects.HEAD
        self._mailbox = ""
        self._flags: tuple[bytes, ...] = ()
        self._date: datetime.datetime | None = None
        self._first = True
        self._parts = 0

    def read(self, scan: Scanner, header: LiteralHeader | None) -> list[AppendEvent] | None:
        """The events of a segment, an offer or the end as the last; None when the literal that ends it is an argument."""
        before = (self._expects, self._mailbox, self._flags, self._date, self._first, self._parts)
        events: list[AppendEvent] = []
        try:
            while not events or not isinstance(events[-1], AppendStarted | AppendEnded):
                self._step(scan, header, events)
        except _Argument:
            self._expects, self._mailbox, self._flags, self._date, self._first, self._parts = before
            return None
        return events

    def _step(self, scan: Scanner, header: LiteralHeader | None, events: list[AppendEvent]) -> None:
        match self._expects:
            case _Expects.HEAD:
                self._read_head(scan, header, events)
            case _Expects.MESSAGE:
                self._read_message(scan, header, events)
            case _Expects.FIRST_PART:
                self._read_part(scan, header, events)
            case _Expects.PART:
                if scan.take(b")"):
                    self._expects = _Expects.END
                    return
                scan.space()
                self._read_part(scan, header, events)
            case _Expects.MESSAGE_CLOSED:
                scan.expect(b")")
                self._expects = _Expects.END
            case _Expects.PART_CLOSED:
                scan.expect(b")")
                self._expects = _Expects.PART
            case _Expects.END:
                if scan.at_end():
                    events.append(AppendEnded(scan.tag))
                    return
                if not self._multi or (header is None and _CATENATE.search(scan.text, scan.position) is None):
                    scan.fail("Unexpected text after the message")
                self._first = False
                self._expects = _Expects.MESSAGE

    def _read_head(self, scan: Scanner, header: LiteralHeader | None, events: list[AppendEvent]) -> None:
        if header is None and _CATENATE.search(scan.text, scan.position) is None:
            scan.fail("Missing argument")
        scan.space()
        numbers = None
        if self._replace:
            numbers = scan.sequence_set()
            if len(numbers.ranges) != 1 or numbers.ranges[0][0] != numbers.ranges[0][1]:
                scan.fail("One message can be replaced")
            scan.space()
        self._check_argument(scan, header)
        self._mailbox = mailboxes.mailbox(scan)
        if numbers is not None:
            events.append(ReplaceStarted(scan.tag, scan.uid, numbers, self._mailbox))
        self._expects = _Expects.MESSAGE

    def _read_message(self, scan: Scanner, header: LiteralHeader | None, events: list[AppendEvent]) -> None:
        scan.space()
        self._flags, self._date = (), None
        if scan.looking_at(b"("):
            self._flags = flag_list(scan)
            scan.space()
        if scan.looking_at(b'"'):
            self._date = date_time(scan)
            scan.space()
        if _take(scan, _CATENATE):
            events.append(CatenateStarted(scan.tag, self._mailbox, self._flags, self._date, self._first))
            self._expects = _Expects.FIRST_PART
        elif _take(scan, _UTF8):
            events.append(self._offer(scan, header, utf8=True))
            self._expects = _Expects.MESSAGE_CLOSED
        else:
            events.append(self._offer(scan, header))
            self._expects = _Expects.END

    def _read_part(self, scan: Scanner, header: LiteralHeader | None, events: list[AppendEvent]) -> None:
        self._parts += 1
        if self._parts > MAX_APPEND_PARTS:
            raise BadSyntax("Too many parts", condition=b"NO", code=b"LIMIT")
        self._expects = _Expects.PART
        if _take(scan, _URL):
            self._check_argument(scan, header)
            events.append(UrlPart(scan.astring()))
        elif _take(scan, _UTF8):
            events.append(self._offer(scan, header, utf8=True, part=True))
            self._expects = _Expects.PART_CLOSED
        elif _take(scan, _TEXT):
            events.append(self._offer(scan, header, part=True))
        else:
            scan.fail("Unknown CATENATE part")

    def _offer(
        self, scan: Scanner, header: LiteralHeader | None, *, utf8: bool = False, part: bool = False
    ) -> AppendStarted:
        if utf8 and not scan.utf8:
            scan.fail("UTF8 is not enabled")
        scan.match(LITERAL)
        if header is None or not scan.at_end() or (utf8 and not header.literal8):
            scan.fail()
        return AppendStarted(
            scan.tag,
            self._mailbox,
            self._flags,
            self._date,
            header.size,
            header.non_sync,
            header.literal8,
            self._first,
            part,
        )

    def _check_argument(self, scan: Scanner, header: LiteralHeader | None) -> None:
        """Stop where the literal announced at the end of the segment stands for a name."""
        if header is not None:
            found = LITERAL.match(scan.text, scan.position)
            if found is not None and found.end() == len(scan.text) and not found[1]:
                raise _Argument


def _take(scan: Scanner, word: re.Pattern[bytes]) -> bool:
    found = word.match(scan.text, scan.position)
    if found is None:
        return False
    scan.position = found.end()
    return True
