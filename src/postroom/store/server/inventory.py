"""Sums over the server's database and over the accounts' files."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.model.database import Database

_MEASURED_FOR = 300.0  # seconds that the size of all mail is good: measuring looks at every file
_PATIENCE = 1.0  # seconds to wait for a measurement before the last one is told
_COUNTS = {
    "accounts": "SELECT count(*) FROM account",
    "domains": "SELECT count(*) FROM domain",
    "groups": "SELECT count(*) FROM mail_group",
    "waiting": "SELECT count(*) FROM queue_recipient",
    "held": "SELECT count(*) FROM queue_recipient WHERE is_held = 1",
}


class DatabaseInventory:
    """See admin.ports.health.Inventory."""

    def __init__(self, database: Database, accounts: Path, pool: ThreadPoolExecutor) -> None:
        self._database = database
        self._accounts = accounts
        self._pool = pool
        self._measured_at = -_MEASURED_FOR
        self._measuring: asyncio.Future[int] | None = None
        self._size: int | None = None

    async def counts(self) -> dict[str, int]:
        return {name: int((await self._database.scan(sql))[0][0]) for name, sql in _COUNTS.items()}

    def oldest_waiting(self) -> int | None:
        rows = self._database.read("SELECT min(queued_at) FROM queue_message")
        return int(rows[0][0]) if rows[0][0] is not None else None

    async def mail_size(self) -> int | None:
        if self._measuring is None and time.monotonic() - self._measured_at >= _MEASURED_FOR:
            self._measuring = asyncio.get_running_loop().run_in_executor(self._pool, _size_of, self._accounts)
        if self._measuring is not None:
            done, _ = await asyncio.wait({self._measuring}, timeout=_PATIENCE)
            if done and self._measuring is not None:
                self._size = self._measuring.result()
                self._measured_at = time.monotonic()
                self._measuring = None
        return self._size


def _size_of(folder: Path) -> int:
    """Octets of all files below; what goes away meanwhile counts for nothing."""
    size = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return size
