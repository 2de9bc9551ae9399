"""STATUS: RFC 3501 §6.3.10, HIGHESTMODSEQ RFC 7162 §3.1.7.

    status     = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
    status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" / "HIGHESTMODSEQ" /
                 "DELETED" / "DELETED-STORAGE" / "SIZE" / "MAILBOXID" / "APPENDLIMIT"

DELETED is of RFC 9051 §6.3.11, DELETED-STORAGE (octets) of RFC 9208 §4.1.4, SIZE of RFC 8438 §3, MAILBOXID of RFC 8474 §4.3, APPENDLIMIT of RFC 7889 §3.2.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


class StatusItem(enum.Enum):
    """What can be asked of a mailbox; the value is its word on the wire."""

    MESSAGES = b"MESSAGES"
    RECENT = b"RECENT"
    UIDNEXT = b"UIDNEXT"
    UIDVALIDITY = b"UIDVALIDITY"
    UNSEEN = b"UNSEEN"
    HIGHESTMODSEQ = b"HIGHESTMODSEQ"
    DELETED = b"DELETED"
    DELETED_STORAGE = b"DELETED-STORAGE"
    SIZE = b"SIZE"
    MAILBOXID = b"MAILBOXID"
    APPENDLIMIT = b"APPENDLIMIT"


_ITEMS = {item.value: item for item in StatusItem}


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS; `items` each once."""

    tag: bytes
    mailbox: str
    items: tuple[StatusItem, ...]


def parse_status(scan: Scanner) -> Status:
    """A mailbox and what is asked."""
    scan.space()
    name = mailboxes.mailbox(scan)
    scan.space()
    return Status(scan.tag, name, parse_status_items(scan))


def parse_status_items(scan: Scanner) -> tuple[StatusItem, ...]:
    """Items in parentheses, at least one."""
    scan.expect(b"(")
    found: dict[StatusItem, None] = {}
    while True:
        item = _ITEMS.get(scan.name())
        if item is None:
            scan.fail("Unknown STATUS item")
        found[item] = None
        if scan.take(b")"):
            return tuple(found)
        scan.space()
