"""Flags: system flags in one spelling, keywords as written.

    flag      = "\\Answered" / "\\Flagged" / "\\Deleted" / "\\Seen" / "\\Draft" / flag-keyword / flag-extension
    flag-list = "(" [flag *(SP flag)] ")"           ; RFC 3501 §9

`\\Recent` is the server's own and refused. Which of them a mailbox takes is not decided here.
"""

from __future__ import annotations

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_FLAGS, MAX_KEYWORD

SYSTEM_FLAGS = {flag.lower(): flag for flag in (b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Seen", b"\\Draft")}


def flag(scan: Scanner) -> bytes:
    """One flag."""
    if not scan.take(b"\\"):
        return bounded(scan.atom())
    name = b"\\" + scan.atom()
    lowered = name.lower()
    if lowered == b"\\recent":
        raise BadSyntax("\\Recent cannot be set")
    return SYSTEM_FLAGS.get(lowered) or bounded(name)


def bounded(name: bytes) -> bytes:
    """A keyword that a store can index."""
    if len(name) > MAX_KEYWORD:
        raise BadSyntax("Keyword too long", condition=b"NO", code=b"LIMIT")
    return name


def flags(scan: Scanner) -> tuple[bytes, ...]:
    """Flags with spaces between, each once."""
    found = [flag(scan)]
    while scan.take(b" "):
        found.append(flag(scan))
        if len(found) > MAX_FLAGS:
            raise BadSyntax("Too many flags", condition=b"NO", code=b"LIMIT")
    return tuple(dict.fromkeys(found))


def flag_list(scan: Scanner) -> tuple[bytes, ...]:
    """Flags in parentheses, perhaps none."""
    scan.expect(b"(")
    if scan.take(b")"):
        return ()
    found = flags(scan)
    scan.expect(b")")
    return found
