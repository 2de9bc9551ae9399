"""APPEND: RFC 3501 §6.3.11; several messages RFC 3502.

    append      = "APPEND" SP mailbox 1*append-message
    append-message = [SP flag-list] [SP date-time] SP literal

The message is never an argument: as soon as its header has been read the command becomes an `AppendStarted`, and the
literal waits for the session's word. CATENATE (RFC 4469) and UTF8 (RFC 6855 §4) would be further words before it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from postroom.wire.imap.fragments import LiteralHeader
from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.dates import date_time
from postroom.wire.imap.grammar.flags import flag_list
from postroom.wire.imap.grammar.scanner import LITERAL, Scanner


@dataclass(frozen=True, slots=True)
class AppendStarted:
    """A message is offered: answer `accept_literal` or `refuse`. `first` is false for a further one of one command.

    `size` may be 0, which the session refuses or drops (RFC 3502 §4: nothing is stored). `flags` is empty and
    `internal_date` None where the client gave none.
    """

    tag: bytes
    mailbox: str
    flags: tuple[bytes, ...]
    internal_date: datetime.datetime | None
    size: int
    non_sync: bool
    literal8: bool
    first: bool = True


def names_mailbox(scan: Scanner, header: LiteralHeader) -> bool:
    """Whether the literal that ends this text is the mailbox's name and so an argument; does not move."""
    return not header.literal8 and not scan.literals and scan.looking_at(b" {")


def parse_append(scan: Scanner, header: LiteralHeader) -> AppendStarted:
    """Everything up to the first message's literal."""
    scan.space()
    return _message(scan, mailboxes.mailbox(scan), header, first=True)


def parse_next_append(scan: Scanner, mailbox: str, header: LiteralHeader) -> AppendStarted:
    """What stands between one message and the next."""
    return _message(scan, mailbox, header, first=False)


def _message(scan: Scanner, mailbox: str, header: LiteralHeader, *, first: bool) -> AppendStarted:
    scan.space()
    flags: tuple[bytes, ...] = ()
    internal_date: datetime.datetime | None = None
    if scan.looking_at(b"("):
        flags = flag_list(scan)
        scan.space()
    if scan.looking_at(b'"'):
        internal_date = date_time(scan)
        scan.space()
    scan.match(LITERAL)
    return AppendStarted(scan.tag, mailbox, flags, internal_date, header.size, header.non_sync, header.literal8, first)
