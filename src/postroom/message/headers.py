"""The raw header: fields with their offsets and unfolded values.

Tolerant as mail is: CRLF or LF ends a line; a line without a colon, or with a name no field can have (an mbox "From "
line), is stepped over and the header goes on to its empty line, as Dovecot reads it. A block without any LF is read
with CR as line end by whoever cuts it out (`entities.scan`).

Says nothing about what a value means; `fields` does. RFC 5322 §2.2, RFC 5322 §2.2.3 (folding), RFC 5322 §4.5
(obsolete).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from postroom.message import limits

_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+\n?", re.MULTILINE)
_BORDER = re.compile(rb"\n\r?\n")


class Field(NamedTuple):
    """One field: its lower-case name, and offsets into the header block (`end` is after its line end).

    `name_end` is where the name ends: white space and the colon come next.
    """

    name: bytes
    start: int
    name_end: int
    end: int


def unfold(value: bytes) -> bytes:
    """A field body on one line, without the white space around it (RFC 5322 §2.2.3)."""
    if b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return value.strip(b" \t\r")


class Header:
    """One header block, split into fields.

        field = field-name *WSP ":" unstructured CRLF    ; RFC 5322 §3.6.8, with the space of RFC 5322 §4.5.8

    `raw` holds the fields and the empty line after them, if there is one; `fields` are in the order of the message.
    """

    __slots__ = ("_by_name", "fields", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.fields: list[Field] = []
        self._by_name: dict[bytes, list[Field]] = {}
        self._split(raw if len(raw) <= limits.HEADER_BLOCK else raw[: limits.HEADER_BLOCK])

    def _split(self, block: bytes) -> None:
        fields, by_name = self.fields, self._by_name
        for found in _FIELD.finditer(block):
            name = found[1].lower()
            field = Field(name, found.start(), found.end(1), found.end())
            fields.append(field)
            if name in by_name:
                by_name[name].append(field)
            else:
                by_name[name] = [field]
            if len(fields) == limits.HEADER_FIELDS:
                break

    def __contains__(self, name: bytes) -> bool:
        return name in self._by_name

    def first(self, name: bytes) -> bytes | None:
        """The unfolded value of the first field of that (lower-case) name, or None."""
        found = self._by_name.get(name)
        return self.value(found[0]) if found else None

    def all(self, name: bytes) -> list[bytes]:
        """The unfolded values of every field of that (lower-case) name, in order."""
        return [self.value(field) for field in self._by_name.get(name, ())]

    def count(self, name: bytes) -> int:
        """How many fields have that (lower-case) name."""
        return len(self._by_name.get(name, ()))

    def raw_field(self, field: Field) -> bytes:
        """The bytes of a field, its line end included; one is added where the message breaks off without."""
        raw = self.raw[field.start : field.end]
        return raw if raw.endswith(b"\n") else raw + b"\r\n"

    def value(self, field: Field) -> bytes:
        """The unfolded value of a field."""
        return unfold(self.raw[field.name_end : field.end].partition(b":")[2])

    def select(self, names: Iterable[bytes], *, exclude: bool = False) -> bytes:
        """What IMAP's HEADER.FIELDS (or .NOT) answers: matching fields in message order, then an empty line.

        RFC 9051 §6.4.5.1; names in any case.
        """
        wanted = {name.lower() for name in names}
        chosen = [self.raw_field(field) for field in self.fields if (field.name in wanted) is not exclude]
        return b"".join(chosen) + b"\r\n"


def header_end(message: bytes) -> int:
    """Offset after the empty line that ends the first header; the whole length when there is none."""
    if message.startswith(b"\n"):
        return 1
    if message.startswith(b"\r\n"):
        return 2
    border = _BORDER.search(message)
    return border.end() if border else len(message)


def read_header(message: bytes) -> Header:
    """The header of a whole message, without looking at its body."""
    if b"\n" not in message:
        message = message.replace(b"\r", b"\n")
    return Header(message[: header_end(message)])
