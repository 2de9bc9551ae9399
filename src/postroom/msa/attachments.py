"""The largest attachment that a domain lets its accounts send (SPEC 2, usage limits), in octets as the recipient saves it.

A message that is no larger than the limit has no larger attachment, so that only large ones are looked into; those in a thread, few at a time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from postroom.message.entities import Encoding, Entity, Kind, scan
from postroom.model.email import Content
from postroom.model.errors import Meaning, OverLimit, TryLater

_AT_ONCE = 2  # a scan holds a core, and its message is in memory meanwhile


@dataclass(frozen=True, slots=True)
class AttachmentLimit:
    """See mta.transaction.Inspector; `turns` bounds all of a worker."""

    largest: int
    turns: asyncio.Semaphore

    async def inspect(self, content: Content) -> None:
        """Raises OverLimit (TOO_BIG), TryLater."""
        if content.size <= self.largest:
            return
        try:
            async with self.turns:
                found = await asyncio.to_thread(_largest_of, content)
        except OSError as error:
            raise TryLater("the message can't be read at the moment", detail=str(error)) from error
        if found > self.largest:
            raise OverLimit(f"an attachment may have at most {self.largest} octets here", meaning=Meaning.TOO_BIG)


def new_turns() -> asyncio.Semaphore:
    return asyncio.Semaphore(_AT_ONCE)


def _largest_of(content: Content) -> int:
    message = content.data if content.data is not None else Path(content.path or "").read_bytes()
    return largest_attachment(message)


def largest_attachment(message: bytes) -> int:
    """Octets of the largest, decoded; 0 where there is none. Text that stands in the message itself is none."""
    root = scan(message)
    return max((_size(message, entity) for entity in root.walk() if _is_attachment(entity, root)), default=0)


def _is_attachment(entity: Entity, root: Entity) -> bool:
    if entity.kind is Kind.MULTIPART or (entity is root and entity.kind is Kind.MESSAGE):
        return False
    disposition = (entity.header.first(b"content-disposition") or b"").strip().lower()
    return entity.main_type != b"text" or disposition.startswith(b"attachment")


def _size(message: bytes, entity: Entity) -> int:
    start, end = entity.body_start, entity.body_end
    if entity.encoding is not Encoding.BASE64:
        return end - start
    # four letters are three octets; a line that stands by itself has its end, and = at the end stands for nothing
    ends = message.count(b"\n", start, end) + message.count(b"\r", start, end)
    return (end - start - ends - message.count(b"=", max(start, end - 8), end)) * 3 // 4
