"""COMPRESS: RFC 4978 §3.

compress  = "COMPRESS" SP algorithm
algorithm = "DEFLATE"
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Compress:
    """COMPRESS: after `reply(OK)` and what it queued, everything both ways is compressed (`transport_changed`)."""

    tag: bytes
    algorithm: bytes


def parse_compress(scan: Scanner) -> Compress:
    """The name of a mechanism, in upper case."""
    scan.space()
    return Compress(scan.tag, scan.name())
