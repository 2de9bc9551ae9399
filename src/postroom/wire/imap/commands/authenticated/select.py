"""SELECT and EXAMINE: RFC 3501 §6.3.1, RFC 3501 §6.3.2.

select         = "SELECT" SP mailbox [select-params]        ; RFC 4466 §2.1
select-params  = SP "(" select-param *(SP select-param) ")"
select-param   = "CONDSTORE" /                              ; RFC 7162 §3.1.8
                 "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
seq-match-data = "(" known-sequence-set SP known-uid-set ")"     ; RFC 7162 §3.2.5
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_MATCHES
from postroom.wire.imap.sequences import STAR, SequenceSet


@dataclass(frozen=True, slots=True)
class Resync:
    """What the client knows: `known_uids` None for all that may be; `matches` are (number, UID) of messages it had, ascending."""

    uid_validity: int
    mod_seq: int
    known_uids: SequenceSet | None
    matches: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT; `parameters` are the names given, in upper case."""

    tag: bytes
    mailbox: str
    parameters: frozenset[bytes] = frozenset()
    resync: Resync | None = None

    @property
    def condstore(self) -> bool:
        """Whether the client wants MODSEQ told from here on."""
        return b"CONDSTORE" in self.parameters


@dataclass(frozen=True, slots=True)
class Examine(Select):
    """EXAMINE: SELECT, read-only."""


def parse_select(scan: Scanner) -> Select:
    """A mailbox and what to switch on."""
    scan.space()
    name = mailboxes.mailbox(scan)
    return Select(scan.tag, name, *_parameters(scan))


def parse_examine(scan: Scanner) -> Examine:
    """As SELECT."""
    scan.space()
    name = mailboxes.mailbox(scan)
    return Examine(scan.tag, name, *_parameters(scan))


def _parameters(scan: Scanner) -> tuple[frozenset[bytes], Resync | None]:
    found: set[bytes] = set()
    resync: Resync | None = None
    if not scan.take(b" ("):
        return frozenset(), None
    while True:
        name = scan.name()
        if name in found:
            scan.fail("Unknown SELECT parameter")
        if name == b"QRESYNC":
            resync = _resync(scan)
        elif name != b"CONDSTORE":
            scan.fail("Unknown SELECT parameter")
        found.add(name)
        if scan.take(b")"):
            return frozenset(found), resync
        scan.space()


def _resync(scan: Scanner) -> Resync:
    scan.expect(b" (")
    uid_validity = scan.nz_number()
    scan.space()
    mod_seq = scan.number64() or scan.fail("Zero is not allowed here")
    known: SequenceSet | None = None
    matches: tuple[tuple[int, int], ...] = ()
    if scan.looking_at(b" ") and not scan.looking_at(b" ("):
        scan.space()
        known = _without_star(scan, scan.sequence_set())
    if scan.take(b" ("):
        numbers = _listed(scan, scan.message_numbers())
        scan.space()
        uids = _listed(scan, scan.sequence_set())
        if len(numbers) != len(uids):
            scan.fail("As many numbers as UIDs are needed")
        matches = tuple(zip(numbers, uids, strict=True))
        scan.expect(b")")
    scan.expect(b")")
    return Resync(uid_validity, mod_seq, known, matches)


def _without_star(scan: Scanner, numbers: SequenceSet) -> SequenceSet:
    if any(STAR in pair for pair in numbers.ranges):
        scan.fail("* is not allowed here")
    return numbers


def _listed(scan: Scanner, numbers: SequenceSet) -> list[int]:
    """Each number of a set, ascending."""
    ranges = _without_star(scan, numbers).resolve(0)
    if sum(high - low + 1 for low, high in ranges) > MAX_MATCHES:
        scan.fail("Too many numbers to match")
    return [number for low, high in ranges for number in range(low, high + 1)]
