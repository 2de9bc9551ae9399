"""AccountFiles: the open database files of accounts, an LRU of handles.

Opening costs about a millisecond and closing a checkpoint, so handles stay open; each holds up to nine descriptors and some tens of KiB, so there is a
bound. A file that is in use is never closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.model.errors import Meaning, NotFound, TryLater
from postroom.model.ids import AccountId
from postroom.store.engines.pace import DiskPace
from postroom.store.engines.sqlite import SqliteFile, translated
from postroom.store.files.large_content import sync_folder
from postroom.store.files.reserve import Reserve

MAX_OPEN = 400  # handles: 3,600 descriptors at most, within the limit that the server asks of the system at start
DATABASE_NAME = "mail.sqlite"


class AccountFiles:
    """Where each account's folder is, and its database when it is open."""

    def __init__(
        self, root: Path, committer: ThreadPoolExecutor, *, max_open: int = MAX_OPEN, reserve: Reserve | None = None
    ) -> None:
        """`reserve` is released when a database can't be opened for want of room: opening makes files beside it."""
        self._root = root
        self._marker = root.with_name(root.name + ".made")
        self._committer = committer
        self._max_open = max_open
        self._pace = DiskPace()
        self._reserve = reserve
        self._open: OrderedDict[AccountId, SqliteFile] = OrderedDict()
        self._opening: dict[AccountId, asyncio.Future[SqliteFile]] = {}

    def folder(self, account_id: AccountId) -> Path:
        """accounts/HH/ID: 256 groups, so that no directory grows beyond what tools list comfortably."""
        return self._root / f"{account_id % 256:02x}" / str(account_id)

    def account_ids(self) -> list[AccountId]:
        """Every account that has a database on disk."""
        return sorted(AccountId(int(path.parent.name)) for path in self._root.glob(f"*/*/{DATABASE_NAME}"))

    def leftovers(self, settling: float) -> list[Path]:
        """Folders of accounts that were being made or deleted when the program was killed, older than `settling` seconds."""
        youngest = time.time() - settling
        found = [*self._root.glob("new-*"), *self._root.glob("gone-*")]
        return [path for path in found if not settling or path.stat().st_mtime < youngest]

    async def create(self, account_id: AccountId) -> SqliteFile:
        """Make the folder with an empty database in it, or open what is there. Raises TryLater where the database was there and is lost."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._committer, self._make, account_id)
        except OSError as error:
            raise translated(error, str(self.folder(account_id))) from error
        return await self._opened(account_id)

    async def get(self, account_id: AccountId) -> SqliteFile:
        """The open database. Raises NotFound for an account without one (never makes it)."""
        file = self._open.get(account_id)
        if file is not None:
            self._open.move_to_end(account_id)
            return file
        return await self._opened(account_id)

    async def remove(self, account_id: AccountId) -> None:
        """Close and delete the whole folder."""
        file = self._open.pop(account_id, None)
        loop = asyncio.get_running_loop()
        if file is not None:
            await loop.run_in_executor(self._committer, file.detach())
        await loop.run_in_executor(self._committer, self._remove, account_id)

    async def close(self) -> None:
        """Close all; the caller has seen to it that nothing runs."""
        loop = asyncio.get_running_loop()
        while self._open:
            _, file = self._open.popitem()
            await loop.run_in_executor(self._committer, file.detach())

    def _remove(self, account_id: AccountId) -> None:
        """Out of its place first: what is half deleted must not be found by whoever gets that number."""
        beside = self._root / f"gone-{account_id}-{secrets.token_hex(4)}"
        with contextlib.suppress(FileNotFoundError):
            self.folder(account_id).rename(beside)
            shutil.rmtree(beside, ignore_errors=True)

    def _make(self, account_id: AccountId) -> None:
        """The folder comes into being with its database in it, durably: one without a database has lost it."""
        folder = self.folder(account_id)
        if folder.exists():
            return
        if self._marker.exists() and not any(self._root.glob("[0-9a-f][0-9a-f]")):
            # not made anew where the whole folder is lost or not mounted: every mailbox would come back empty
            raise TryLater(
                "the mail store is not available at the moment", detail=f"{self._root} held accounts and is empty"
            )
        beside = self._root / f"new-{account_id}-{secrets.token_hex(4)}"
        beside.mkdir(parents=True)
        file = SqliteFile(beside / DATABASE_NAME, "account", self._committer, self._pace)
        self._open_now(file, must_exist=False)
        file.close()
        sync_folder(beside)
        folder.parent.mkdir(exist_ok=True)
        try:
            beside.rename(folder)
        except OSError:
            shutil.rmtree(beside, ignore_errors=True)
            if not folder.exists():  # made by another process at this moment
                raise
        if not self._marker.exists():
            self._marker.touch()
        for made in (folder.parent, self._root, self._root.parent):
            sync_folder(made)

    async def _opened(self, account_id: AccountId) -> SqliteFile:
        pending = self._opening.get(account_id)
        if pending is not None:
            return await asyncio.shield(pending)
        future: asyncio.Future[SqliteFile] = asyncio.get_running_loop().create_future()
        self._opening[account_id] = future
        try:
            file = await self._open_file(account_id)
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else TryLater("the mail store is closing"))
            future.exception()  # seen here; whoever else waits sees it too
            raise
        else:
            future.set_result(file)
        finally:
            del self._opening[account_id]
        return file

    async def _open_file(self, account_id: AccountId) -> SqliteFile:
        path = self.folder(account_id) / DATABASE_NAME
        _check_there(path)
        file = SqliteFile(path, "account", self._committer, self._pace)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._committer, self._open_now, file)
        self._open[account_id] = file
        await self._close_oldest()
        return file

    def _open_now(self, file: SqliteFile, *, must_exist: bool = True) -> None:
        try:
            file.open(must_exist=must_exist)
        except TryLater as error:
            if error.meaning is not Meaning.STORAGE_FULL or self._reserve is None:
                raise
            self._reserve.release()
            file.open(must_exist=must_exist)

    async def _close_oldest(self) -> None:
        excess = len(self._open) - self._max_open
        if excess <= 0:
            return
        *others, _ = self._open  # the newest was opened for somebody who is about to use it
        idle = [account_id for account_id in others if self._open[account_id].is_idle][:excess]
        loop = asyncio.get_running_loop()
        for account_id in idle:
            file = self._open.get(account_id)
            # looked at again: while the one before was closed, this one may have been taken into use
            if file is not None and file.is_idle and len(self._open) > self._max_open:
                del self._open[account_id]
                await loop.run_in_executor(self._committer, file.detach())


def _check_there(path: Path) -> None:
    """Raises NotFound where there never was such an account, TryLater where its database is lost or can't be reached."""
    try:
        if not path.parent.exists():
            raise NotFound("this account has no mail store", detail=str(path))
        is_lost = not path.exists() or path.stat().st_size == 0
    except OSError as error:
        raise translated(error, str(path)) from error
    if is_lost:
        # SQLite takes an empty file for a new database: lost mail must not turn into an empty mailbox
        raise TryLater("the mailbox can't be opened at the moment", detail=f"{path} is lost; restore it from a backup")
