"""CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE: RFC 3501 §6.3.3 to §6.3.7; CREATE's parameters are RFC 4466 §2.2.

create        = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]
create-param  = "USE" SP "(" [use-attr *(SP use-attr)] ")"        ; RFC 6154 §3
rename        = "RENAME" SP mailbox SP mailbox
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_FLAGS


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE; a delimiter at the end of the name is the client's announcement of children (RFC 3501 §6.3.3)."""

    tag: bytes
    mailbox: str
    special_use: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE."""

    tag: bytes
    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME."""

    tag: bytes
    mailbox: str
    new_name: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE."""

    tag: bytes
    mailbox: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """UNSUBSCRIBE."""

    tag: bytes
    mailbox: str


_SPECIAL_USES = {
    use.lower(): use
    for use in (b"\\All", b"\\Archive", b"\\Drafts", b"\\Flagged", b"\\Junk", b"\\Sent", b"\\Trash", b"\\Important")
}


def parse_create(scan: Scanner) -> Create:
    """A name and perhaps its special use."""
    name = _mailbox(scan)
    if not scan.take(b" ("):
        return Create(scan.tag, name)
    if scan.name() != b"USE":
        scan.fail("Unknown CREATE parameter")
    scan.expect(b" (")
    uses: list[bytes] = []
    while not scan.take(b")"):
        if uses:
            scan.space()
        scan.expect(b"\\")
        use = _SPECIAL_USES.get(b"\\" + scan.atom().lower())
        if use is None or len(uses) == MAX_FLAGS:
            raise BadSyntax("Unknown special use", condition=b"NO", code=b"USEATTR")
        uses.append(use)
    scan.expect(b")")
    return Create(scan.tag, name, tuple(dict.fromkeys(uses)))


def parse_delete(scan: Scanner) -> Delete:
    """A name."""
    return Delete(scan.tag, _mailbox(scan))


def parse_rename(scan: Scanner) -> Rename:
    """Two names."""
    name = _mailbox(scan)
    return Rename(scan.tag, name, _mailbox(scan))


def parse_subscribe(scan: Scanner) -> Subscribe:
    """A name."""
    return Subscribe(scan.tag, _mailbox(scan))


def parse_unsubscribe(scan: Scanner) -> Unsubscribe:
    """A name."""
    return Unsubscribe(scan.tag, _mailbox(scan))


def _mailbox(scan: Scanner) -> str:
    scan.space()
    return mailboxes.mailbox(scan)
