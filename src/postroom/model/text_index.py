"""The full-text index as services ask it, and the mail as the index reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from postroom.message.search.content import SearchText
from postroom.model.ids import AccountId, EmailId, MailboxId

Waiting = Callable[[int, int], Awaitable[None]]
"""Told now and then while messages are indexed before an answer: how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class TextQuery:
    """A text as a person typed it (message.search.matching says what it means), in bodies or, with `header`, in the header's fields too."""

    text: str
    header: bool
    loose: bool = False


class TextIndex(Protocol):
    """Every method may raise TryLater. What is not in the index yet is indexed before the answer: there is no wrong one."""

    @property
    def is_on(self) -> bool:
        """Whether there is an index to be asked; without it, messages are read."""

    async def find(
        self,
        account_id: AccountId,
        asked: TextQuery,
        mailbox_id: MailboxId | None,
        waiting: Waiting | None = None,
        *,
        newest: int | None = None,
    ) -> list[EmailId]:
        """Emails that match, ascending; of the account or, where one is given, at least all that are in the mailbox.

        `newest`: so many of the highest numbers are enough.
        """

    async def candidates(
        self, account_id: AccountId, text: str, mailbox_id: MailboxId | None, waiting: Waiting | None = None
    ) -> list[EmailId] | None:
        """Emails beside which none has the text in a field of its header, ascending; None where that would be most of them."""

    async def texts(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> dict[EmailId, SearchText]:
        """What the index keeps of these; some may be missing."""


@dataclass(frozen=True, slots=True)
class StoredEmail:
    """One email's octets: `data` None where they lie in a file."""

    email_id: EmailId
    blob_id: bytes
    prefix: bytes
    size: int
    data: bytes | None
    path: str | None


class IndexedMail(Protocol):
    """The mail of accounts, as an index reads it."""

    async def last_email_id(self, account_id: AccountId) -> int:
        """The highest number that was ever given. Raises NotFound for an account that is gone."""

    async def email_ids(
        self, account_id: AccountId, above: int, most: int, mailbox_id: MailboxId | None = None
    ) -> list[EmailId]:
        """Emails with higher numbers, ascending; of the account or of one mailbox."""

    async def stored(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> list[StoredEmail]:
        """Those of them that are there."""

    async def read_content(self, account_id: AccountId, path: str, start: int, end: int) -> bytes:
        """Octets of a large content."""

    async def removed(self, account_id: AccountId, most: int) -> list[EmailId]:
        """Emails that left the account and were not told as forgotten yet."""

    async def forget_removed(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> None:
        """The index has done without these."""
