"""CHECK: RFC 3501 §6.4.1."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Check:
    """CHECK."""

    tag: bytes


def parse_check(scan: Scanner) -> Check:
    """No arguments."""
    return Check(scan.tag)
