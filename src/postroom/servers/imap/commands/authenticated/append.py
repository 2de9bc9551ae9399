"""APPEND: RFC 3501 §6.3.11, several messages RFC 3502, APPENDUID RFC 4315 §3.

A client that pipelines APPENDs with LITERAL+ gets their commits side by side: while one is on its way to the disk the next is read, and the store groups
them. Replies go out in order, each after its own commit; all are settled before this session waits for more octets or does anything else.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from postroom.access.incoming import IncomingEmail, check_keywords
from postroom.model.email import Appended, Arrival, Source
from postroom.model.errors import MailError, Meaning, NotFound, OverLimit
from postroom.model.mailbox import Mailbox
from postroom.servers.connection import ConnectionLost
from postroom.servers.imap import errors, flags
from postroom.servers.imap.session import ImapSession
from postroom.wire.core import Need
from postroom.wire.imap.commands.authenticated.append import AppendStarted
from postroom.wire.imap.events import AppendEnded, LiteralChunk, LiteralEnded
from postroom.wire.imap.responses.status import Code, Condition, append_uid, status
from postroom.wire.imap.server import Event

log = structlog.get_logger()

_MOST_OWED = 32  # commits under way for one session: at most so many messages are held for it
_MOST_MESSAGES = 1000  # of one APPEND: their small contents wait in memory for the one transaction

Outcome = list[Appended] | MailError


@dataclass(slots=True)
class _Upload:
    """The messages of one APPEND command so far."""

    mailbox: Mailbox
    messages: list[tuple[AppendStarted, IncomingEmail]] = field(default_factory=list)
    error: MailError | None = None

    def discard(self) -> None:
        for _, message in self.messages:
            message.discard()


async def append(session: ImapSession, offer: AppendStarted) -> None:
    """This APPEND and those that are pipelined behind it."""
    following: Event | Need = offer
    problem: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        run = _Run(session, tasks)
        try:
            while isinstance(following, AppendStarted):
                unread = await run.receive(following)
                following = unread if unread is not None else session.core.next_event()
            await run.settle()
        except Exception as error:  # noqa: BLE001 - raised again below: out of a TaskGroup it would come wrapped
            problem = error
    if problem is not None:
        raise problem
    if not isinstance(following, Need):
        session.push_back(following)


class _Run:
    """Consecutive APPENDs of one session."""

    def __init__(self, session: ImapSession, tasks: asyncio.TaskGroup) -> None:
        self._session = session
        self._tasks = tasks
        self._owed: list[tuple[bytes, asyncio.Task[Outcome]]] = []

    async def receive(self, offer: AppendStarted) -> Event | None:
        """Take one whole command and start its commit; returns an event that belongs to somebody else, where one came instead of its end."""
        try:
            upload = _Upload(await self._admitted(offer))
        except MailError as error:
            await self._refuse(error)
            return None
        whole = False
        try:
            event: Event = offer
            while isinstance(event, AppendStarted):
                if not offer.first or upload.messages:
                    offer = event
                    try:
                        await self._admitted(offer, count=len(upload.messages))
                    except MailError as error:
                        await self._refuse(error)
                        return None
                ended = await self._receive_message(offer, upload)
                if not isinstance(ended, LiteralEnded):
                    return ended
                event = await self._next_event()
            if not isinstance(event, AppendEnded):
                return event
            whole = True
        finally:
            if not whole:
                upload.discard()
        if len(self._owed) >= _MOST_OWED:
            await self.settle()
        if self._session.over:
            upload.discard()
            return None
        self._owed.append((self._session.core.defer(), self._tasks.create_task(self._commit(upload))))
        return None

    async def settle(self) -> None:
        """Wait for every commit under way; tell what is new, then answer in order."""
        if not self._owed:
            return
        session = self._session
        owed, self._owed = self._owed, []
        outcomes = [await task for _, task in owed]
        there = await session.tell_changes()
        for (tag, _), outcome in zip(owed, outcomes, strict=True):
            if isinstance(outcome, MailError):
                session.core.send(status(tag, *_reply(outcome)))
            else:
                uids = [appended.uid for appended in outcome]
                session.core.send(status(tag, Condition.OK, "Stored", append_uid(outcome[0].uid_validity, uids)))
        if not there:
            session.end("The mailbox was deleted")

    async def _admitted(self, offer: AppendStarted, count: int = 0) -> Mailbox:
        """Whether the message may be sent at all. Raises MailError."""
        limit = self._session.live.settings.smtp.max_message_size
        if offer.size > limit:
            raise OverLimit(f"a message has at most {limit} octets", meaning=Meaning.TOO_BIG)
        if offer.size == 0:
            raise OverLimit("an empty message is not kept", meaning=Meaning.CONTENT_REFUSED)
        if offer.literal8:
            raise OverLimit("binary literals are not taken", meaning=Meaning.CONTENT_REFUSED)
        if count >= _MOST_MESSAGES:
            raise OverLimit(f"one APPEND has at most {_MOST_MESSAGES} messages")
        check_keywords(flags.keywords(offer.flags))
        return await self._session.account.mailbox(offer.mailbox)

    async def _refuse(self, error: MailError) -> None:
        await self.settle()
        if not self._session.over:
            self._session.core.refuse(*_reply(error))

    async def _receive_message(self, offer: AppendStarted, upload: _Upload) -> Event:
        """Octets to staging; after a failure they are read and dropped, so that the answer finds its place."""
        session = self._session
        message = session.account.incoming()
        upload.messages.append((offer, message))
        session.core.accept_literal()
        while isinstance(event := await self._next_event(), LiteralChunk):
            if upload.error is None:
                try:
                    message.write(event.content)
                except MailError as error:
                    upload.error = error
        return event

    async def _next_event(self) -> Event:
        session = self._session
        while isinstance(event := session.core.next_event(), Need):
            if not session.has_data:
                await self.settle()
            if session.over:
                await session.flush()
                raise ConnectionLost
            await session.read_more()
        return event

    async def _commit(self, upload: _Upload) -> Outcome:
        """Store all messages of one command or none. A failure is its answer and leaves the other commits alone."""
        try:
            if upload.error is not None:
                return upload.error
            arrivals = [await _arrival(offer, message, upload.mailbox) for offer, message in upload.messages]
            return await self._session.account.append(arrivals)
        except MailError as error:
            return error
        except Exception:
            log.exception("append failed", session=self._session.caller.session_id)
            return MailError("internal error")
        finally:
            upload.discard()


async def _arrival(offer: AppendStarted, message: IncomingEmail, mailbox: Mailbox) -> Arrival:
    received_at = int(offer.internal_date.timestamp()) if offer.internal_date is not None else None
    return await message.finish(mailbox.mailbox_id, Source.IMAP, flags.keywords(offer.flags), received_at)


def _reply(error: MailError) -> tuple[Condition, str, bytes | None]:
    if error.detail:
        log.warning("append refused", reason=error.detail)
    condition, text, code = errors.reply(error)
    # RFC 3501 §6.3.11: the client may create the mailbox and try again
    return condition, text, Code.TRYCREATE if isinstance(error, NotFound) else code
