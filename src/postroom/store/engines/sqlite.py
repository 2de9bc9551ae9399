"""SqliteFile: one SQLite database behind the `Database` port.

One connection writes through the group commit of `writer.py`, and between two batches reads inline on the loop; for reads while a batch is on its way to the
disk a second one is opened, and a third for a long scan in a thread. WAL, synchronous=FULL: a commit returns after its frames are on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from postroom.model.database import Parameters, Read, Row, Transaction
from postroom.model.errors import MailError, Meaning, TryLater
from postroom.store.engines.migrations import migrate
from postroom.store.engines.pace import DiskPace
from postroom.store.engines.writer import Renewal, Writer

T = TypeVar("T")

_READ_PATIENCE = 5000  # ms; readers wait only while another process recovers or restarts the WAL
_COPY_PATIENCE = 2.0  # seconds for readers of other processes to be done, each with some milliseconds
_COPY_PAUSE = 0.01
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = OFF",
)
_NO_ROOM = {apsw.SQLITE_IOERR_SHMSIZE}  # the index of the WAL can't grow: the disk is full
_CACHE_KIB = (
    128  # a page cache per connection: hundreds of accounts are open at once, and the kernel caches the files too
)
_HEAP = 64 * 1024 * 1024  # octets of all caches of a process; beyond, SQLite takes pages from caches instead of memory


apsw.soft_heap_limit(_HEAP)


def connect(path: Path, *, read_only: bool = False, must_exist: bool = False) -> apsw.Connection:
    """A connection with the house's pragmas. Never makes a new file where `must_exist`: a lost file must not turn into an empty mailbox."""
    flags = apsw.SQLITE_OPEN_READWRITE | (0 if must_exist else apsw.SQLITE_OPEN_CREATE)
    try:
        connection = apsw.Connection(str(path), flags=flags, statementcachesize=128)
        connection.set_busy_timeout(_READ_PATIENCE)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB:d}")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    except apsw.Error as error:
        raise translated(error, str(path)) from error
    return connection


def verify(connection: apsw.Connection) -> None:
    """After a failed write or sync: what was committed is copied out of the log, synced, and read in full. Blocking. Raises apsw.Error.

    What lies in the log may have been lost between the failure and now although it can still be read; written once more and synced, it is safe.
    """
    deadline = time.monotonic() + _COPY_PATIENCE
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]:
        if time.monotonic() > deadline:
            raise apsw.BusyError("the log can't be emptied while others read")
        threading.Event().wait(_COPY_PAUSE)
    wrong = [row[0] for row in connection.execute("PRAGMA quick_check(1)") if row[0] != "ok"]
    if wrong:
        raise apsw.CorruptError(wrong[0])


def translated(error: Exception, path: str) -> MailError:
    """What an engine's error means to everybody else; the path goes to the log only."""
    detail = f"{path}: {type(error).__name__}: {error}"
    if (
        isinstance(error, apsw.FullError)
        or getattr(error, "extendedresult", 0) in _NO_ROOM
        or (isinstance(error, OSError) and error.errno == 28)
    ):
        return TryLater("no space is left for mail at the moment", meaning=Meaning.STORAGE_FULL, detail=detail)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return TryLater("the mailbox is busy, try again", detail=detail)
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        detail += "; the file is damaged: restore it from a backup"
    return TryLater("the mail store is not available at the moment", detail=detail)


