"""Parts of a message, as FETCH names them.

section         = "[" [section-spec] "]"                        ; RFC 3501 §9
section-spec    = section-msgtext / (section-part ["." section-text])
section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
section-part    = nz-number *("." nz-number)
section-text    = section-msgtext / "MIME"
header-list     = "(" header-fld-name *(SP header-fld-name) ")"
partial         = "<" number "." nz-number ">"
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_DEPTH, MAX_FETCH_ITEMS, MAX_NUMBER, MAX_NUMBER_64
from postroom.wire.imap.responses.strings import astring

_PART = re.compile(rb"[0-9.]++")
_TEXT = re.compile(rb"[A-Za-z.]++")
# RFC 5322 §2.2 ftext: any printable but the colon; one that holds anything else names no header field.
_FIELD = re.compile(rb"[!-9;-~]{1,255}")


class SectionText(enum.Enum):
    """What of the part is meant; the value is its word on the wire."""

    ALL = b""
    HEADER = b"HEADER"
    FIELDS = b"HEADER.FIELDS"
    FIELDS_NOT = b"HEADER.FIELDS.NOT"
    TEXT = b"TEXT"
    MIME = b"MIME"


_TEXTS = {text.value: text for text in SectionText if text.value}


@dataclass(frozen=True, slots=True)
class Section:
    """A part by its path (empty: the message), what of it, and the header fields named, in upper case."""

    part: tuple[int, ...] = ()
    text: SectionText = SectionText.ALL
    fields: tuple[bytes, ...] = ()

    def __bytes__(self) -> bytes:
        words = [b"%d" % number for number in self.part]
        if self.text is not SectionText.ALL:
            words.append(self.text.value)
        spelled = b".".join(words)
        if self.fields:
            spelled += b" (" + b" ".join(map(astring, self.fields)) + b")"
        return spelled


@dataclass(frozen=True, slots=True)
class Partial:
    """Bytes from `start`, at most `length`; `start` past the end means an empty string."""

    start: int
    length: int


def section(scan: Scanner) -> Section:
    """What stands between `[` and `]`, both included."""
    scan.expect(b"[")
    if scan.take(b"]"):
        return _WHOLE
    part = section_part(scan)
    text = SectionText.ALL
    fields: tuple[bytes, ...] = ()
    if not scan.looking_at(b"]"):
        text, fields = _section_text(scan)
        if text is SectionText.MIME and not part:
            scan.fail("MIME needs a part")
    scan.expect(b"]")
    return Section(part, text, fields)


_WHOLE = Section()


def section_part(scan: Scanner) -> tuple[int, ...]:
    """Part numbers, and the dot before a word that follows them."""
    found = _PART.match(scan.text, scan.position)
    if found is None:
        return ()
    scan.position = found.end()
    digits = found[0]
    if not scan.looking_at(b"]"):
        if not digits.endswith(b"."):
            scan.fail("Invalid section")
        digits = digits[:-1]
    if digits.count(b".") >= MAX_DEPTH:
        scan.fail("Section too deep")
    words = digits.split(b".")
    if not all(0 < len(word) <= 10 for word in words):
        scan.fail("Invalid section")
    numbers = tuple(map(int, words))
    if not all(0 < number <= MAX_NUMBER for number in numbers):
        scan.fail("Invalid section")
    return numbers


def _section_text(scan: Scanner) -> tuple[SectionText, tuple[bytes, ...]]:
    text = _TEXTS.get(scan.match(_TEXT, "Invalid section")[0].upper())
    if text is None:
        scan.fail("Invalid section")
    if text not in (SectionText.FIELDS, SectionText.FIELDS_NOT):
        return text, ()
    scan.space()
    scan.expect(b"(")
    fields = [_header_field(scan)]
    while scan.take(b" "):
        fields.append(_header_field(scan))
        if len(fields) > MAX_FETCH_ITEMS:
            raise BadSyntax("Too many header fields", condition=b"NO", code=b"LIMIT")
    scan.expect(b")")
    return text, tuple(dict.fromkeys(fields))


def _header_field(scan: Scanner) -> bytes:
    name = scan.astring()
    if _FIELD.fullmatch(name) is None:
        scan.fail("Invalid header field name")
    return name.upper()


def partial(scan: Scanner) -> Partial | None:
    """A range of bytes, if one is asked for."""
    if not scan.take(b"<"):
        return None
    start = scan.number64()
    if scan.take(b">"):  # docs/quirks.md: the form of the response taken for that of the request
        return Partial(start, MAX_NUMBER_64)
    scan.expect(b".")
    length = scan.number64() or scan.fail("Zero is not allowed here")
    scan.expect(b">")
    return Partial(start, length)
