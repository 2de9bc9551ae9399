"""DecodedContent: a part of a stored message with its transfer encoding taken off, in pieces.

How much that gives is known only when it has been done: `open` decodes once to count, and keeps what it found when it is small; what is larger is decoded
again while it is sent. Memory: `_KEPT` or two pieces, whatever the part's size. Other sessions have their turn after each piece (about 5 ms).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from postroom.access.content import Aspect, StoredContent, Stretch
from postroom.message.entities import Encoding, Kind
from postroom.message.transfer import TransferDecoder
from postroom.model.errors import Malformed, Meaning

_KEPT = 1024 * 1024  # decoded octets that wait in memory rather than being decoded twice


class UnknownEncoding(Malformed):
    """The part's Content-Transfer-Encoding is none that we know."""

    meaning = Meaning.CONTENT_REFUSED


@dataclass(frozen=True, slots=True)
class DecodedContent:
    """Octets `start` to `start + size` of the decoded part."""

    message: StoredContent
    stretch: Stretch
    encoding: Encoding
    start: int
    size: int
    has_nul: bool
    kept: bytes | None

    @classmethod
    async def open(
        cls, message: StoredContent, path: tuple[int, ...], start: int = 0, length: int | None = None
    ) -> DecodedContent | None:
        """None where there is no such part. Raises UnknownEncoding; TryLater when the content can't be read."""
        stretch = message.stretch(path, Aspect.ALL)
        part = message.tree.find(path)
        if stretch is None or part is None:
            return None
        encoding = part.encoding if path and part.kind is Kind.LEAF else Encoding.IDENTITY
        if encoding is Encoding.UNKNOWN:
            raise UnknownEncoding("this transfer encoding is not known")
        size = 0
        has_nul = False
        kept: list[bytes] | None = []
        async for piece in _decoded(message, stretch, encoding, start, length):
            size += len(piece)
            has_nul = has_nul or b"\x00" in piece
            if size > _KEPT:
                kept = None
            elif kept is not None:
                kept.append(piece)
        whole = None if kept is None else b"".join(kept)
        return cls(message, stretch, encoding, start, size, has_nul, whole)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The octets in order."""
        if self.kept is not None:
            yield self.kept
            return
        async for piece in _decoded(self.message, self.stretch, self.encoding, self.start, self.size):
            yield piece


async def _decoded(
    message: StoredContent, stretch: Stretch, encoding: Encoding, start: int, length: int | None
) -> AsyncIterator[bytes]:
    """Pieces of the decoded octets from `start`, `length` at most; no further than these is decoded."""
    decoder = TransferDecoder(encoding)
    left = length
    skip = start
    async for raw in message.pieces(stretch):
        piece = decoder.decode(raw)
        skipped, skip = min(skip, len(piece)), max(skip - len(piece), 0)
        piece = piece[skipped:] if left is None else piece[skipped : skipped + left]
        if piece:
            yield piece
        if left is not None:
            left -= len(piece)
            if not left:
                return
        await asyncio.sleep(0)
    piece = decoder.rest()[skip:][:left]
    if piece:
        yield piece
