"""DELETE: RFC 3501 §6.3.4."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE."""

    tag: bytes
    mailbox: str


def parse_delete(scan: Scanner) -> Delete:
    """A name."""
    return Delete(scan.tag, mailboxes.next_mailbox(scan))
