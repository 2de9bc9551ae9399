"""SUBSCRIBE: RFC 3501 §6.3.6."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE."""

    tag: bytes
    mailbox: str


def parse_subscribe(scan: Scanner) -> Subscribe:
    """A name."""
    return Subscribe(scan.tag, mailboxes.next_mailbox(scan))
