"""StoredContent: one message as it is seen: its trace prefix, then its content, which lies in the row or in a file.

Offsets of the stored part tree are of the content alone; a `Stretch` is a run of octets of the message as seen, made of up to two sources, and knows its
length before anything is read. Only what is asked for is read, in pieces.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from postroom.message import parts
from postroom.message.headers import Header
from postroom.model.email import Column

PIECE = 256 * 1024  # octets read from a file and handed on at a time
COLUMNS = (Column.SIZE, Column.PARTS, Column.PREFIX, Column.CONTENT, Column.CONTENT_PATH)


class Aspect(Enum):
    """What of a part is meant; the values are those of message.parts."""

    ALL = ""
    HEADER = "HEADER"
    TEXT = "TEXT"
    MIME = "MIME"


class ContentSource(Protocol):
    """Where large contents are read: a SelectedMailbox, an AccountMail."""

    async def read_content(self, path: str, start: int, end: int) -> bytes:
        """A stretch of a large content. Raises TryLater for this message only."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Octets `start` to `end` of the content, behind `before`, which is in memory already."""

    before: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        """Octets in all."""
        return len(self.before) + self.end - self.start

    def cut(self, start: int, length: int) -> Stretch:
        """A part of it; past its end nothing."""
        start = min(start, self.size)
        end = min(start + length, self.size)
        head = len(self.before)
        return Stretch(
            self.before[start:end], self.start + max(start - head, 0), self.start + max(end - head, start - head, 0)
        )


class StoredContent:
    """One row of COLUMNS, opened."""

    __slots__ = ("_data", "_parts", "_path", "_source", "_tree", "prefix", "size")

    def __init__(self, source: ContentSource, row: tuple[int, bytes, bytes | None, bytes | None, str | None]) -> None:
        size, self._parts, prefix, self._data, self._path = row
        self._source = source
        self._tree: parts.Part | None = None
        self.prefix = prefix or b""
        self.size = size - len(self.prefix)

    @property
    def tree(self) -> parts.Part:
        """The part tree, read when it is first needed."""
        if self._tree is None:
            self._tree = parts.from_bytes(self._parts)
        return self._tree

    def stretch(self, path: tuple[int, ...], aspect: Aspect) -> Stretch | None:
        """Where a section lies, or None when the message has no such part."""
        if not path and aspect is Aspect.ALL:
            return Stretch(self.prefix, 0, self.size)
        found = self.tree.section(path, aspect.value)
        if found is None:
            return None
        before = self.prefix if not path and aspect is Aspect.HEADER else b""
        return Stretch(before, *found)

    async def fields(self, path: tuple[int, ...], names: Sequence[bytes], *, exclude: bool) -> bytes | None:
        """The header fields of those names, or the others, and an empty line."""
        found = self.stretch(path, Aspect.HEADER)
        if found is None:
            return None
        raw = await self.read(found)
        if b"\n" not in raw:
            raw = raw.replace(b"\r", b"\n")
        return Header(raw).select(names, exclude=exclude)

    async def read(self, stretch: Stretch) -> bytes:
        """All of it: for headers and for search."""
        pieces = [bytes(piece) async for piece in self.pieces(stretch)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def pieces(self, stretch: Stretch) -> AsyncIterator[bytes | memoryview]:
        """The octets in order. Raises TryLater when the file can't be read; one that is missing, before anything was given."""
        start, end = stretch.start, stretch.end
        if self._data is None and stretch.before and start < end:
            # not the fields in front alone: whoever has sent those has promised the rest
            stop = min(start + PIECE, end)
            yield stretch.before + await self._source.read_content(self._path or "", start, stop)
            start = stop
        elif stretch.before:
            yield stretch.before
        if self._data is not None:
            if start < end:
                yield self._data if end - start == len(self._data) else memoryview(self._data)[start:end]
            return
        while start < end:
            stop = min(start + PIECE, end)
            yield await self._source.read_content(self._path or "", start, stop)
            start = stop
