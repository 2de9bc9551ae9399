"""One linear pass over a message: its entities with headers, types and offsets.

    multipart-body := [preamble CRLF] dash-boundary transport-padding CRLF body-part *encapsulation close-delimiter ...
                                                                                              ; RFC 2046 §5.1.1

A delimiter is a whole line: two hyphens, the boundary, perhaps two hyphens, padding. So a boundary that starts another
one is no trouble, and of two open multiparts with the same boundary the inner one takes the line. A multipart that is
never closed ends where its parent goes on, or with the message. The line end before a delimiter belongs to it.

Content-Transfer-Encoding on a multipart is ignored (boundaries are found in what was sent); a message/rfc822 in base64
is a leaf. Past `limits.DEPTH` or `limits.PARTS` an entity is a leaf with `opaque` set, rendered as octets.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

from postroom.message import limits
from postroom.message.fields import parameters
from postroom.message.headers import Header

_HEADER_BORDER = re.compile(rb"\n(?:\r?\n|--)")
_TOKEN = re.compile(rb"[!#-'*+\-.0-9A-Z^-~]{1,127}\Z")
_NO_PARAMETERS = parameters.Parameterised(b"", ())


class Kind(enum.IntEnum):
    """What an entity holds."""

    LEAF = 0
    MULTIPART = 1
    MESSAGE = 2


class Encoding(enum.IntEnum):
    """How an entity's body is encoded (RFC 2045 §6)."""

    IDENTITY = 0
    QUOTED_PRINTABLE = 1
    BASE64 = 2
    UNKNOWN = 3


_ENCODINGS = {
    b"": Encoding.IDENTITY,
    b"7bit": Encoding.IDENTITY,
    b"8bit": Encoding.IDENTITY,
    b"binary": Encoding.IDENTITY,
    b"quoted-printable": Encoding.QUOTED_PRINTABLE,
    b"base64": Encoding.BASE64,
}


@dataclass(slots=True)
class Entity:
    """A message or body part. Offsets are into the message: header_start ≤ body_start ≤ body_end."""

    header: Header
    main_type: bytes
    """Lower case; `sub_type` too. The spelling of the sender is in `content_type.head`."""
    sub_type: bytes
    content_type: parameters.Parameterised
    encoding: Encoding
    kind: Kind
    header_start: int
    body_start: int
    body_end: int = 0
    lines: int = 0
    """LFs in the body, of text and message/rfc822 only: nobody asks for others."""
    opaque: bool = False
    children: list[Entity] = field(default_factory=list)

    def walk(self) -> list[Entity]:
        """This entity and all below it, in the order of the message."""
        found: list[Entity] = []
        waiting = [self]
        while waiting:
            entity = waiting.pop()
            found.append(entity)
            waiting.extend(reversed(entity.children))
        return found


def scan(message: bytes) -> Entity:
    """The entity tree of a message."""
    return _Scanner(readable(message)).run()


def readable(message: bytes) -> bytes:
    """The message with LF where only CR ends its lines, at the same offsets; anything else as it is."""
    return message if b"\n" in message else message.replace(b"\r", b"\n")


