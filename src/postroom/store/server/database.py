"""The server's own database: opened once per process, shared by directory, settings, queue and audit through the Database port."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from postroom.model.database import Database, Transaction
from postroom.model.errors import TryLater
from postroom.model.operation.logins import Changer
from postroom.model.ports import Clock
from postroom.store.engines.sqlite import SqliteFile

T = TypeVar("T")

NAME = "server.sqlite"
_OWNER_ONLY = 0o600  # passwords, secrets and private keys are in it; SQLite makes what lies beside it alike
_SECRET_OCTETS = 32  # as long as the output of SHA-256, with which they key a digest


def open_server_database(data: Path, pool: ThreadPoolExecutor, *, must_exist: bool = True) -> SqliteFile:
    """Open and migrate; blocking. Raises TryLater where it is damaged or of a newer version."""
    path = data / NAME
    if must_exist and path.exists() and path.stat().st_size == 0:
        # SQLite takes it for a new database: a lost directory must not turn into an empty one
        raise TryLater(
            "the server's data is not available at the moment", detail=f"{path} is empty; restore it from a backup"
        )
    if not must_exist:
        with contextlib.suppress(FileNotFoundError):  # no folder: told by what opens it
            path.touch(mode=_OWNER_ONLY)
    file = SqliteFile(path, "server", pool)
    file.open(must_exist=must_exist)
    _close_to_others(path)
    return file


def _close_to_others(path: Path) -> None:
    """What was made before there were keys in it; where it is not ours to change, its owner does at the next start."""
    if path.stat().st_mode & 0o077:
        for held in (path, path.with_name(f"{NAME}-wal"), path.with_name(f"{NAME}-shm")):
            with contextlib.suppress(FileNotFoundError, PermissionError):
                held.chmod(_OWNER_ONLY)


async def server_secret(database: Database, name: str) -> bytes:
    """Random octets of this server, made when first asked for and the same for ever after, in every process."""

    def operation(transaction: Transaction) -> bytes:
        transaction.execute("INSERT OR IGNORE INTO secret VALUES (?, ?)", (name, secrets.token_bytes(_SECRET_OCTETS)))
        return bytes(transaction.execute("SELECT value FROM secret WHERE name = ?", (name,))[0][0])

    rows = database.read("SELECT value FROM secret WHERE name = ?", (name,))
    return bytes(rows[0][0]) if rows else await database.write(operation)


class LocalAuditor:
    """See admin.ports.identity.Auditor."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def change(self, changer: Changer, what: str, subject: str, operation: Callable[[Transaction], T]) -> T:
        def audited(transaction: Transaction) -> T:
            record(transaction, self._clock, changer.name, what, subject, changer.address)
            return operation(transaction)

        return await self._database.write(audited)


def record(transaction: Transaction, clock: Clock, who: str, what: str, subject: str, address: str = "") -> None:
    """A line of the audit log, in the same transaction as what it tells of; `address` is from where, empty for the command line."""
    transaction.execute(
        "INSERT INTO audit (at, who, what, subject, address) VALUES (?, ?, ?, ?, ?)",
        (clock.now(), who, what, subject, address),
    )
