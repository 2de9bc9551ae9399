"""CANCELUPDATE: RFC 5267 §4.3.5.

cancelupdate = "CANCELUPDATE" 1*(SP quoted)
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class CancelUpdate:
    """CANCELUPDATE: the tags of the searches that are to tell no more."""

    tag: bytes
    searches: tuple[bytes, ...]


def parse_cancelupdate(scan: Scanner) -> CancelUpdate:
    """One tag or more."""
    searches: list[bytes] = []
    while not searches or scan.looking_at(b" "):
        scan.space()
        searches.append(scan.string())
    return CancelUpdate(scan.tag, tuple(searches))
