"""FETCH of sections and of decoded parts (RFC 3516): content streamed to the client in pieces, never whole in memory when it lies in a file.

RFC 3501 §9 lets no NUL stand in a literal: stored content that has one is sent with 0x80 in its place, as other servers do;
BINARY sends it as it is, in a literal8.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from postroom.access import content
from postroom.access.content import Aspect, StoredContent, Stretch
from postroom.access.decoded import DecodedContent, UnknownEncoding
from postroom.model.errors import MailError
from postroom.servers.connection import ConnectionLost
from postroom.servers.imap.fetching.plan import Plan
from postroom.servers.imap.fetching.rows import small_values
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.fetch import FetchBinarySize, FetchContent, FetchSection
from postroom.wire.imap.grammar.sections import Partial, Section, SectionText
from postroom.wire.imap.responses.messages import binary_head

log = structlog.get_logger()

_ASPECTS = {
    SectionText.ALL: Aspect.ALL,
    SectionText.HEADER: Aspect.HEADER,
    SectionText.TEXT: Aspect.TEXT,
    SectionText.MIME: Aspect.MIME,
}
_OUTPUT = 256 * 1024  # octets queued before the client has to take some
Pieces = AsyncIterator[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class Answer:
    """One item: what stands before its octets, and these where there are any."""

    head: bytes
    pieces: Pieces | None = None


async def send(session: ImapSession, plan: Plan, found: Sequence[tuple[Any, ...]]) -> MailError | None:
    """One response for each row; a message that can't be read is left out, and why is returned."""
    width = len(content.COLUMNS)
    values = list(zip(*small_values(session, plan, found), strict=True)) if plan.small else [()] * len(found)
    numbers = session.fetch_names([row[0] for row in found])
    start = session.fetch_head
    failure: MailError | None = None
    for number, row, small in zip(numbers, found, values, strict=True):
        message = StoredContent(session.open_mailbox, row[-width:])
        try:
            answers = [await _answer(message, item) for item in plan.sections]
            await _send_one(session, start % number + plan.template % small, answers)
        except UnknownEncoding as error:
            failure = error
        except MailError as error:
            log.error("message not readable", session=session.caller.session_id, uid=row[0], reason=error.detail)
            failure = error
    return failure


async def _answer(message: StoredContent, item: FetchContent) -> Answer:
    """Raises MailError, UnknownEncoding among them."""
    if isinstance(item, FetchSection):
        stretch = await located(message, item.section, item.partial)
        if stretch is None or not stretch.size:
            return Answer(item.label + (b" NIL" if stretch is None else b' ""'))
        return Answer(b"%b {%d}\r\n" % (item.label, stretch.size), _without_nul(message.pieces(stretch)))
    if isinstance(item, FetchBinarySize):
        whole = await DecodedContent.open(message, item.part)
        return Answer(b"%b %d" % (item.label, whole.size if whole is not None else 0))
    start, length = (item.partial.start, item.partial.length) if item.partial is not None else (0, None)
    decoded = await DecodedContent.open(message, item.part, start, length)
    if decoded is None:
        return Answer(item.label + b" NIL")
    head = binary_head(item.label, decoded.size, has_nul=decoded.has_nul)
    return Answer(head, decoded.pieces() if decoded.size else None)


async def located(message: StoredContent, named: Section, partial: Partial | None) -> Stretch | None:
    """Which octets are meant; None for a part that is not there."""
    if named.text in _ASPECTS:
        found = message.stretch(named.part, _ASPECTS[named.text])
    else:
        exclude = named.text is SectionText.FIELDS_NOT
        fields = await message.fields(named.part, [name.lower() for name in named.fields], exclude=exclude)
        found = None if fields is None else Stretch(fields, 0, 0)
    return found if found is None or partial is None else found.cut(partial.start, partial.length)


async def _send_one(session: ImapSession, start: bytes, answers: Sequence[Answer]) -> None:
    """Raises MailError while nothing of the message has been queued; later the connection is all that can be given up."""
    separator = b"" if start.endswith(b"(") else b" "
    queued = False
    for answer in answers:
        head = start + separator + answer.head
        if answer.pieces is None:
            session.core.send(head)
        else:
            try:
                first = await anext(answer.pieces)
            except MailError as error:
                if queued:
                    _give_up(session, error)
                raise
            session.core.send(head, first)
            await _send_rest(session, answer.pieces)
        start, separator, queued = b"", b" ", True
    session.core.send(b")\r\n")


async def _send_rest(session: ImapSession, pieces: Pieces) -> None:
    try:
        if session.core.output_size > _OUTPUT:
            await session.flush()
        async for piece in pieces:
            session.core.send(piece)
            if session.core.output_size > _OUTPUT:
                await session.flush()
    except MailError as error:
        _give_up(session, error)


def _give_up(session: ImapSession, error: MailError) -> None:
    """A literal can't be taken back: what was promised can't be sent, so the client must not take anything else for it."""
    log.error("message broke off", session=session.caller.session_id, reason=error.detail)
    session.connection.abort()
    raise ConnectionLost from error


async def _without_nul(pieces: Pieces) -> Pieces:
    async for piece in pieces:
        whole = bytes(piece)
        yield whole.replace(b"\x00", b"\x80") if b"\x00" in whole else whole
