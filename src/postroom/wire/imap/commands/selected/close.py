"""CLOSE: RFC 3501 §6.4.2."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE: expunge silently and leave."""

    tag: bytes


def parse_close(scan: Scanner) -> Close:
    """No arguments."""
    return Close(scan.tag)
