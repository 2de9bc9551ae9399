"""STORE and UID STORE: RFC 3501 §6.4.6, UNCHANGEDSINCE RFC 7162 §3.1.3.

store           = "STORE" SP sequence-set [SP "(" store-modifier *(SP store-modifier) ")"] SP store-att-flags
store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
store-modifier  = "UNCHANGEDSINCE" SP mod-sequence-value
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from postroom.wire.imap.grammar.flags import flag_list, flags
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.sequences import SequenceSet


class StoreOperation(enum.Enum):
    """What happens to the flags; the value is its sign on the wire."""

    REPLACE = b""
    ADD = b"+"
    REMOVE = b"-"


@dataclass(frozen=True, slots=True)
class Store:
    """STORE; `unchanged_since` 0 is legal and fails for every message that has a MODSEQ."""

    tag: bytes
    uid: bool
    sequence_set: SequenceSet
    operation: StoreOperation
    silent: bool
    flags: tuple[bytes, ...]
    unchanged_since: int | None = None


_FLAGS = re.compile(rb"([+-]?)FLAGS(\.SILENT)? ", re.IGNORECASE)
_MODIFIERS = frozenset({b"UNCHANGEDSINCE"})


def parse_store(scan: Scanner) -> Store:
    """The set, the condition, the flags."""
    scan.space()
    sequence_set = scan.sequence_set()
    scan.space()
    unchanged_since = _modifiers(scan) if scan.take(b"(") else None
    found = scan.match(_FLAGS, "Unknown STORE item")
    named = flag_list(scan) if scan.looking_at(b"(") else flags(scan)
    return Store(
        scan.tag, scan.uid, sequence_set, StoreOperation(found[1]), found[2] is not None, named, unchanged_since
    )


def _modifiers(scan: Scanner) -> int:
    if scan.name() not in _MODIFIERS:
        scan.fail("Unknown STORE modifier")
    scan.space()
    unchanged_since = scan.number64()
    scan.expect(b") ")
    return unchanged_since
