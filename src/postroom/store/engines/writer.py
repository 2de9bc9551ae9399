"""Writer: group commit for one database file.

Statements take microseconds and run inline on the loop; the commit waits for the disk: in a thread, with the interpreter free, or inline where the disk has been
quicker than a thread (`pace`). Operations that arrive meanwhile form the next batch: one transaction, one sync, whatever their number. Where an operation is heavy,
the whole batch runs in the thread. The write-ahead log is copied into the file (checkpoint) in a thread too, after the callers have their answers. Where the
file is locked by another worker, the loop tries again: no thread ever waits for a lock, or two workers could wait for each other's commits.

Each operation of a batch has a savepoint of its own: one that raises is undone alone. When the commit itself fails, nothing of the batch has happened, all
its callers are told, and the connection is replaced, because after a failed sync the kernel may have dropped what it could not write. The file is not trusted
again before `verify` has found it whole: until then every batch is refused, and nothing is built on what may not be on the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw
import structlog

from postroom.model.database import Parameters, Row, Transaction
from postroom.store.engines.pace import DiskPace

log = structlog.get_logger()
T = TypeVar("T")

_PATIENCE = 10.0  # seconds to try for a file that another worker writes to, before TryLater
_FIRST_WAIT = 0.0005  # seconds between tries, doubled each time: a commit takes about this long
_LONGEST_WAIT = 0.002
_CHECKPOINT_PAGES = 1000  # 4 MiB of log: readers search it, and a crash has to read it
_LOOK_AGAIN = 5.0  # seconds between two looks at a file that was not whole: each reads all of it
_FAILURES = (apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError)
_MAX_BATCH = 256  # operations in one transaction: keeps the inline part of a batch within some tens of milliseconds


class SqliteTransaction:
    """The `Transaction` of one operation in a batch."""

    __slots__ = ("_connection", "effects")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.effects: list[Callable[[], None]] = []

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def execute_many(self, sql: str, rows: Any) -> None:
        self._connection.executemany(sql, rows)

    def after_commit(self, effect: Callable[[], None]) -> None:
        self.effects.append(effect)


@dataclass(slots=True)
class _Waiting:
    operation: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    heavy: bool
    result: Any = None
    error: Exception | None = None
    effects: list[Callable[[], None]] | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a writer does to its file after a failure of the disk; all blocking."""

    reopen: Callable[[], apsw.Connection]
    verify: Callable[[apsw.Connection], None]
    """Raises apsw.Error while the file is not whole and durable."""
    failed: Callable[[], None]
    """On the loop: nobody else shall go on with what they have open."""


