"""EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1).

uid-expunge = "UID" SP "EXPUNGE" SP sequence-set
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.sequences import SequenceSet


@dataclass(frozen=True, slots=True)
class Expunge:
    """EXPUNGE: every message with \\Deleted."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class UidExpunge:
    """UID EXPUNGE: those of the set that have \\Deleted."""

    tag: bytes
    sequence_set: SequenceSet


def parse_expunge(scan: Scanner) -> Expunge | UidExpunge:
    """No arguments, or a set of UIDs."""
    if not scan.uid:
        return Expunge(scan.tag)
    scan.space()
    return UidExpunge(scan.tag, scan.sequence_set())
