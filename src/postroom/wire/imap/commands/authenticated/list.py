"""LIST and LSUB: RFC 3501 §6.3.8, §6.3.9; LIST-EXTENDED RFC 5258, LIST-STATUS RFC 5819, SPECIAL-USE RFC 6154.

list             = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
list-select-opts = "(" [option *(SP option)] ")"
mbox-or-pat      = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
return-option    = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "STATUS" SP "(" status-att *(SP status-att) ")" /
                   "METADATA" SP entries                         ; RFC 9590 §4
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.commands.authenticated.status import StatusItem, parse_status_items
from postroom.wire.imap.grammar import entries, mailboxes
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_PATTERNS


@dataclass(frozen=True, slots=True)
class List:
    """LIST; `extended` when any of RFC 5258 was used, so that an empty pattern no longer asks for the delimiter."""

    tag: bytes
    reference: str
    patterns: tuple[str, ...]
    select: frozenset[bytes] = frozenset()
    returns: frozenset[bytes] = frozenset()
    status_items: tuple[StatusItem, ...] = ()
    entries: tuple[str, ...] = ()
    extended: bool = False

    @property
    def asks_delimiter(self) -> bool:
        """`LIST "" ""`: only the delimiter and the root of the reference are wanted (RFC 3501 §6.3.8)."""
        return not self.extended and self.patterns == ("",)


_SELECT_OPTIONS = frozenset({b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"})


_SELECT_ALONE_USELESS = frozenset({b"REMOTE", b"RECURSIVEMATCH"})


_RETURN_OPTIONS = frozenset({b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE", b"STATUS", b"METADATA"})


def parse_list(scan: Scanner) -> List:
    """The basic and the extended form."""
    scan.space()
    extended = scan.take(b"(")
    select = _select_options(scan) if extended else frozenset()
    reference = mailboxes.list_mailbox(scan)
    scan.space()
    several = scan.take(b"(")
    patterns = _patterns(scan) if several else (mailboxes.list_mailbox(scan),)
    returns: frozenset[bytes] = frozenset()
    status_items: tuple[StatusItem, ...] = ()
    named: tuple[str, ...] = ()
    has_returns = scan.take(b" ")
    if has_returns:
        if scan.name() != b"RETURN":
            scan.fail()
        scan.expect(b" (")
        returns, status_items, named = _return_options(scan)
    return List(scan.tag, reference, patterns, select, returns, status_items, named, extended or several or has_returns)


def _select_options(scan: Scanner) -> frozenset[bytes]:
    found: set[bytes] = set()
    while not scan.take(b")"):
        if found:
            scan.space()
        option = scan.name()
        if option not in _SELECT_OPTIONS:
            scan.fail("Unknown LIST selection option")
        found.add(option)
    scan.space()
    # RFC 5258 §3.1: RECURSIVEMATCH modifies another criterion and is refused without one.
    if b"RECURSIVEMATCH" in found and not found - _SELECT_ALONE_USELESS:
        scan.fail("RECURSIVEMATCH needs another selection option")
    return frozenset(found)


def _patterns(scan: Scanner) -> tuple[str, ...]:
    found = [mailboxes.list_mailbox(scan)]
    while scan.take(b" "):
        found.append(mailboxes.list_mailbox(scan))
        if len(found) > MAX_PATTERNS:
            raise BadSyntax("Too many patterns", condition=b"NO", code=b"LIMIT")
    scan.expect(b")")
    return tuple(dict.fromkeys(found))


def _return_options(scan: Scanner) -> tuple[frozenset[bytes], tuple[StatusItem, ...], tuple[str, ...]]:
    found: set[bytes] = set()
    status_items: tuple[StatusItem, ...] = ()
    named: tuple[str, ...] = ()
    while not scan.take(b")"):
        if found:
            scan.space()
        option = scan.name()
        if option not in _RETURN_OPTIONS:
            scan.fail("Unknown LIST return option")
        if option == b"STATUS":
            scan.space()
            status_items = parse_status_items(scan)
        elif option == b"METADATA":
            scan.space()
            named = entries.entries(scan)
        found.add(option)
    return frozenset(found), status_items, named
