"""UNSELECT: RFC 3691 §2."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Unselect:
    """UNSELECT: leave without expunging."""

    tag: bytes


def parse_unselect(scan: Scanner) -> Unselect:
    """No arguments."""
    return Unselect(scan.tag)
