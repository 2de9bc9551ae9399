"""CREATE: RFC 3501 §6.3.3, its parameters RFC 4466 §2.2.

create        = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]
create-param  = "USE" SP "(" [use-attr *(SP use-attr)] ")"        ; RFC 6154 §3
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


_SPECIAL_USES = {
    use.lower(): use
    for use in (b"\\All", b"\\Archive", b"\\Drafts", b"\\Flagged", b"\\Junk", b"\\Sent", b"\\Trash", b"\\Important")
}


def parse_create(scan: Scanner) -> Create:
    """A name and perhaps its special use."""
    name = mailboxes.next_mailbox(scan)
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
