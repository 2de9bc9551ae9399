"""IndexFiles: the index files of accounts that are open in one process, and the threads in which they are asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw
import structlog

from postroom.index.index_file import NAME, IndexDamagedError, IndexFile, discard
from postroom.model.errors import NotFound, TryLater
from postroom.model.ids import AccountId, EmailId
from postroom.model.text_index import IndexedMail

log = structlog.get_logger()
T = TypeVar("T")

MAX_OPEN = 32  # each holds three descriptors and some hundred KiB
THREADS = 2  # per process
_CLOSING = 2.0  # seconds
_COMPARED = 8  # emails by which an index of other mail shows


class IndexUnusable(TryLater):
    """The file can't be read or written at the moment; the mail can."""


class IndexFiles:
    """See the module. `folder_of` an account: where its mail lies."""

    def __init__(self, mail: IndexedMail, folder_of: Callable[[AccountId], Path], *, max_open: int = MAX_OPEN) -> None:
        self._mail = mail
        self._folder_of = folder_of
        self._max_open = max_open
        self._open: OrderedDict[AccountId, IndexFile] = OrderedDict()
        self._opening: dict[AccountId, asyncio.Lock] = {}
        self._users: dict[AccountId, int] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="postroom-index")

    def path(self, account_id: AccountId) -> Path:
        return self._folder_of(account_id) / NAME

    async def run(self, work: Callable[[], T]) -> T:
        """In a thread of the index. Raises IndexDamagedError, IndexUnusable."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (apsw.Error, OSError) as error:
            raise IndexUnusable(
                "the index can't be used at the moment", detail=f"{type(error).__name__}: {error}"
            ) from error

    @contextlib.asynccontextmanager
    async def use(self, account_id: AccountId) -> AsyncIterator[IndexFile]:
        """The account's index, made where there is none; open until it is done with. Raises NotFound, IndexUnusable, IndexDamagedError."""
        file = await self._get(account_id)
        self._users[account_id] = self._users.get(account_id, 0) + 1
        try:
            yield file
        finally:
            left = self._users.pop(account_id) - 1
            if left:
                self._users[account_id] = left

    async def _get(self, account_id: AccountId) -> IndexFile:
        lock = self._opening.setdefault(account_id, asyncio.Lock())
        try:
            async with lock:
                file = self._open.get(account_id)
                if file is not None and file.is_current:
                    self._open.move_to_end(account_id)
                    return file
                if file is not None:
                    del self._open[account_id]
                return await self._opened(account_id)
        finally:
            if not lock.locked():
                self._opening.pop(account_id, None)

    async def _opened(self, account_id: AccountId) -> IndexFile:
        path = self.path(account_id)
        if not path.parent.exists():
            raise NotFound("this account has no mail store", detail=str(path))
        file = await self.run(lambda: IndexFile(path))
        try:
            await self._check_mail(account_id, file)
        except BaseException:
            await self.run(file.close)
            raise
        self._open[account_id] = file
        for other in [one for one in self._open if one not in self._users and one != account_id]:
            if len(self._open) <= self._max_open:
                break
            await self.run(self._open.pop(other).close)
        return file

    async def _check_mail(self, account_id: AccountId, file: IndexFile) -> None:
        """Raises IndexDamagedError for an index of other mail: the account's database was restored, or moved here."""
        indexed_to = await self.run(lambda: file.indexed_to)
        if indexed_to > await self._mail.last_email_id(account_id):
            raise IndexDamagedError("it is ahead of the mail")
        known = dict(await self.run(lambda: file.last_blobs(_COMPARED)))
        for stored in await self._mail.stored(account_id, [EmailId(email_id) for email_id in known]):
            if not stored.blob_id.startswith(known[stored.email_id]):
                raise IndexDamagedError(f"email {stored.email_id} is another one")

    async def discard(self, account_id: AccountId, reason: str = "") -> None:
        """Throw the index away; it is made again by whoever needs it. Other processes notice by themselves."""
        if reason:
            log.warning("index thrown away", account=account_id, reason=reason)
        self._open.pop(account_id, None)
        path = self.path(account_id)
        await self.run(lambda: discard(path))

    async def close(self) -> None:
        """All, except where a thread is at something long: what it has not committed is not there, and that is all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                while self._open:
                    _, file = self._open.popitem()
                    with contextlib.suppress(IndexUnusable, IndexDamagedError):
                        await self.run(file.close)
        self._threads.shutdown(wait=False, cancel_futures=True)
