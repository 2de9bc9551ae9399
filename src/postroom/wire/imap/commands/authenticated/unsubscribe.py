"""UNSUBSCRIBE: RFC 3501 §6.3.7."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """UNSUBSCRIBE."""

    tag: bytes
    mailbox: str


def parse_unsubscribe(scan: Scanner) -> Unsubscribe:
    """A name."""
    return Unsubscribe(scan.tag, mailboxes.next_mailbox(scan))
