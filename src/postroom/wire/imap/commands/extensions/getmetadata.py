"""GETMETADATA: RFC 5464 §4.2.

getmetadata = "GETMETADATA" [SP options] SP mailbox SP entries
options     = "(" option *(SP option) ")"
option      = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")

The examples of RFC 5464 §4.2.1 have the options behind the mailbox, and clients follow them: both places are taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.entries import entries
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """GETMETADATA; `mailbox` empty for the account, `depth` None for infinity."""

    tag: bytes
    mailbox: str
    entries: tuple[str, ...]
    max_size: int | None = None
    depth: int | None = 0


_DEPTHS = {b"0": 0, b"1": 1, b"INFINITY": None}


def parse_getmetadata(scan: Scanner) -> GetMetadata:
    """Options, a mailbox, entries."""
    scan.space()
    options = _options(scan) if scan.looking_at(b"(") else {}
    if options:
        scan.space()
    mailbox = mailboxes.mailbox(scan)
    scan.space()
    if not options and scan.text[scan.position : scan.position + 6].upper() in (b"(DEPTH", b"(MAXSI"):
        options = _options(scan)
        scan.space()
    return GetMetadata(scan.tag, mailbox, entries(scan), options.get(b"MAXSIZE"), options.get(b"DEPTH", 0))


def _options(scan: Scanner) -> dict[bytes, int | None]:
    found: dict[bytes, int | None] = {}
    scan.expect(b"(")
    while not scan.take(b")"):
        if found:
            scan.space()
        name = scan.name()
        if name not in (b"MAXSIZE", b"DEPTH") or name in found:
            scan.fail("Unknown GETMETADATA option")
        scan.space()
        if name == b"MAXSIZE":
            found[name] = scan.number()
            continue
        depth = scan.name()
        if depth not in _DEPTHS:
            scan.fail("Invalid DEPTH")
        found[name] = _DEPTHS[depth]
    if not found:
        scan.fail("Missing option")
    return found
