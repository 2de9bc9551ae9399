"""Delivery: one message into the INBOX (or, as junk, the Junk mailbox) of each local recipient, several at a time, each with its own result.

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
_REMEMBERED_MAILBOXES = 10_000  # a few hundred octets each
_JUNK = Keywords.of(("$junk",))


@dataclass(frozen=True, slots=True)
class Letter:
    """A message about to be delivered. `prefix` has the trace fields that all recipients share; `prepared` is of the content alone."""

    reverse_path: Address | None
    content: Content
    prefix: bytes
    prepared: Prepared
    source: Source
    is_junk: bool = False
    """It goes into the mailbox for junk."""
    keywords: Keywords = field(default=Keywords())
    once: str = ""
    """See Arrival."""


class Delivery:
    """Final delivery (RFC 5598 §4.3.3)."""

    def __init__(self, store: MailStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._mailboxes: dict[tuple[AccountId, MailboxRole], MailboxId] = {}

    async def deliver(self, recipient: Recipient, letter: Letter) -> Appended:
        """Durable on return. Raises OverLimit (OVER_QUOTA, TOO_MANY_HOPS), TryLater, Conflict (ALREADY_DELIVERED)."""
        account_id = recipient.account_id
        if account_id is None:
            raise Defect("this recipient is not local", detail=str(recipient.final))
        final = str(recipient.final)
        if letter.prepared.was_delivered_to(final):
            raise OverLimit("this message has been delivered here before", meaning=Meaning.TOO_MANY_HOPS, detail=final)
        front = trace.return_path(str(letter.reverse_path or "")) + trace.delivered_to(final)
        try:
            return await self._append(account_id, front, letter)
        except NotFound:
            # the mailbox has gone since it was found: the user took it away, or the account was made anew
            for role in (MailboxRole.INBOX, MailboxRole.JUNK):
                self._mailboxes.pop((account_id, role), None)
        try:
            return await self._append(account_id, front, letter)
        except NotFound as error:
            # the directory knows the account: it is being made or mended, and its mail must not bounce meanwhile
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
        mailbox_id, keywords = None, letter.keywords
        if letter.is_junk:
            keywords = keywords.with_added(_JUNK)
            mailbox_id = await self._find(account_id, MailboxRole.JUNK)  # who has none gets it with its keyword
        mailbox_id = mailbox_id or await self._find(account_id, MailboxRole.INBOX)
        if mailbox_id is None:
            raise NotFound("this account has no INBOX", meaning=Meaning.NO_SUCH_MAILBOX)
        arrival = Arrival(
            mailbox_id,
            letter.content,
            letter.prepared.summary,
            self._clock.now(),
            letter.source,
            keywords,
            front + letter.prefix,
            once=letter.once,
        )
        return (await self._store.append(account_id, [arrival]))[0]

    async def _find(self, account_id: AccountId, role: MailboxRole) -> MailboxId | None:
        key = (account_id, role)
        known = self._mailboxes.get(key)
        if known is not None:
            return known
        mailbox = await self._store.mailbox_with_role(account_id, role)
        if mailbox is None:
            return None
        if len(self._mailboxes) >= _REMEMBERED_MAILBOXES:
            self._mailboxes.clear()
        self._mailboxes[key] = mailbox.mailbox_id
        return mailbox.mailbox_id
