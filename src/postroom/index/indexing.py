"""Indexing: emails of an account read, analysed and put into its index, a batch at a time; written once for the follower and for searches that need them now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from postroom.index.analyse import tokens
from postroom.index.index_file import Entry, IndexFile
from postroom.index.index_files import IndexFiles
from postroom.message.search.content import ReadDocument, SearchText, search_text
from postroom.model.errors import MailError
from postroom.model.ids import AccountId, EmailId
from postroom.model.text_index import IndexedMail, StoredEmail

log = structlog.get_logger()

BATCH = 50  # messages in one transaction
_BATCH_OCTETS = 4 * 1024 * 1024  # of messages in memory; one larger than this is alone
_PIECE = 1024 * 1024  # octets read from a large content at a time
_KEPT_OF_BLOB = 8  # octets of a blob_id: two emails are told apart

Done = Callable[[int], Awaitable[None]]
"""Told of each batch: how many messages were looked at since the last call."""


class Indexing:
    """For one process. `whole_cjk` says by which rule tokens are made now."""

    def __init__(
        self, mail: IndexedMail, files: IndexFiles, read_document: ReadDocument, whole_cjk: Callable[[], bool]
    ) -> None:
        self._mail = mail
        self._files = files
        self._read_document = read_document
        self._whole_cjk = whole_cjk

    async def add(
        self,
        account_id: AccountId,
        file: IndexFile,
        email_ids: Sequence[EmailId],
        done: Done,
        *,
        tolerant: bool = False,
    ) -> list[EmailId]:
        """Those that are not there yet. Returns those that can't be read, where `tolerant`; else raises what keeps them from it.

        Raises IndexDamagedError, IndexUnusable.
        """
        unreadable: list[EmailId] = []
        for at in range(0, len(email_ids), BATCH):
            some = email_ids[at : at + BATCH]
            there = await self._files.run(lambda some=some: file.present(some))  # type: ignore[misc]
            wanted = [email_id for email_id in some if email_id not in there]
            texts: list[tuple[StoredEmail, bytes]] = []
            octets = 0
            for stored in await self._mail.stored(account_id, wanted):
                try:
                    texts.append((stored, await self._octets(account_id, stored)))
                except MailError as error:
                    if not tolerant:
                        raise
                    log.warning("message not indexed", account=account_id, email=stored.email_id, reason=str(error))
                    unreadable.append(stored.email_id)
                    continue
                octets += len(texts[-1][1])
                if octets > _BATCH_OCTETS:
                    await self._put(file, texts)
                    texts, octets = [], 0
            await self._put(file, texts)
            await done(len(some))
        return unreadable

    async def _put(self, file: IndexFile, texts: list[tuple[StoredEmail, bytes]]) -> None:
        if not texts:
            return
        whole_cjk = self._whole_cjk()

        def work() -> None:
            file.add([_entry(stored, self.text(octets), whole_cjk=whole_cjk) for stored, octets in texts])

        await self._files.run(work)

    async def _octets(self, account_id: AccountId, stored: StoredEmail) -> bytes:
        if stored.data is not None:
            return stored.prefix + stored.data
        pieces = [stored.prefix]
        for start in range(0, stored.size, _PIECE):
            end = min(start + _PIECE, stored.size)
            pieces.append(await self._mail.read_content(account_id, stored.path or "", start, end))
        return b"".join(pieces)

    def text(self, message: bytes) -> SearchText:
        """What searches look at; blocking, as long as its attachments take. One message that we can't read for a fault of ours stands in nobody's way."""
        try:
            return search_text(message, self._read_document)
        except MailError:
            raise
        except Exception as error:
            log.exception("message read without its text", size=len(message), error=str(error))
            return SearchText("", ())

    async def texts(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> list[tuple[EmailId, SearchText]]:
        """Read, not kept: where the index can't be written. Raises MailError for what can't be read."""
        found: list[tuple[EmailId, SearchText]] = []
        for stored in await self._mail.stored(account_id, email_ids):
            octets = await self._octets(account_id, stored)
            found.append((stored.email_id, await self._files.run(partial(self.text, octets))))
        return found

    async def renew_tokens(self, file: IndexFile, done: Done) -> None:
        """Those of the other rule are made again from the text that is kept. Raises IndexDamagedError, IndexUnusable."""
        while True:
            whole_cjk = self._whole_cjk()
            some = await self._files.run(
                lambda whole_cjk=whole_cjk: file.outdated(whole_cjk=whole_cjk, most=BATCH)  # type: ignore[misc]
            )
            if not some:
                return

            def work(some: list[int] = some, whole_cjk: bool = whole_cjk) -> None:
                file.replace_tokens([_again(file, row, whole_cjk=whole_cjk) for row in file.kept(some)])

            await self._files.run(work)
            await done(len(some))

    async def forget_removed(self, account_id: AccountId, file: IndexFile) -> None:
        """What left the account leaves the index. Raises IndexDamagedError, IndexUnusable."""
        while True:
            gone = await self._mail.removed(account_id, 500)
            if not gone:
                return
            await self._files.run(lambda gone=gone: file.remove(gone))  # type: ignore[misc]
            await self._mail.forget_removed(account_id, gone)


def _entry(stored: StoredEmail, found: SearchText, *, whole_cjk: bool) -> Entry:
    return Entry(
        stored.email_id,
        stored.blob_id[:_KEPT_OF_BLOB],
        found,
        tokens(found.header, whole_cjk=False),
        tokens("\n".join(found.bodies), whole_cjk=whole_cjk),
        whole_cjk,
    )


def _again(file: IndexFile, row: tuple[int, bytes, bytes], *, whole_cjk: bool) -> Entry:
    email_id, packed_header, packed_bodies = row
    header, bodies = file.unpacked(packed_header), file.unpacked(packed_bodies)
    return Entry(
        email_id,
        b"",
        SearchText(header, (bodies,)),
        tokens(header, whole_cjk=False),
        tokens(bodies, whole_cjk=whole_cjk),
        whole_cjk,
    )
