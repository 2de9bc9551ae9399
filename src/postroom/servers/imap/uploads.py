"""Upload: the messages of one APPEND or REPLACE on their way in: literals as they come, and what CATENATE's URLs name.

A refusal is told as soon as the core has an offer to refuse (before the client sends what nobody wants), or in place of the command's success.
RFC 3501 §6.3.11, RFC 3502, RFC 4469, RFC 3516 §4.4, RFC 6855 §4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from postroom.access.incoming import IncomingEmail, check_keywords
from postroom.model.email import Arrival, Source
from postroom.model.errors import MailError, Malformed, Meaning, NotFound, OverLimit
from postroom.model.mailbox import Mailbox
from postroom.servers.connection import ConnectionLost
from postroom.servers.imap import errors, flags
from postroom.servers.imap.fetching.bodies import located
from postroom.servers.imap.session import ImapSession
from postroom.wire.core import Need
from postroom.wire.imap.commands.authenticated.append import AppendStarted, CatenateStarted, UrlPart
from postroom.wire.imap.events import AppendEnded, LiteralChunk, LiteralEnded
from postroom.wire.imap.grammar.urls import MessageUrl, message_url
from postroom.wire.imap.responses.status import Code, Condition, bad_url
from postroom.wire.imap.server import Event

log = structlog.get_logger()

_MOST_MESSAGES = 1000  # of one APPEND: their small contents wait in memory for the one transaction


class BadUrl(Malformed):
    """A URL of CATENATE names nothing that this account may read."""

    def __init__(self, url: bytes) -> None:
        super().__init__("this URL names no message here")
        self.url = url


@dataclass(slots=True)
class Upload:
    """`target` None where there is no such mailbox, which `error` tells then."""

    target: Mailbox | None = None
    messages: list[tuple[AppendStarted | CatenateStarted, IncomingEmail]] = field(default_factory=list)
    error: MailError | None = None

    def discard(self) -> None:
        """Drop what was staged."""
        for _, message in self.messages:
            message.discard()

    async def arrivals(self) -> list[Arrival]:
        """Every message, whole. Raises MailError."""
        if self.error is not None:
            raise self.error
        assert self.target is not None
        return [await _arrival(offer, message, self.target) for offer, message in self.messages]


class Receiver:
    """Reads one command's messages; `before_waiting` is called whenever the session is about to wait for the client."""

    def __init__(self, session: ImapSession, before_waiting: Callable[[], Awaitable[None]]) -> None:
        self._session = session
        self._before_waiting = before_waiting

    async def receive(self, event: Event, upload: Upload) -> Event | None:
        """Up to AppendEnded, which is returned; another event is one that came instead, None means refused and answered."""
        while True:
            if isinstance(event, AppendStarted):
                try:
                    await self._admit(event, upload)
                except MailError as error:
                    await self._before_waiting()
                    if not self._session.over:
                        self._session.core.refuse(*reply(error))
                    return None
                event = await self._receive_literal(upload)
                if not isinstance(event, LiteralEnded):
                    return event
            elif isinstance(event, CatenateStarted):
                await self._begin(event, upload)
            elif isinstance(event, UrlPart):
                await self._copy(event.url, upload)
            else:
                return event
            event = await self.next_event()

    async def _admit(self, offer: AppendStarted, upload: Upload) -> None:
        """Whether these octets may be sent at all. Raises MailError."""
        limit = self._session.live.settings.smtp.max_message_size
        before = upload.messages[-1][1].size if offer.part and upload.messages else 0
        if before + offer.size > limit:
            raise _too_big(limit)
        if not offer.part:
            if offer.size == 0:
                raise OverLimit("an empty message is not kept", meaning=Meaning.CONTENT_REFUSED)
            await self._begin(offer, upload)
        if upload.error is not None:
            raise upload.error

    async def _begin(self, offer: AppendStarted | CatenateStarted, upload: Upload) -> None:
        try:
            if len(upload.messages) >= _MOST_MESSAGES:
                raise OverLimit(f"one APPEND has at most {_MOST_MESSAGES} messages")
            check_keywords(flags.keywords(offer.flags))
            if upload.target is None:
                upload.target = await self._session.account.mailbox(offer.mailbox)
        except MailError as error:
            upload.error = upload.error or error
        upload.messages.append((offer, self._session.account.incoming()))

    async def _receive_literal(self, upload: Upload) -> Event:
        """Octets to staging; after a failure they are read and dropped, so that the answer finds its place."""
        message = upload.messages[-1][1]
        self._session.core.accept_literal()
        while isinstance(event := await self.next_event(), LiteralChunk):
            self._write(message, event.content, upload)
        return event

    def _write(self, message: IncomingEmail, data: bytes | memoryview, upload: Upload) -> None:
        if upload.error is None:
            try:
                message.write(bytes(data))
            except MailError as error:
                upload.error = error

    async def _copy(self, url: bytes, upload: Upload) -> None:
        """What the URL names becomes part of the message."""
        if upload.error is not None:
            return
        message = upload.messages[-1][1]
        limit = self._session.live.settings.smtp.max_message_size
        try:
            named = message_url(url)
            stored = await self._session.account.stored(*await self._place(named)) if named is not None else None
            stretch = None if stored is None or named is None else await located(stored, named.section, named.partial)
            if stored is None or stretch is None:
                raise BadUrl(url)
            if message.size + stretch.size > limit:
                raise _too_big(limit)
            async for piece in stored.pieces(stretch):
                self._write(message, piece, upload)
                await self._session.flush_some()
        except NotFound:
            upload.error = BadUrl(url)
        except MailError as error:
            upload.error = error

    async def _place(self, url: MessageUrl) -> tuple[Mailbox, int]:
        """Raises NotFound."""
        if url.mailbox is not None:
            mailbox = await self._session.account.mailbox(url.mailbox)
        elif self._session.selected is not None:
            mailbox = self._session.selected.mailbox
        else:
            raise NotFound("no mailbox is selected")
        if url.uid_validity not in (None, mailbox.uid_validity):
            raise NotFound("the mailbox is another one")
        return mailbox, url.uid

    async def next_event(self) -> Event:
        """The core's next event. Raises ConnectionLost once the session is over."""
        session = self._session
        while isinstance(event := session.core.next_event(), Need):
            if not session.has_data:
                await self._before_waiting()
            if session.over:
                await session.flush()
                raise ConnectionLost
            await session.read_more()
        return event


def is_whole(event: Event | None) -> bool:
    """Whether `receive` got all there was."""
    return isinstance(event, AppendEnded)


def _too_big(limit: int) -> OverLimit:
    return OverLimit(f"a message has at most {limit} octets", meaning=Meaning.TOO_BIG)


async def _arrival(offer: AppendStarted | CatenateStarted, message: IncomingEmail, mailbox: Mailbox) -> Arrival:
    return await message.finish(mailbox.mailbox_id, Source.IMAP, flags.keywords(offer.flags), offer.internal_date)


def reply(error: MailError) -> tuple[Condition, str, bytes | None]:
    """A refusal of APPEND or REPLACE."""
    if error.detail:
        log.warning("append refused", reason=error.detail)
    condition, text, code = errors.reply(error)
    if isinstance(error, BadUrl):
        return Condition.NO, text, bad_url(error.url)
    # RFC 3501 §6.3.11: the client may create the mailbox and try again
    missing = isinstance(error, NotFound) and error.meaning is Meaning.NO_SUCH_MAILBOX
    return condition, text, Code.TRYCREATE if missing else code
