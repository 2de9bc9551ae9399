"""Delivery: one message into the INBOX of each local recipient, several at a time, each with its own result.

A recipient who is named in a Delivered-To field already has had this message: it runs in a circle (RFC 5321 §6.3). A subaddress (RFC 5233) stays in INBOX.
Return-Path and Delivered-To are added here, in front of the trace fields of reception (RFC 5321 §4.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from postroom.mda.preparation import Prepared
from postroom.message import trace
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.email import Appended, Arrival, Content, Source
from postroom.model.errors import Defect, MailError, Meaning, NotFound, OverLimit, TryLater
from postroom.model.ids import AccountId, MailboxId
from postroom.model.keywords import Keywords
from postroom.model.mailbox import MailboxRole
from postroom.model.ports import Clock, MailStore

log = structlog.get_logger()

AT_ONCE = 16  # recipients of one message: their commits overlap, and other messages get theirs in between
_REMEMBERED_INBOXES = 10_000  # accounts; a few hundred octets each


@dataclass(frozen=True, slots=True)
class Letter:
    """A message about to be delivered. `prefix` has the trace fields that all recipients share; `prepared` is of the content alone."""

    reverse_path: Address | None
    content: Content
    prefix: bytes
    prepared: Prepared
    source: Source
    keywords: Keywords = field(default=Keywords())


class Delivery:
    """Final delivery (RFC 5598 §4.3.3)."""

    def __init__(self, store: MailStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._inboxes: dict[AccountId, MailboxId] = {}

    async def deliver(self, recipient: Recipient, letter: Letter) -> Appended:
        """Durable on return. Raises OverLimit (OVER_QUOTA, TOO_MANY_HOPS), TryLater."""
        account_id = recipient.account_id
        if account_id is None:
            raise Defect("this recipient is not local", detail=str(recipient.final))
        final = str(recipient.final)
        if letter.prepared.was_delivered_to(final):
            raise OverLimit("this message has been delivered here before", meaning=Meaning.TOO_MANY_HOPS, detail=final)
        front = trace.return_path(str(letter.reverse_path or "")) + trace.delivered_to(final)
        try:
            return await self._append(account_id, front, letter)
        except NotFound as error:
            # the directory knows the account: it is being made or mended, and its mail must not bounce meanwhile
            self._inboxes.pop(account_id, None)
            raise TryLater("the mailbox can't be opened at the moment", detail=error.detail or error.public) from error

    async def deliver_all(self, recipients: Sequence[Recipient], letter: Letter) -> list[MailError | None]:
        """One result each, in order; None is delivered."""
        if len(recipients) == 1:
            return [await self._attempt(recipients[0], letter)]
        room = asyncio.Semaphore(AT_ONCE)

        async def one(recipient: Recipient) -> MailError | None:
            async with room:
                return await self._attempt(recipient, letter)

        return await asyncio.gather(*[one(recipient) for recipient in recipients])

    async def _attempt(self, recipient: Recipient, letter: Letter) -> MailError | None:
        try:
            await self.deliver(recipient, letter)
        except MailError as error:
            return error
        except Exception as error:
            # the others' messages are delivered or not on their own, and this one is tried again
            log.exception("delivery failed", account=recipient.account_id)
            return Defect("internal error", detail=repr(error))
        return None

    async def _append(self, account_id: AccountId, front: bytes, letter: Letter) -> Appended:
        mailbox_id = self._inboxes.get(account_id) or await self._find_inbox(account_id)
        arrival = Arrival(
            mailbox_id,
            letter.content,
            letter.prepared.summary,
            self._clock.now(),
            letter.source,
            letter.keywords,
            front + letter.prefix,
        )
        return (await self._store.append(account_id, [arrival]))[0]

    async def _find_inbox(self, account_id: AccountId) -> MailboxId:
        inbox = await self._store.mailbox_with_role(account_id, MailboxRole.INBOX)
        if inbox is None:
            raise NotFound("this account has no INBOX", meaning=Meaning.NO_SUCH_MAILBOX)
        if len(self._inboxes) >= _REMEMBERED_INBOXES:
            self._inboxes.clear()
        self._inboxes[account_id] = inbox.mailbox_id
        return inbox.mailbox_id