class Writer:
    """Owns the writing connection of one file."""

    def __init__(
        self,
        connection: apsw.Connection,
        committer: ThreadPoolExecutor,
        pace: DiskPace,
        renewal: Renewal,
    ) -> None:
        self._committer = committer
        self._pace = pace
        self._renewal = renewal
        self._distrusted = False
        self._look_again_at = 0.0
        self._refusal: Exception | None = None
        self._log_pages = 0
        self._closing = threading.Lock()
        self._take(connection)
        self._queue: list[_Waiting] = []
        self._running = False

    def _take(self, connection: apsw.Connection) -> None:
        self.connection = connection
        connection.set_busy_timeout(0)
        connection.set_wal_hook(self._log_grew)  # instead of SQLite's own, which checkpoints inside the commit

    def _log_grew(self, connection: apsw.Connection, database: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    @property
    def is_idle(self) -> bool:
        return not self._running and not self._queue

    @property
    def is_free(self) -> bool:
        """No transaction is open and no thread uses the connection."""
        return not self._running

    async def submit(self, operation: Callable[[Transaction], T], *, heavy: bool = False) -> T:
        """Run in the next batch; returns or raises what the operation did, once durable."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_mark_seen)
        self._queue.append(_Waiting(operation, future, heavy))
        if not self._running:
            self._start()
        # shielded: a caller that goes away (its client hung up) must not undo or disturb a batch that is on its way to the disk
        return await asyncio.shield(future)

    def _start(self) -> None:
        batch, self._queue = self._queue[:_MAX_BATCH], self._queue[_MAX_BATCH:]
        self._running = True
        loop = asyncio.get_running_loop()
        if self._distrusted:
            self._committer.submit(self._regain_trust, batch, loop)
        else:
            self._begin(batch, loop.time() + _PATIENCE, _FIRST_WAIT)

    def _regain_trust(self, batch: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: open the file anew and look whether all of it is there; the batch goes on, or is refused."""
        if time.monotonic() < self._look_again_at and self._refusal is not None:
            loop.call_soon_threadsafe(self._end, batch, self._refusal)
            return
        try:
            self._replace()
            self._renewal.verify(self.connection)
        except Exception as error:  # noqa: BLE001 - as below
            self._refusal = error
            if isinstance(error, apsw.CorruptError | apsw.NotADBError):
                self._look_again_at = time.monotonic() + _LOOK_AGAIN
                log.error("database damaged", reason=str(error))
            loop.call_soon_threadsafe(self._end, batch, error)
            return
        self._distrusted = False
        log.warning("database opened anew after a failure of the disk", path=self.connection.filename)
        loop.call_soon_threadsafe(self._begin, batch, loop.time() + _PATIENCE, _FIRST_WAIT)

    def _begin(self, batch: list[_Waiting], deadline: float, wait: float) -> None:
        """Take the file's write lock without ever waiting for it: a thread that waited could be the one that the holder's commit needs."""
        loop = asyncio.get_running_loop()
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError as error:
            if loop.time() < deadline:
                loop.call_later(wait, self._begin, batch, deadline, min(wait * 2, _LONGEST_WAIT))
            else:
                self._end(batch, error)
            return
        except Exception as error:  # noqa: BLE001 - the engine failed: every caller of the batch is told
            self._fail(batch, error)
            self._finish(batch)
            return
        if any(waiting.heavy for waiting in batch):
            self._committer.submit(self._run_and_report, batch, loop)
            return
        try:
            self._perform(batch)
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(batch, error)
            self._finish(batch)
            return
        if self._pace.is_quick:
            self._commit(batch)
            self._finish(batch)
        else:
            self._committer.submit(self._commit_and_report, batch, loop)

    def _end(self, batch: list[_Waiting], error: Exception) -> None:
        """Another worker held the file all the time, or it is not trusted: nothing was begun."""
        for waiting in batch:
            waiting.error, waiting.effects = error, None
        self._finish(batch)

    def _run_and_report(self, batch: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._perform(batch)
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(batch, error)
            loop.call_soon_threadsafe(self._finish, batch)
            return
        self._commit_and_report(batch, loop)

    def _perform(self, batch: list[_Waiting]) -> None:
        """Run each operation; an engine's failure (not an operation's refusal) is raised."""
        alone = len(batch) == 1
        for waiting in batch:
            transaction = SqliteTransaction(self.connection)
            if not alone:
                self.connection.execute("SAVEPOINT operation")
            try:
                waiting.result = waiting.operation(transaction)
                waiting.effects = transaction.effects
            except apsw.ConstraintError as error:
                waiting.error = error
            except apsw.Error:
                raise
            except Exception as error:  # noqa: BLE001 - the operation refused: told to its caller, the others go on
                waiting.error = error
            if alone:
                continue
            if waiting.error is not None:
                self.connection.execute("ROLLBACK TO operation")
            self.connection.execute("RELEASE operation")

    def _commit_and_report(self, batch: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        self._commit(batch)
        loop.call_soon_threadsafe(self._finish, batch)

    def _commit(self, batch: list[_Waiting]) -> None:
        start = time.perf_counter()
        try:
            if len(batch) == 1 and batch[0].error is not None:
                self.connection.execute("ROLLBACK")
            else:
                self.connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(batch, error)
        self._pace.took(time.perf_counter() - start)

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        if isinstance(error, _FAILURES) and getattr(error, "extendedresult", 0) != apsw.SQLITE_IOERR_SHMSIZE:
            self._distrusted = True
            log.error("the disk failed", path=self.connection.filename, reason=f"{type(error).__name__}: {error}")
        for waiting in batch:
            waiting.error, waiting.effects = error, None
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except apsw.Error:
            pass  # what made the batch fail makes this fail too, and has been reported
        try:
            self._replace()
        except Exception as reopening:  # noqa: BLE001 - the old connection stays, for reading; the next batch opens the file
            self._distrusted = True
            error.add_note(f"and reopening failed: {reopening}")

    def _replace(self) -> None:
        """The new connection is opened before the old one is closed: the last one to close would take along the index of the log, without which a
        disk that can't be written to can't be read, and what failed might be found in the log as if it had been committed."""
        old, new = self.connection, self._renewal.reopen()
        self._take(new)
        with contextlib.suppress(apsw.Error):
            old.close()

    def _finish(self, batch: list[_Waiting]) -> None:
        self._running = False
        if self._distrusted:
            self._renewal.failed()
        if self._log_pages > _CHECKPOINT_PAGES:
            self._running = True
            self._committer.submit(self._checkpoint, asyncio.get_running_loop())
        for waiting in batch:
            if waiting.error is None:
                for effect in waiting.effects or ():
                    effect()
            if waiting.future.done():
                continue
            if waiting.error is not None:
                waiting.future.set_exception(waiting.error)
            else:
                waiting.future.set_result(waiting.result)
        self._go_on()

    def _go_on(self) -> None:
        if self._queue and not self._running:
            self._start()

    def _checkpoint(self, loop: asyncio.AbstractEventLoop) -> None:
        """What a reader holds back is copied after a later commit. The log keeps what could not be copied."""
        self._log_pages = 0
        with self._closing:
            try:
                self.connection.wal_checkpoint()
            except (apsw.BusyError, apsw.LockedError, apsw.ConnectionClosedError):
                pass  # another worker copies, or the file was closed, which copies too
            except apsw.Error as error:
                self._distrusted = isinstance(error, _FAILURES)
                log.error("the disk failed", path=self.connection.filename, reason=f"{type(error).__name__}: {error}")
        loop.call_soon_threadsafe(self._checkpointed)

    def close(self) -> None:
        """No operation may run; a checkpoint is waited for."""
        with self._closing:
            self.connection.close()

    def _checkpointed(self) -> None:
        self._running = False
        self._go_on()


def _mark_seen(future: asyncio.Future[Any]) -> None:
    """A failure whose caller has gone away is not a forgotten one: the caller could not be told, nothing was acknowledged."""
    if not future.cancelled():
        future.exception()
