"""LSUB: RFC 3501 §6.3.9."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Lsub:
    """LSUB."""

    tag: bytes
    reference: str
    pattern: str


def parse_lsub(scan: Scanner) -> Lsub:
    """A reference and a pattern."""
    scan.space()
    reference = mailboxes.list_mailbox(scan)
    scan.space()
    return Lsub(scan.tag, reference, mailboxes.list_mailbox(scan))
