"""GETQUOTAROOT: RFC 9208 §4.1.2.

getquotaroot = "GETQUOTAROOT" SP mailbox
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    """GETQUOTAROOT; the mailbox need not exist."""

    tag: bytes
    mailbox: str


def parse_getquotaroot(scan: Scanner) -> GetQuotaRoot:
    """A name."""
    return GetQuotaRoot(scan.tag, mailboxes.next_mailbox(scan))
