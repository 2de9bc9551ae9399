"""Both adapters of model.ports.MailStore, opened for a test and checked at its end."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from consistency import assert_mail_consistent
from postroom.model.email import Appended, ChangeNotice, Column
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import INBOX, Mailbox
from postroom.model.ports import MailStore
from postroom.store.mail_store import FileMailStore
from postroom.store.memory.mail_store import MemoryMailStore
from store.mail import arrival, message

ALICE = AccountId(7)
BOB = AccountId(300)
EVERYTHING = ((1, 2**32 - 1),)


@dataclass
class Clock:
    """Goes by itself, a second a look."""

    seconds: int = 1_700_000_000

    def now(self) -> int:
        self.seconds += 1
        return self.seconds


@dataclass
class Opened:
    """A store with two accounts."""

    store: MailStore
    folder: Path
    clock: Clock
    notices: list[ChangeNotice] = field(default_factory=list)

    @property
    def files(self) -> FileMailStore:
        assert isinstance(self.store, FileMailStore)
        return self.store

    async def mailbox(self, name: str = INBOX, account_id: AccountId = ALICE) -> Mailbox:
        found = await self.store.mailbox(account_id, name)
        assert found is not None
        return found

    async def mailbox_id(self, name: str = INBOX, account_id: AccountId = ALICE) -> MailboxId:
        return (await self.mailbox(name, account_id)).mailbox_id

    async def fill(self, count: int, *keywords: str, name: str = INBOX) -> list[Appended]:
        mailbox_id = await self.mailbox_id(name)
        return await self.store.append(ALICE, [arrival(mailbox_id, message(n), *keywords) for n in range(count)])

    async def uids(self, name: str = INBOX) -> list[int]:
        return list((await self.store.open_mailbox(ALICE, await self.mailbox_id(name), take_recent=False))[1])

    async def keywords(self, name: str = INBOX) -> dict[int, tuple[int, str | None]]:
        columns = (Column.UID, Column.BITS, Column.OTHERS)
        rows = await self.store.fetch(ALICE, await self.mailbox_id(name), EVERYTHING, columns)
        return {uid: (bits, others) for uid, bits, others in rows}

    async def set_quota(self, octets: int | None) -> None:
        if isinstance(self.store, MemoryMailStore):
            self.store.account(ALICE).quota = octets
            return
        file = await self.files.files.get(ALICE)
        await file.write(lambda transaction: transaction.execute("UPDATE account SET quota = ?", (octets,)))

    def staged(self, name: str = "staged") -> Path:
        return self.folder / name


@contextlib.asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Opened]:
    """ "file" or "memory"; what was stored must be consistent at the end."""
    notices: list[ChangeNotice] = []
    clock = Clock()
    if kind == "memory":
        memory = MemoryMailStore(clock, notices.append)
        for account_id in (ALICE, BOB):
            await memory.prepare_account(account_id)
        yield Opened(memory, folder, clock, notices)
        return
    pool = ThreadPoolExecutor(4)
    files = FileMailStore(folder / "accounts", pool, clock, notices.append)
    try:
        for account_id in (ALICE, BOB):
            await files.prepare_account(account_id)
        yield Opened(files, folder, clock, notices)
        await assert_mail_consistent(files)
    finally:
        await files.close()
        pool.shutdown()
