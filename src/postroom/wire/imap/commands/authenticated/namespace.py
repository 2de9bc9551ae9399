"""NAMESPACE: RFC 2342 §5."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE."""

    tag: bytes


def parse_namespace(scan: Scanner) -> Namespace:
    """No arguments."""
    return Namespace(scan.tag)
