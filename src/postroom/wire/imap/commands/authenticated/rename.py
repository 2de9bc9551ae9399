"""RENAME: RFC 3501 §6.3.5.

rename = "RENAME" SP mailbox SP mailbox
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME."""

    tag: bytes
    mailbox: str
    new_name: str


def parse_rename(scan: Scanner) -> Rename:
    """Two names."""
    name = mailboxes.next_mailbox(scan)
    return Rename(scan.tag, name, mailboxes.next_mailbox(scan))
