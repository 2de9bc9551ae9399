"""NOOP: RFC 3501 §6.1.2."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""

    tag: bytes


def parse_noop(scan: Scanner) -> Noop:
    """No arguments."""
    return Noop(scan.tag)
