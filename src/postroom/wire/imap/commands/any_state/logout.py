"""LOGOUT: RFC 3501 §6.1.3."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Logout:
    """LOGOUT: answer `* BYE`, then `reply`, then close."""

    tag: bytes


def parse_logout(scan: Scanner) -> Logout:
    """No arguments."""
    return Logout(scan.tag)
