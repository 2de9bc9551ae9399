"""SETQUOTA: RFC 9208 §4.1.3. Without QUOTASET nobody may, but the command is known and refused.

setquota      = "SETQUOTA" SP quota-root-name SP "(" [setquota-list] ")"
setquota-list = setquota-resource *(SP setquota-resource)
setquota-resource = resource-name SP resource-limit
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_RESOURCES


@dataclass(frozen=True, slots=True)
class SetQuota:
    """SETQUOTA with (resource, limit) pairs."""

    tag: bytes
    root: bytes
    limits: tuple[tuple[bytes, int], ...]


def parse_setquota(scan: Scanner) -> SetQuota:
    """A root and its limits."""
    scan.space()
    root = scan.astring()
    scan.expect(b" (")
    limits: list[tuple[bytes, int]] = []
    while not scan.take(b")"):
        if limits:
            scan.space()
        name = scan.name()
        scan.space()
        limits.append((name, scan.number64()))
        if len(limits) > MAX_RESOURCES:
            scan.fail("Too many resources")
    return SetQuota(scan.tag, root, tuple(limits))
