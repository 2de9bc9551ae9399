"""The stored part tree: byte offsets that answer any BODY[section] without reading the message again.

    section-part = nz-number *("." nz-number)                 ; RFC 9051 §9
    a message that is no multipart has one part, numbered 1; so has a message/rfc822 part    ; RFC 9051 §6.4.5

`Part` is what `entities.scan` found without the headers, `to_bytes` its form in the store: a byte that gives the width
of the numbers, then six numbers per part in preorder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from postroom.message import limits
from postroom.message.entities import Encoding, Entity, Kind, scan

_WIDTHS = (b"H", b"I", b"Q")
_LIMIT_OF = {b"H": 1 << 16, b"I": 1 << 32, b"Q": 1 << 64}
_NUMBERS = 6


class Part(NamedTuple):
    """One entity as offsets into the message, with what is needed to decode it."""

    kind: Kind
    encoding: Encoding
    header_start: int
    body_start: int
    body_end: int
    lines: int
    children: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Octets of the body as sent."""
        return self.body_end - self.body_start

    def to_bytes(self) -> bytes:
        """The compact form."""
        numbers: list[int] = []
        _flatten(self, numbers)
        width = next(width for width in _WIDTHS if max(numbers) < _LIMIT_OF[width])
        return width + struct.pack(f"<{len(numbers)}{width.decode()}", *numbers)

    def find(self, path: tuple[int, ...]) -> Part | None:
        """The part with this IMAP number, or None; () is the message itself."""
        part = self
        for position, number in enumerate(path):
            if number < 1:
                return None
            holder = part if position == 0 or part.kind is not Kind.MESSAGE else part.children[0]
            if holder.kind is Kind.MULTIPART:
                if number > len(holder.children):
                    return None
                part = holder.children[number - 1]
            elif number == 1 and (position == 0 or holder is not part):
                part = holder
            else:
                return None
        return part

    def section(self, path: tuple[int, ...], kind: str = "") -> tuple[int, int] | None:
        """(start, end) of BODY[path.kind], or None when there is no such part.

        `kind` is "" (everything of a message, the body of a part), "HEADER", "TEXT" (of the message, or of the
        message in a message/rfc822 part) or "MIME" (the header of a part). RFC 9051 §6.4.5.1
        """
        part = self.find(path)
        if part is None:
            return None
        if kind == "MIME":
            return (part.header_start, part.body_start) if path else None
        if kind == "":
            return (part.body_start if path else part.header_start), part.body_end
        message = part
        if path:
            if part.kind is not Kind.MESSAGE:
                return None
            message = part.children[0]
        if kind == "HEADER":
            return message.header_start, message.body_start
        return (message.body_start, message.body_end) if kind == "TEXT" else None

    def leaves(self) -> Iterator[Part]:
        """The parts without children, in order; those of forwarded messages too."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            if part.children:
                waiting.extend(reversed(part.children))
            else:
                yield part


def of(entity: Entity) -> Part:
    """The part tree of a scanned message. Recurses once a level, at most `limits.DEPTH` times."""
    return Part(
        entity.kind,
        entity.encoding,
        entity.header_start,
        entity.body_start,
        entity.body_end,
        entity.lines,
        tuple([of(child) for child in entity.children]),
    )


def read(message: bytes) -> Part:
    """The part tree of a message."""
    return of(scan(message))


def from_bytes(stored: bytes) -> Part:
    """The part tree from its compact form; ValueError when it is not one (our own store is broken)."""
    width = stored[:1]
    size = {b"H": 2, b"I": 4, b"Q": 8}.get(width, 0)
    if not size or (len(stored) - 1) % (size * _NUMBERS) or len(stored) < 2:
        raise ValueError("not a stored part tree")
    numbers = struct.unpack_from(f"<{(len(stored) - 1) // size}{width.decode()}", stored, 1)
    part, used = _build(numbers, 0, 0)
    if used != len(numbers):
        raise ValueError("a stored part tree with loose ends")
    return part


def _flatten(part: Part, numbers: list[int]) -> None:
    numbers += (
        part.kind | part.encoding << 2,
        len(part.children),
        part.header_start,
        part.body_start,
        part.body_end,
        part.lines,
    )
    for child in part.children:
        _flatten(child, numbers)


def _build(numbers: tuple[int, ...], at: int, depth: int) -> tuple[Part, int]:
    if at + _NUMBERS > len(numbers) or depth > limits.DEPTH + 1:
        raise ValueError("a stored part tree that breaks off")
    code, count, header_start, body_start, body_end, lines = numbers[at : at + _NUMBERS]
    at += _NUMBERS
    children: list[Part] = []
    for _ in range(count):
        child, at = _build(numbers, at, depth + 1)
        children.append(child)
    kind, encoding = Kind(code & 3), Encoding(code >> 2)
    return Part(kind, encoding, header_start, body_start, body_end, lines, tuple(children)), at
