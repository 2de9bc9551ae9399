"""UNAUTHENTICATE: RFC 8437 §3."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Unauthenticate:
    """UNAUTHENTICATE: call `unauthenticated` before the reply, which is always OK."""

    tag: bytes


def parse_unauthenticate(scan: Scanner) -> Unauthenticate:
    """No arguments."""
    return Unauthenticate(scan.tag)
