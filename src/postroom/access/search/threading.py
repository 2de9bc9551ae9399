"""The facts by which THREAD arranges messages, gathered from columns and header caches (RFC 5256 §3)."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence
from functools import lru_cache

from postroom.access import ranges
from postroom.access.search.headers import read_headers
from postroom.access.search.look_up import Progress
from postroom.access.selected import SelectedMailbox
from postroom.message import conversations, threads
from postroom.message.conversations import Node, Threadable
from postroom.message.fields import words
from postroom.message.fields.casemap import casemap
from postroom.message.headers import Header
from postroom.model.email import Column

_COLUMNS = (Column.UID, Column.SENT_AT, Column.RECEIVED_AT, Column.BASE_SUBJECT)
_FIELDS = (b"message-id", b"references", b"in-reply-to", b"subject")
_IN_THREAD = 2000  # messages above which arranging leaves the loop: some 20 ms

_mapped = lru_cache(8192)(casemap)


class Algorithm(enum.Enum):
    """How messages are put together."""

    ORDEREDSUBJECT = "orderedsubject"
    REFERENCES = "references"


async def thread(
    selected: SelectedMailbox, uids: Sequence[int], algorithm: Algorithm, progress: Progress | None = None
) -> list[Node]:
    """These ascending UIDs as trees; the number of each message is its UID."""
    by_references = algorithm is Algorithm.REFERENCES
    columns = (*_COLUMNS, Column.HEADER_CACHE) if by_references else _COLUMNS
    found: list[Threadable] = []
    for at in range(0, len(uids), ranges.ROWS):
        if progress is not None:
            await progress(at, len(uids))
        rows = await selected.fetch(ranges.of(uids[at : at + ranges.ROWS]), columns)
        headers = await read_headers(selected, [(row[0], row[4]) for row in rows], _FIELDS) if by_references else {}
        for uid, sent_at, received_at, subject, *_ in rows:
            moment = received_at if sent_at is None else sent_at
            found.append(_threadable(uid, moment, _mapped(subject), headers.get(uid)))
        await asyncio.sleep(0)
    arrange = conversations.by_references if by_references else conversations.ordered_subject
    return await asyncio.to_thread(arrange, found) if len(found) > _IN_THREAD else arrange(found)


def _threadable(uid: int, moment: int, subject: str, header: Header | None) -> Threadable:
    if header is None:
        return Threadable(uid, moment, subject)
    is_reply = threads.is_reply_or_forward(words.decode(header.first(b"subject") or b""))
    return Threadable(uid, moment, subject, is_reply, threads.message_id(header), _references(header))


def _references(header: Header) -> tuple[str, ...]:
    """RFC 5256 §3 step 1: References where it has any, else the first of In-Reply-To."""
    found = threads.references(header, in_reply_to=False)
    if found:
        return found
    for value in header.all(b"in-reply-to"):
        answered = threads.message_ids(value)
        if answered:
            return tuple(answered[:1])
    return ()
