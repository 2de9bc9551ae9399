"""FETCH and UID FETCH: RFC 3501 §6.4.5, RFC 7162 §3.1.4 (CHANGEDSINCE, MODSEQ).

    fetch     = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
                [SP "(" fetch-modifier *(SP fetch-modifier) ")"]
    fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] /
                "BODY" ["STRUCTURE"] / "UID" / "MODSEQ" / "BODY" [".PEEK"] section ["<" number "." nz-number ">"]

An item that is one word is a row of `_WORDS` (EMAILID, PREVIEW, SAVEDATE later); a modifier is a row of `_MODIFIERS`.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.sections import Partial, Section, SectionText, partial, section
from postroom.wire.imap.limits import MAX_FETCH_ITEMS
from postroom.wire.imap.sequences import SequenceSet


class FetchItem(enum.Enum):
    """Items that are one word; the value is their name in the response."""

    FLAGS = b"FLAGS"
    UID = b"UID"
    INTERNALDATE = b"INTERNALDATE"
    RFC822_SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODY = b"BODY"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    MODSEQ = b"MODSEQ"


@dataclass(frozen=True, slots=True)
class FetchSection:
    """Bytes of the message; `label` is how the response names them, `peek` whether \\Seen stays as it is."""

    section: Section
    partial: Partial | None
    peek: bool
    label: bytes


FetchAttribute = FetchItem | FetchSection


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH; `items` in the client's order, each once; `sequence_set` holds UIDs when `uid`."""

    tag: bytes
    uid: bool
    sequence_set: SequenceSet
    items: tuple[FetchAttribute, ...]
    changed_since: int | None = None

    @property
    def sets_seen(self) -> bool:
        """Whether the messages fetched become \\Seen."""
        return any(isinstance(item, FetchSection) and not item.peek for item in self.items)


_FAST = (FetchItem.FLAGS, FetchItem.INTERNALDATE, FetchItem.RFC822_SIZE)
_MACROS: dict[bytes, tuple[FetchAttribute, ...]] = {
    b"FAST": _FAST,
    b"ALL": (*_FAST, FetchItem.ENVELOPE),
    b"FULL": (*_FAST, FetchItem.ENVELOPE, FetchItem.BODY),
}
_WORDS: dict[bytes, FetchAttribute] = {
    **{item.value: item for item in FetchItem},
    b"RFC822": FetchSection(Section(), None, False, b"RFC822"),
    b"RFC822.HEADER": FetchSection(Section((), SectionText.HEADER), None, True, b"RFC822.HEADER"),
    b"RFC822.TEXT": FetchSection(Section((), SectionText.TEXT), None, False, b"RFC822.TEXT"),
}
_WORD = re.compile(rb"[A-Za-z0-9.]++")
_MODIFIERS = frozenset({b"CHANGEDSINCE"})


def parse_fetch(scan: Scanner) -> Fetch:
    """The set, the items, the modifiers."""
    scan.space()
    sequence_set = scan.sequence_set()
    scan.space()
    if scan.take(b"("):
        items = item_list(scan)
    else:
        word = scan.match(_WORD, "Invalid FETCH item")[0].upper()
        items = _MACROS.get(word) or (_item(scan, word),)
    changed_since = _modifiers(scan) if scan.take(b" (") else None
    return Fetch(scan.tag, scan.uid, sequence_set, items, changed_since)


def item_list(scan: Scanner) -> tuple[FetchAttribute, ...]:
    """Items behind an opening parenthesis, and the closing one."""
    items: list[FetchAttribute] = []
    while True:
        items.append(_item(scan, scan.match(_WORD, "Invalid FETCH item")[0].upper()))
        if len(items) > MAX_FETCH_ITEMS:
            raise BadSyntax("Too many FETCH items", condition=b"NO", code=b"LIMIT")
        if scan.take(b")"):
            return tuple(dict.fromkeys(items))
        scan.space()


def _item(scan: Scanner, word: bytes) -> FetchAttribute:
    if scan.looking_at(b"["):
        if word not in (b"BODY", b"BODY.PEEK"):
            scan.fail("Unknown FETCH item")
        return _body_section(scan, word == b"BODY.PEEK")
    return _WORDS.get(word) or scan.fail("Unknown FETCH item")


def _body_section(scan: Scanner, peek: bool) -> FetchSection:
    named = section(scan)
    cut = partial(scan)
    label = b"BODY[" + bytes(named) + b"]"
    if cut is not None:
        label += b"<%d>" % cut.start
    return FetchSection(named, cut, peek, label)


def _modifiers(scan: Scanner) -> int:
    if scan.name() not in _MODIFIERS:
        scan.fail("Unknown FETCH modifier")
    scan.space()
    changed_since = scan.number64() or scan.fail("Zero is not allowed here")
    scan.expect(b")")
    return changed_since
