"""ID: RFC 2971 §3.1.

id        = "ID" SP id-params-list
id-params = "(" #(string SP nstring) ")" / nil
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_ID_FIELDS


@dataclass(frozen=True, slots=True)
class Id:
    """ID with what the client says of itself (nothing for NIL); names in lower case, for the log only."""

    tag: bytes
    fields: tuple[tuple[bytes, bytes | None], ...]


def parse_id(scan: Scanner) -> Id:
    """A list of pairs, or NIL."""
    scan.space()
    if not scan.take(b"("):
        if scan.name() != b"NIL":
            scan.fail()
        return Id(scan.tag, ())
    fields: list[tuple[bytes, bytes | None]] = []
    while not scan.take(b")"):
        if fields:
            scan.space()
        name = scan.string()
        scan.space()
        value = scan.nstring()
        if len(name) > 30 or (value is not None and len(value) > 1024) or len(fields) == MAX_ID_FIELDS:
            scan.fail("ID field too long or too many")
        fields.append((name.lower(), value))
    return Id(scan.tag, tuple(fields))
