"""COPY and UID COPY: RFC 3501 §6.4.7.

copy = "COPY" SP sequence-set SP mailbox
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.sequences import SequenceSet


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY."""

    tag: bytes
    uid: bool
    sequence_set: SequenceSet
    mailbox: str


def parse_copy(scan: Scanner) -> Copy:
    """The set and the target."""
    sequence_set, target = set_and_mailbox(scan)
    return Copy(scan.tag, scan.uid, sequence_set, target)


def set_and_mailbox(scan: Scanner) -> tuple[SequenceSet, str]:
    """What COPY and MOVE have in common."""
    scan.space()
    sequence_set = scan.sequence_set()
    scan.space()
    return sequence_set, mailboxes.mailbox(scan)
