"""APPEND: RFC 3501 §6.3.11, several messages RFC 3502, CATENATE RFC 4469, APPENDUID RFC 4315 §3.

A client that pipelines APPENDs with LITERAL+ gets their commits side by side: while one is on its way to the disk the next is read, and the store groups
them. Replies go out in order, each after its own commit; all are settled before this session waits for more octets or does anything else.
"""

from __future__ import annotations

import asyncio

import structlog

from postroom.model.email import Appended
from postroom.model.errors import MailError
from postroom.servers.imap.session import ImapSession
from postroom.servers.imap.uploads import Receiver, Upload, is_whole, reply
from postroom.wire.core import Need
from postroom.wire.imap.commands.authenticated.append import AppendStarted, CatenateStarted
from postroom.wire.imap.responses.status import Condition, append_uid, status
from postroom.wire.imap.server import Event

log = structlog.get_logger()

_MOST_OWED = 32  # commits under way for one session: at most so many messages are held for it

Outcome = list[Appended] | MailError


async def append(session: ImapSession, offer: AppendStarted | CatenateStarted) -> None:
    """This APPEND and those that are pipelined behind it."""
    following: Event | Need = offer
    problem: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        run = _Run(session, tasks)
        try:
            while isinstance(following, AppendStarted | CatenateStarted):
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
        self._receiver = Receiver(session, self.settle)

    async def receive(self, offer: AppendStarted | CatenateStarted) -> Event | None:
        """Take one whole command and start its commit; returns an event that belongs to somebody else, where one came instead of its end."""
        upload = Upload()
        whole = False
        try:
            event = await self._receiver.receive(offer, upload)
            if not is_whole(event):
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
                session.core.send(status(tag, *reply(outcome)))
            else:
                uids = [appended.uid for appended in outcome]
                session.core.send(status(tag, Condition.OK, "Stored", append_uid(outcome[0].uid_validity, uids)))
        if not there:
            session.end("The mailbox was deleted")

    async def _commit(self, upload: Upload) -> Outcome:
        """Store all messages of one command or none. A failure is its answer and leaves the other commits alone."""
        try:
            stored = await self._session.account.append(await upload.arrivals())
            self._session.put_messages(*(appended.mod_seq for appended in stored))
            return stored
        except MailError as error:
            return error
        except Exception:
            log.exception("append failed", session=self._session.caller.session_id)
            return MailError("internal error")
        finally:
            upload.discard()
