"""FileTextIndex: the TextIndex port over one index file per account.

What is not in the index yet goes into it before the answer; where that can't be (a full disk, a file that breaks again and again), messages are read instead. So
there is an answer as long as the mail can be read, and it is the one that a scan gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog

from postroom.index.index_file import IndexDamagedError, IndexFile
from postroom.index.index_files import IndexFiles, IndexUnusable
from postroom.index.indexing import BATCH, Indexing
from postroom.index.searching import Asked, asked, find, header_candidates
from postroom.message.search.content import SearchText
from postroom.model.ids import AccountId, EmailId, MailboxId
from postroom.model.text_index import IndexedMail, TextQuery, Waiting
from postroom.settings.search import SearchSettings

log = structlog.get_logger()
T = TypeVar("T")

_ATTEMPTS = 2  # with an index made anew
_LISTED = 5000  # emails listed at a time
_FEW = 200  # new emails of an account that are indexed whichever mailbox was asked for
_MOST_CANDIDATES = 20_000  # for a header's field; with more, looking at all is as quick


class FileTextIndex:
    """See model.text_index.TextIndex."""

    def __init__(
        self, mail: IndexedMail, files: IndexFiles, indexing: Indexing, settings: Callable[[], SearchSettings]
    ) -> None:
        self._mail = mail
        self._files = files
        self._indexing = indexing
        self._settings = settings

    @property
    def is_on(self) -> bool:
        return self._settings().enabled

    @property
    def whole_cjk(self) -> bool:
        return not self._settings().cjk_characters

    async def find(
        self,
        account_id: AccountId,
        asked_for: TextQuery,
        mailbox_id: MailboxId | None,
        waiting: Waiting | None = None,
        *,
        newest: int | None = None,
    ) -> list[EmailId]:
        if not await self._mail.last_email_id(account_id):
            return []
        question = asked(asked_for.text, header=asked_for.header, loose=asked_for.loose, whole_cjk=self.whole_cjk)
        answer = await self._ask(account_id, mailbox_id, waiting, lambda file: find(file, question, newest))
        if answer is None:
            return await self._scan(account_id, question, await self._listed(account_id, 0, mailbox_id), waiting)
        found, left = answer
        if left:
            found = sorted({*found, *await self._scan(account_id, question, left, waiting)})
        return [EmailId(email_id) for email_id in found]

    async def candidates(
        self, account_id: AccountId, text: str, mailbox_id: MailboxId | None, waiting: Waiting | None = None
    ) -> list[EmailId] | None:
        if not await self._mail.last_email_id(account_id):
            return []
        answer = await self._ask(
            account_id, mailbox_id, waiting, lambda file: header_candidates(file, text, _MOST_CANDIDATES)
        )
        found, left = answer or (None, [])
        if found is None:
            return None
        return [EmailId(email_id) for email_id in sorted({*found, *left})]

    async def texts(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> dict[EmailId, SearchText]:
        try:
            async with self._files.use(account_id) as file:
                return await self._files.run(lambda: _kept_texts(file, email_ids))
        except IndexDamagedError as error:
            await self._discard(account_id, str(error))
        except IndexUnusable as error:
            log.warning("index not used", account=account_id, reason=error.detail or error.public)
        return {}

    async def _ask(
        self,
        account_id: AccountId,
        mailbox_id: MailboxId | None,
        waiting: Waiting | None,
        question: Callable[[IndexFile], T],
    ) -> tuple[T, list[EmailId]] | None:
        """The answer of an index that has all it can have, and emails that it could not take; None where there is none to be asked."""
        for _ in range(_ATTEMPTS):
            try:
                async with self._files.use(account_id) as file:
                    left = await self._catch_up(account_id, file, mailbox_id, waiting)
                    return await self._files.run(partial(question, file)), left
            except IndexDamagedError as error:
                await self._discard(account_id, str(error))
            except IndexUnusable as error:
                log.warning("index not used", account=account_id, reason=error.detail or error.public)
                break
        return None

    async def _discard(self, account_id: AccountId, reason: str) -> None:
        try:
            await self._files.discard(account_id, reason)
        except IndexUnusable as error:
            log.warning("index not used", account=account_id, reason=error.detail or error.public)

    async def _catch_up(
        self, account_id: AccountId, file: IndexFile, mailbox_id: MailboxId | None, waiting: Waiting | None
    ) -> list[EmailId]:
        """What is wanted is in the index; returns what could not be put there. Raises MailError for mail that can't be read."""
        last = await self._mail.last_email_id(account_id)
        if file.known_to >= last:
            return []
        reached = await self._files.run(lambda: file.indexed_to)
        if reached >= last:
            return []
        new = await self._mail.email_ids(account_id, EmailId(reached), _FEW + 1)
        if len(new) > _FEW:
            new = await self._listed(account_id, reached, mailbox_id)
            mailbox_only = mailbox_id is not None
        else:
            mailbox_only = False
        there: set[int] = set()
        for at in range(0, len(new), _LISTED):
            there |= await self._files.run(lambda at=at: file.present(new[at : at + _LISTED]))  # type: ignore[misc]
        missing = [email_id for email_id in new if email_id not in there]
        done = 0

        async def told(count: int) -> None:
            nonlocal done
            done += count
            if waiting is not None:
                await waiting(done, len(missing))

        if waiting is not None and len(missing) > BATCH:
            await waiting(0, len(missing))
        try:
            await self._indexing.add(account_id, file, missing, told)
            if mailbox_only:
                await self._advance(account_id, file, reached)
            else:
                # all up to `last` were there when they were listed
                await self._files.run(lambda: file.advance(last))
        except IndexUnusable as error:
            log.warning("index not written", account=account_id, reason=error.detail or error.public)
            return missing[max(done - BATCH, 0) :]
        return []

    async def _advance(self, account_id: AccountId, file: IndexFile, reached: int) -> None:
        """What searches of mailboxes have left no gap in need not be looked for again."""
        above = EmailId(reached)
        while some := await self._mail.email_ids(account_id, above, _LISTED):
            there = await self._files.run(lambda some=some: file.present(some))  # type: ignore[misc]
            missing = next((email_id for email_id in some if email_id not in there), None)
            above = EmailId(missing - 1) if missing is not None else some[-1]
            await self._files.run(lambda above=above: file.advance(above))  # type: ignore[misc]
            if missing is not None:
                return

    async def _listed(self, account_id: AccountId, above: int, mailbox_id: MailboxId | None) -> list[EmailId]:
        found: list[EmailId] = []
        while True:
            some = await self._mail.email_ids(account_id, above, _LISTED, mailbox_id)
            found += some
            if len(some) < _LISTED:
                return found
            above = some[-1]

    async def _scan(
        self, account_id: AccountId, question: Asked, email_ids: Sequence[EmailId], waiting: Waiting | None
    ) -> list[EmailId]:
        """Messages are read. Raises MailError for one that can't be."""
        found: list[EmailId] = []
        for at in range(0, len(email_ids), BATCH):
            for email_id, text in await self._indexing.texts(account_id, email_ids[at : at + BATCH]):
                if question.matches(text.header, "\n".join(text.bodies)):
                    found.append(email_id)
            if waiting is not None:
                await waiting(at, len(email_ids))
        return found


def _kept_texts(file: IndexFile, email_ids: Sequence[EmailId]) -> dict[EmailId, SearchText]:
    return {
        EmailId(email_id): SearchText(file.unpacked(header), tuple(file.unpacked(bodies).split("\n")))
        for email_id, header, bodies in file.kept(email_ids)
    }
