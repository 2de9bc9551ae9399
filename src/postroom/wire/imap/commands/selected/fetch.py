"""FETCH and UID FETCH: RFC 3501 §6.4.5, RFC 7162 §3.1.4 (CHANGEDSINCE, MODSEQ), RFC 7162 §3.2.6 (VANISHED), RFC 3516 §4 (BINARY),
RFC 9394 §3.3 (PARTIAL).

    fetch     = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
                [SP "(" fetch-modifier *(SP fetch-modifier) ")"]
    fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] /
                "BODY" ["STRUCTURE"] / "UID" / "MODSEQ" / "BODY" [".PEEK"] section ["<" number "." nz-number ">"] /
                "BINARY" [".PEEK"] section-binary ["<" number "." nz-number ">"] / "BINARY.SIZE" section-binary /
                "EMAILID" / "THREADID" / "SAVEDATE" / "PREVIEW" [SP "(LAZY)"]
    section-binary = "[" [section-part] "]"
    fetch-modifier = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range

An item that is one word is a row of `_WORDS`: RFC 8474 §5 (EMAILID, THREADID), RFC 8514 §4.2 (SAVEDATE), RFC 8970 §3 (PREVIEW).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass

from postroom.wire.imap.grammar.returns import PartialRange, partial_range
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.sections import Partial, Section, SectionText, partial, section, section_part
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
    EMAILID = b"EMAILID"
    THREADID = b"THREADID"
    SAVEDATE = b"SAVEDATE"
    PREVIEW = b"PREVIEW"


@dataclass(frozen=True, slots=True)
class FetchSection:
    """Bytes of the message; `label` is how the response names them, `peek` whether \\Seen stays as it is."""

    section: Section
    partial: Partial | None
    peek: bool
    label: bytes


@dataclass(frozen=True, slots=True)
class FetchBinary:
    """A part with its transfer encoding taken off, `partial` of what that gives; RFC 3516 §4.2."""

    part: tuple[int, ...]
    partial: Partial | None
    peek: bool
    label: bytes


@dataclass(frozen=True, slots=True)
class FetchBinarySize:
    """How many octets that would be; RFC 3516 §4.3."""

    part: tuple[int, ...]
    label: bytes


FetchContent = FetchSection | FetchBinary | FetchBinarySize
FetchAttribute = FetchItem | FetchContent


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH; `items` in the client's order, each once; `sequence_set` holds UIDs when `uid`.

    `partial` are places among the messages that the set and CHANGEDSINCE leave (RFC 9394 §3.4).
    """

    tag: bytes
    uid: bool
    sequence_set: SequenceSet
    items: tuple[FetchAttribute, ...]
    changed_since: int | None = None
    vanished: bool = False
    partial: PartialRange | None = None

    @property
    def sets_seen(self) -> bool:
        """Whether the messages fetched become \\Seen."""
        return any(isinstance(item, FetchSection | FetchBinary) and not item.peek for item in self.items)


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
_LAZY = re.compile(rb" \(LAZY\)", re.IGNORECASE)


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
    modifiers = _modifiers(scan) if scan.take(b" (") else (None, False, None)
    return Fetch(scan.tag, scan.uid, sequence_set, items, *modifiers)


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
        read = _SECTIONS.get(word) or scan.fail("Unknown FETCH item")
        return read(scan, word.endswith(b".PEEK"))
    item = _WORDS.get(word) or scan.fail("Unknown FETCH item")
    if item is FetchItem.PREVIEW:
        # the modifier asks for no more than what lies ready: ours always does (RFC 8970 §4)
        lazy = _LAZY.match(scan.text, scan.position)
        scan.position = lazy.end() if lazy else scan.position
    return item


def _body_section(scan: Scanner, peek: bool) -> FetchSection:
    named = section(scan)
    cut = partial(scan)
    label = b"BODY[" + bytes(named) + b"]"
    if cut is not None:
        label += b"<%d>" % cut.start
    return FetchSection(named, cut, peek, label)


def _binary(scan: Scanner, peek: bool) -> FetchBinary:
    part = _binary_part(scan)
    cut = partial(scan)
    label = b"BINARY[%b]" % b".".join(b"%d" % number for number in part)
    if cut is not None:
        label += b"<%d>" % cut.start
    return FetchBinary(part, cut, peek, label)


def _binary_size(scan: Scanner, _: bool) -> FetchBinarySize:
    part = _binary_part(scan)
    return FetchBinarySize(part, b"BINARY.SIZE[%b]" % b".".join(b"%d" % number for number in part))


def _binary_part(scan: Scanner) -> tuple[int, ...]:
    scan.expect(b"[")
    part = section_part(scan)
    scan.expect(b"]")
    return part


_SECTIONS: dict[bytes, Callable[[Scanner, bool], FetchContent]] = {
    b"BODY": _body_section,
    b"BODY.PEEK": _body_section,
    b"BINARY": _binary,
    b"BINARY.PEEK": _binary,
    b"BINARY.SIZE": _binary_size,
}


def _modifiers(scan: Scanner) -> tuple[int | None, bool, PartialRange | None]:
    """CHANGEDSINCE, VANISHED with it, and PARTIAL; the last two name UIDs and so are for UID FETCH."""
    changed_since: int | None = None
    vanished = False
    cut: PartialRange | None = None
    while True:
        name = scan.name()
        if name == b"CHANGEDSINCE" and changed_since is None:
            scan.space()
            changed_since = scan.number64() or scan.fail("Zero is not allowed here")
        elif name == b"VANISHED" and not vanished and scan.uid:
            vanished = True
        elif name == b"PARTIAL" and cut is None and scan.uid:
            scan.space()
            cut = partial_range(scan)
        else:
            scan.fail("Unknown FETCH modifier")
        if scan.take(b")"):
            break
        scan.space()
    if vanished and changed_since is None:
        scan.fail("VANISHED needs CHANGEDSINCE")
    return changed_since, vanished, cut
