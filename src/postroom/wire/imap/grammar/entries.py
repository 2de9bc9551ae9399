"""Annotation entries: RFC 5464 §5.

    entries = entry / "(" entry *(SP entry) ")"
    entry   = astring          ; a path below /private/ or /shared/, in any case; no "*", no "%"
    value   = nstring / literal8

An entry that cannot be is answered BAD (RFC 5464 §3.2).
"""

from __future__ import annotations

import re

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_ANNOTATION, MAX_ENTRIES, MAX_ENTRY

_ENTRY = re.compile(rb"/(?:private|shared)(?:/[^\x00-\x1f\x7f-\xff/%*]+)+")
_VENDOR = re.compile(rb"/[a-z]+/vendor(?:/[^/]+)?")


def entry(scan: Scanner) -> str:
    """One entry, in lower case."""
    name = scan.astring().lower()
    if len(name) > MAX_ENTRY or _ENTRY.fullmatch(name) is None or _VENDOR.fullmatch(name):
        scan.fail("Invalid entry name")
    return name.decode("ascii")


def entries(scan: Scanner) -> tuple[str, ...]:
    """One entry, or several in parentheses; each once."""
    if not scan.take(b"("):
        return (entry(scan),)
    found = [entry(scan)]
    while not scan.take(b")"):
        scan.space()
        found.append(entry(scan))
        if len(found) > MAX_ENTRIES:
            scan.fail("Too many entries")
    return tuple(dict.fromkeys(found))


def value(scan: Scanner) -> bytes | None:
    """What an entry is set to; None to remove it."""
    found = scan.literal() if scan.looking_at(b"~{") else scan.nstring()
    if found is not None and len(found) > MAX_ANNOTATION:
        raise BadSyntax("Value too large", condition=b"NO", code=b"METADATA MAXSIZE %d" % MAX_ANNOTATION)
    return found
