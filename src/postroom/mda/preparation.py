"""Preparation: what the store keeps of a message, worked out once for all its recipients.

Recipients differ by the trace fields in front (Return-Path, Delivered-To), which the store keeps apart: what is worked out is of the content alone. Large messages are
read and scanned in a thread, few at a time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from postroom.message import limits, trace
from postroom.message.entities import scan
from postroom.message.headers import Header, read_header
from postroom.message.summary import summarise_entity
from postroom.model.email import Content
from postroom.model.errors import TryLater

INLINE_SIZE = 256 * 1024  # octets: a scan of some milliseconds, less than the other sessions notice
LARGE_AT_ONCE = 2  # a scan holds a core, and its message is in memory meanwhile


class Prepared:
    """A scanned message as it came, without any field of ours."""

    __slots__ = ("_header", "summary")

    def __init__(self, content: bytes) -> None:
        root = scan(content)
        self._header = root.header
        self.summary = summarise_entity(content, root)

    @property
    def hops(self) -> int:
        """How many servers it came through."""
        return trace.hops(self._header)

    def was_delivered_to(self, recipient: str) -> bool:
        """Whether it has such a Delivered-To field."""
        own = recipient.casefold()
        return any(value.decode("utf-8", "replace").casefold() == own for value in self._header.all(b"delivered-to"))


class Preparation:
    """One per worker: bounds how many large messages are scanned at the same time."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def prepare(self, content: Content) -> Prepared:
        """Raises TryLater when the staged file can't be read."""
        try:
            if content.size <= INLINE_SIZE:
                return _prepared(content)
            async with self._large:
                return await asyncio.to_thread(_prepared, content)
        except OSError as error:
            raise TryLater("the message can't be read at the moment", detail=str(error)) from error

    @staticmethod
    async def read_header(content: Content) -> Header:
        """Only the header. Raises TryLater."""
        try:
            start = content.data if content.data is not None else await asyncio.to_thread(_start, content.path or "")
        except OSError as error:
            raise TryLater("the message can't be read at the moment", detail=str(error)) from error
        return read_header(start)


def _start(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(limits.HEADER_BLOCK)


def _prepared(content: Content) -> Prepared:
    return Prepared(content.data if content.data is not None else Path(content.path or "").read_bytes())
