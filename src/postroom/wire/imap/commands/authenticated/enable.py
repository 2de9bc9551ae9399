"""ENABLE: RFC 5161 §3.1.

enable = "ENABLE" 1*(SP capability)
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_FLAGS


@dataclass(frozen=True, slots=True)
class Enable:
    """ENABLE with the names asked for, in upper case; unknown ones are ignored by the session."""

    tag: bytes
    capabilities: tuple[bytes, ...]


def parse_enable(scan: Scanner) -> Enable:
    """At least one capability."""
    names: list[bytes] = []
    while not scan.at_end() or not names:
        scan.space()
        names.append(scan.name())
        if len(names) > MAX_FLAGS:
            scan.fail("Too many capabilities")
    return Enable(scan.tag, tuple(names))
