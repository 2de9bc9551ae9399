"""CAPABILITY: RFC 3501 §6.1.1."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPABILITY."""

    tag: bytes


def parse_capability(scan: Scanner) -> Capability:
    """No arguments."""
    return Capability(scan.tag)