class _Scanner:
    __slots__ = ("_boundaries", "_count", "_message", "_needle", "_open")

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._open: list[tuple[Entity, bytes | None]] = []
        self._boundaries: dict[bytes, list[int]] = {}
        self._needle = b"\n--"
        self._count = 0

    def run(self) -> Entity:
        at = self._enter(0, b"text")
        root = self._open[0][0]
        while self._boundaries and self._count < limits.PARTS:
            found = self._next_delimiter(at)
            if found is None:
                break
            content_end, at, level, closing = found
            self._close_down_to(level + 1, content_end)
            parent, boundary = self._open[level]
            if closing:
                self._forget(level, boundary)
            else:
                at = self._enter(at, b"message" if parent.sub_type == b"digest" else b"text")
        self._close_down_to(0, len(self._message))
        return root

    def _enter(self, start: int, default_type: bytes) -> int:
        """Open the entity at `start`, and the message inside it if it holds one; the offset where its body starts."""
        while True:
            body_start = self._header_end(start)
            entity = _entity(self._message, start, body_start, default_type)
            self._count += 1
            if self._open:
                self._open[-1][0].children.append(entity)
            self._admit(entity)
            if entity.kind is not Kind.MESSAGE:
                return body_start
            start, default_type = body_start, b"text"

    def _admit(self, entity: Entity) -> None:
        boundary = None
        if entity.kind is Kind.MULTIPART:
            boundary = (entity.content_type.raw(b"boundary") or b"").rstrip()
            if not boundary or len(boundary) > limits.BOUNDARY:
                boundary = None
        full = len(self._open) >= limits.DEPTH or self._count >= limits.PARTS
        if entity.kind is not Kind.LEAF and (full or (entity.kind is Kind.MULTIPART and boundary is None)):
            entity.kind, entity.opaque, boundary = Kind.LEAF, True, None
        self._open.append((entity, boundary))
        if boundary is not None:
            self._boundaries.setdefault(boundary, []).append(len(self._open) - 1)
            self._set_needle()

    def _forget(self, level: int, boundary: bytes | None) -> None:
        if boundary is None:
            return
        levels = self._boundaries.get(boundary)
        if levels and levels[-1] == level:
            levels.pop()
            if not levels:
                del self._boundaries[boundary]
                self._set_needle()

    def _set_needle(self) -> None:
        """Search for what all open boundaries start with: text full of hyphens costs nothing then."""
        if self._boundaries:
            low, high = min(self._boundaries), max(self._boundaries)
            length = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
            self._needle = b"\n--" + low[:length]

    def _close_down_to(self, level: int, end: int) -> None:
        while len(self._open) > level:
            entity, boundary = self._open.pop()
            self._forget(len(self._open), boundary)
            # an empty line that is also the CRLF of the delimiter ends its header: it lies in all that are closed here
            end = entity.body_end = max(entity.body_start, end)
            if entity.main_type == b"text" or entity.kind is Kind.MESSAGE:
                entity.lines = self._message.count(b"\n", entity.body_start, entity.body_end)

    def _header_end(self, start: int) -> int:
        """Offset after the empty line of the header at `start`, or of the delimiter or end that cuts it off."""
        message = self._message
        if start == 0 and message.startswith((b"\r\n", b"\n")):
            return 2 if message.startswith(b"\r") else 1
        at = max(start - 1, 0)
        while True:
            border = _HEADER_BORDER.search(message, at)
            if border is None:
                return len(message)
            if message[border.end() - 1] == 10:
                return border.end()
            if self._boundaries and self._delimiter(border.start()) is not None:
                return border.start() + 1
            at = border.end()

    def _next_delimiter(self, at: int) -> tuple[int, int, int, bool] | None:
        message, needle = self._message, self._needle
        at = max(at - 1, 0)
        while True:
            at = message.find(needle, at)
            if at < 0:
                return None
            found = self._delimiter(at)
            if found is not None:
                after, level, closing = found
                content_end = at - 1 if at and message[at - 1] == 13 else at
                return content_end, after, level, closing
            at += 3

    def _delimiter(self, at: int) -> tuple[int, int, bool] | None:
        """What the "--" line after the LF at `at` delimits: (offset after it, level of its multipart, closing)."""
        message = self._message
        start = at + 3
        end = message.find(b"\n", start, start + limits.BOUNDARY_LINE)
        if end < 0:
            if len(message) - start > limits.BOUNDARY_LINE:
                return None
            end = len(message)
        label = message[start:end].rstrip(b" \t\r")
        levels = self._boundaries.get(label)
        if levels is not None:
            return min(end + 1, len(message)), levels[-1], False
        if label.endswith(b"--"):
            levels = self._boundaries.get(label[:-2])
            if levels is not None:
                return end, levels[-1], True
        return None


def _entity(message: bytes, start: int, body_start: int, default_type: bytes) -> Entity:
    header = Header(message[start:body_start])
    declared = header.first(b"content-type")
    content_type = parameters.parse(declared) if declared else _NO_PARAMETERS
    main, slash, sub = content_type.head.lower().partition(b"/")
    main, sub = main.strip(), sub.strip()
    if not (slash and _TOKEN.match(main) and _TOKEN.match(sub)):
        main, sub = (b"message", b"rfc822") if default_type == b"message" else (b"text", b"plain")
        content_type = parameters.Parameterised(b"", content_type.parameters if declared else ())
    encoding = transfer_encoding(header)
    kind, opaque = Kind.LEAF, False
    if main == b"multipart":
        kind = Kind.MULTIPART
    elif main == b"message" and sub in (b"rfc822", b"global"):
        kind, opaque = (Kind.LEAF, True) if encoding is Encoding.BASE64 else (Kind.MESSAGE, False)
    return Entity(header, main, sub, content_type, encoding, kind, start, body_start, opaque=opaque)


def transfer_encoding(header: Header) -> Encoding:
    """The encoding of a body by the first Content-Transfer-Encoding field, comments left aside."""
    declared = header.first(b"content-transfer-encoding")
    if declared is None:
        return Encoding.IDENTITY
    token = declared.partition(b"(")[0].partition(b";")[0].strip().lower()
    return _ENCODINGS.get(token, Encoding.UNKNOWN)
