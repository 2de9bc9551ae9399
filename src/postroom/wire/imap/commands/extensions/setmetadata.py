"""SETMETADATA: RFC 5464 §4.3.

setmetadata  = "SETMETADATA" SP mailbox SP "(" entry-value *(SP entry-value) ")"
entry-value  = entry SP value
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.entries import entry, value
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_ENTRIES


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """SETMETADATA: (entry, value) pairs, None to remove; `mailbox` empty for the account. An entry named twice keeps its last value."""

    tag: bytes
    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]


def parse_setmetadata(scan: Scanner) -> SetMetadata:
    """A mailbox, then the pairs."""
    mailbox = mailboxes.next_mailbox(scan)
    scan.expect(b" (")
    values: list[tuple[str, bytes | None]] = []
    while not values or not scan.take(b")"):
        if values:
            scan.space()
        name = entry(scan)
        scan.space()
        values.append((name, value(scan)))
        if len(values) > MAX_ENTRIES:
            scan.fail("Too many entries")
    return SetMetadata(scan.tag, mailbox, tuple(values))
