"""SELECT and EXAMINE: RFC 3501 §6.3.1, RFC 3501 §6.3.2.

    select       = "SELECT" SP mailbox [select-params]        ; RFC 4466 §2.1
    select-params = SP "(" select-param *(SP select-param) ")"
    select-param = "CONDSTORE"                                ; RFC 7162 §3.1.8

`QRESYNC (…)` (RFC 7162 §3.2.5) is a row of `_PARAMETERS` when it is served.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT; `parameters` are the names given, in upper case."""

    tag: bytes
    mailbox: str
    parameters: frozenset[bytes] = frozenset()

    @property
    def condstore(self) -> bool:
        """Whether the client wants MODSEQ told from here on."""
        return b"CONDSTORE" in self.parameters


@dataclass(frozen=True, slots=True)
class Examine(Select):
    """EXAMINE: SELECT, read-only."""


_PARAMETERS = frozenset({b"CONDSTORE"})


def parse_select(scan: Scanner) -> Select:
    """A mailbox and what to switch on."""
    scan.space()
    name = mailboxes.mailbox(scan)
    return Select(scan.tag, name, _parameters(scan))


def parse_examine(scan: Scanner) -> Examine:
    """As SELECT."""
    scan.space()
    name = mailboxes.mailbox(scan)
    return Examine(scan.tag, name, _parameters(scan))


def _parameters(scan: Scanner) -> frozenset[bytes]:
    if not scan.take(b" ("):
        return frozenset()
    found: set[bytes] = set()
    while True:
        name = scan.name()
        if name not in _PARAMETERS or name in found:
            scan.fail("Unknown SELECT parameter")
        found.add(name)
        if scan.take(b")"):
            return frozenset(found)
        scan.space()