class SqliteFile:
    """One database file; see model.database.Database."""

    def __init__(self, path: Path, kind: str, committer: ThreadPoolExecutor, pace: DiskPace | None = None) -> None:
        self.path = path
        self._kind = kind
        self._committer = committer
        self._pace = pace or DiskPace()
        self._reader: apsw.Connection | None = None
        self._scanner: apsw.Connection | None = None
        self._scanning = asyncio.Lock()
        self._writer: Writer | None = None
        self._was_open = False

    def open(self, *, must_exist: bool) -> None:
        """Open and migrate; blocking, to be called in a thread where the loop runs."""
        writing = connect(self.path, must_exist=must_exist)
        try:
            migrate(writing, self._kind)
        except (apsw.Error, MailError) as error:
            writing.close()
            raise error if isinstance(error, MailError) else translated(error, str(self.path)) from error
        renewal = Renewal(lambda: connect(self.path, must_exist=True), verify, self._drop_readers)
        self._writer = Writer(writing, self._committer, self._pace, renewal)
        self._was_open = True

    def _reopen(self) -> None:
        """The cache of handles closed this one between two uses by the same caller: rare, and about a millisecond."""
        if not self._was_open:
            raise TryLater("the mail store is not open", detail=str(self.path))
        self.open(must_exist=True)

    def _drop_readers(self) -> None:
        """On the loop, where no read runs; a scan that does keeps its connection to its end."""
        held, self._reader = [self._reader], None
        if not self._scanning.locked():
            held.append(self._scanner)
            self._scanner = None
        for one in held:
            if one is not None:
                with contextlib.suppress(apsw.Error):
                    one.close()

    def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        try:
            if self._writer is None:
                self._reopen()
                assert self._writer is not None
            if self._writer.is_free:
                try:
                    return self._writer.connection.execute(sql, parameters).fetchall()
                except (apsw.BusyError, apsw.ConnectionClosedError):
                    pass  # another process recovers the log, or the disk failed: the other connection waits, and tells
            if self._reader is None:
                self._reader = connect(self.path, read_only=True, must_exist=True)
            return self._reader.execute(sql, parameters).fetchall()
        except apsw.Error as error:
            raise translated(error, str(self.path)) from error

    async def scan(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        return await self._in_thread(lambda: self._scan(sql, parameters))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """One at a time on the scanning connection, which a caller that is cancelled gives back only when the thread is done."""
        async with self._scanning:
            running = asyncio.get_running_loop().run_in_executor(self._committer, work)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])
                if not running.cancelled():
                    running.exception()  # seen: there is nobody left to tell
                raise

    def _scan(self, sql: str, parameters: Parameters) -> list[Row]:
        try:
            return self._open_scanner().execute(sql, parameters).fetchall()
        except apsw.Error as error:
            raise translated(error, str(self.path)) from error

    def _open_scanner(self) -> apsw.Connection:
        if self._scanner is None:
            self._scanner = connect(self.path, read_only=True, must_exist=True)
        return self._scanner

    async def snapshot(self, work: Callable[[Read], T]) -> T:
        """Run `work`, which reads a lot and consistently, in a thread: all its reads see the same commit."""
        return await self._in_thread(lambda: self._snapshot(work))

    def _snapshot(self, work: Callable[[Read], T]) -> T:
        try:
            scanner = self._open_scanner()

            def read(sql: str, parameters: Parameters) -> list[Row]:
                return scanner.execute(sql, parameters).fetchall()

            scanner.execute("BEGIN")
            try:
                return work(read)
            finally:
                scanner.execute("ROLLBACK")
        except apsw.Error as error:
            raise translated(error, str(self.path)) from error

    async def damage(self) -> list[str]:
        """What the engine finds wrong with the file itself; empty for a sound one."""
        try:
            rows = await self.scan("PRAGMA quick_check")
        except TryLater as error:
            return [error.detail]
        return [row[0] for row in rows if row[0] != "ok"]

    async def write(self, operation: Callable[[Transaction], T], *, heavy: bool = False) -> T:
        try:
            if self._writer is None:
                self._reopen()
            assert self._writer is not None
            return await self._writer.submit(operation, heavy=heavy)
        except apsw.Error as error:
            raise translated(error, str(self.path)) from error

    @property
    def is_idle(self) -> bool:
        """Nothing waits or runs: it may be closed."""
        return (self._writer is None or self._writer.is_idle) and not self._scanning.locked()

    def detach(self) -> Callable[[], None]:
        """Give the connections up, on the loop; what is returned closes them, which checkpoints the WAL and blocks.

        Whoever still holds this file and uses it again opens it anew.
        """
        held = (self._reader, self._scanner, self._writer)
        self._reader = self._scanner = self._writer = None

        def close() -> None:
            for one in held:
                if one is not None:
                    one.close()

        return close

    def close(self) -> None:
        """Close all connections; blocking."""
        self.detach()()
