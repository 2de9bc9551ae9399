"""MOVE and UID MOVE: RFC 6851 §3.

move = "MOVE" SP sequence-set SP mailbox
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.commands.selected.copy import set_and_mailbox
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.sequences import SequenceSet


@dataclass(frozen=True, slots=True)
class Move:
    """MOVE."""

    tag: bytes
    uid: bool
    sequence_set: SequenceSet
    mailbox: str


def parse_move(scan: Scanner) -> Move:
    """The set and the target."""
    sequence_set, target = set_and_mailbox(scan)
    return Move(scan.tag, scan.uid, sequence_set, target)
