"""FETCH of sections: content streamed to the client in pieces, never whole in memory when it lies in a file.

RFC 3501 §9 lets no NUL stand in a literal: stored content that has one is sent with 0x80 in its place, as other servers do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog

from postroom.access import content
from postroom.access.content import Aspect, StoredContent, Stretch
from postroom.model.errors import MailError
from postroom.servers.connection import ConnectionLost
from postroom.servers.imap.fetching.plan import Plan
from postroom.servers.imap.fetching.rows import small_values
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.fetch import FetchSection
from postroom.wire.imap.grammar.sections import SectionText

log = structlog.get_logger()

_ASPECTS = {
    SectionText.ALL: Aspect.ALL,
    SectionText.HEADER: Aspect.HEADER,
    SectionText.TEXT: Aspect.TEXT,
    SectionText.MIME: Aspect.MIME,
}
_OUTPUT = 256 * 1024  # octets queued before the client has to take some
Part = tuple[bytes, Stretch | None]


async def send(session: ImapSession, plan: Plan, found: Sequence[tuple[Any, ...]]) -> MailError | None:
    """One response for each row; a message that can't be read is left out, and why is returned."""
    width = len(content.COLUMNS)
    values = list(zip(*small_values(session, plan, found), strict=True)) if plan.small else [()] * len(found)
    numbers = session.view.sequence_numbers([row[0] for row in found])
    failure: MailError | None = None
    for number, row, small in zip(numbers, found, values, strict=True):
        message = StoredContent(session.open_mailbox, row[-width:])
        try:
            parts = [(section.label, await _located(message, section)) for section in plan.sections]
            await _send_one(session, message, b"* %d FETCH (" % number + plan.template % small, parts)
        except MailError as error:
            log.error("message not readable", session=session.caller.session_id, uid=row[0], reason=error.detail)
            failure = error
    return failure


async def _located(message: StoredContent, section: FetchSection) -> Stretch | None:
    """Which octets are meant; None for a part that is not there."""
    named, partial = section.section, section.partial
    if named.text in _ASPECTS:
        found = message.stretch(named.part, _ASPECTS[named.text])
    else:
        exclude = named.text is SectionText.FIELDS_NOT
        fields = await message.fields(named.part, [name.lower() for name in named.fields], exclude=exclude)
        found = None if fields is None else Stretch(fields, 0, 0)
    return found if found is None or partial is None else found.cut(partial.start, partial.length)


async def _send_one(session: ImapSession, message: StoredContent, start: bytes, parts: Sequence[Part]) -> None:
    """Raises MailError while nothing of the message has been queued; later the connection is all that can be given up."""
    separator = b"" if start.endswith(b"(") else b" "
    queued = False
    for label, stretch in parts:
        if stretch is None or not stretch.size:
            piece = start + separator + label + (b" NIL" if stretch is None else b' ""')
            session.core.send(piece)
        else:
            pieces = message.pieces(stretch)
            try:
                first = await anext(pieces)
            except MailError as error:
                if queued:
                    _give_up(session, error)
                raise
            session.core.send(start + separator + b"%b {%d}\r\n" % (label, stretch.size), _sendable(first))
            await _send_rest(session, pieces)
        start, separator, queued = b"", b" ", True
    session.core.send(b")\r\n")


async def _send_rest(session: ImapSession, pieces: AsyncIterator[bytes | memoryview]) -> None:
    try:
        if session.core.output_size > _OUTPUT:
            await session.flush()
        async for piece in pieces:
            session.core.send(_sendable(piece))
            if session.core.output_size > _OUTPUT:
                await session.flush()
    except MailError as error:
        _give_up(session, error)


def _give_up(session: ImapSession, error: MailError) -> None:
    """A literal can't be taken back: what was promised can't be sent, so the client must not take anything else for it."""
    log.error("message broke off", session=session.caller.session_id, reason=error.detail)
    session.connection.abort()
    raise ConnectionLost from error


def _sendable(piece: bytes | memoryview) -> bytes:
    whole = bytes(piece)
    return whole.replace(b"\x00", b"\x80") if b"\x00" in whole else whole
