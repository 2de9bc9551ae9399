"""A store on disk with its index, for tests; and the scan that the index must agree with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from postroom.index.follower import Follower
from postroom.index.index_files import IndexFiles
from postroom.index.indexing import Indexing
from postroom.index.searching import asked
from postroom.index.text_index import FileTextIndex
from postroom.message.search.content import no_documents, search_text
from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex
from postroom.model.text_index import TextQuery
from postroom.settings.search import SearchSettings
from postroom.store.indexed_mail import FileIndexedMail
from store.adapters import ALICE, Opened
from store.mail import arrival


@dataclass
class States:
    """In memory."""

    noted: dict[AccountId, AccountIndex] = field(default_factory=dict)
    rebuilds: list[AccountId | None] = field(default_factory=list)

    def note(self, states: Sequence[AccountIndex]) -> None:
        self.noted.update({state.account_id: state for state in states})

    def note_pace(self, accounts_in_all: int, per_second: float) -> None:
        pass

    def forget(self, account_id: AccountId) -> None:
        self.noted.pop(account_id, None)

    def forget_others(self, account_ids: Sequence[AccountId]) -> None:
        self.noted = {one: state for one, state in self.noted.items() if one in account_ids}

    def want_rebuild(self, account_id: AccountId | None) -> None:
        self.rebuilds.append(account_id)

    def take_rebuilds(self) -> list[AccountId | None]:
        taken, self.rebuilds = self.rebuilds, []
        return taken


class Indexed:
    """The index over an opened store."""

    def __init__(self, mail: Opened) -> None:
        self.mail = mail
        self.settings = SearchSettings()
        self.pool = ThreadPoolExecutor(2)
        self.source = FileIndexedMail(mail.files.files, self.pool)
        self.files = IndexFiles(self.source, mail.files.files.folder)
        self.indexing = Indexing(self.source, self.files, no_documents, lambda: not self.settings.cjk_characters)
        self.index = FileTextIndex(self.source, self.files, self.indexing, lambda: self.settings)
        self.states = States()
        self.follower = Follower(
            self.source,
            self.files,
            self.indexing,
            self.states,
            settings=lambda: self.settings,
            accounts=mail.files.files.account_ids,
        )

    async def close(self) -> None:
        await self.files.close()
        self.pool.shutdown()

    async def add(self, messages: Sequence[bytes], name: str = "INBOX") -> list[int]:
        inbox = await self.mail.mailbox_id(name)
        return [one.email_id for one in await self.mail.store.append(ALICE, [arrival(inbox, one) for one in messages])]

    async def find(self, text: str, *, header: bool = False, loose: bool = False) -> list[int]:
        return list(await self.index.find(ALICE, TextQuery(text, header, loose), None))

    async def scanned(self, text: str, *, header: bool = False, loose: bool = False) -> list[int]:
        """Every message read."""
        question = asked(text, header=header, loose=loose, whole_cjk=self.index.whole_cjk)
        found: list[int] = []
        for email_id in await self.source.email_ids(ALICE, 0, 1 << 40):  # type: ignore[arg-type]
            (stored,) = await self.source.stored(ALICE, [email_id])
            data = stored.data
            if data is None:
                data = await self.source.read_content(ALICE, stored.path or "", 0, stored.size)
            texts = search_text(stored.prefix + data)
            if question.matches(texts.header, "\n".join(texts.bodies)):
                found.append(email_id)
        return found

    async def follow(self) -> None:
        """Let the follower work until nothing waits."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.follower.run())
            while self.follower.is_busy or not self.states.noted:  # noqa: ASYNC110 - what is waited for is the end of several things
                await asyncio.sleep(0.02)
            task.cancel()
