"""GETQUOTA: RFC 9208 §4.1.1.

getquota = "GETQUOTA" SP quota-root-name        ; astring
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class GetQuota:
    """GETQUOTA."""

    tag: bytes
    root: bytes


def parse_getquota(scan: Scanner) -> GetQuota:
    """The name of a quota root."""
    scan.space()
    return GetQuota(scan.tag, scan.astring())
