"""Backups as an operator makes, fetches and removes them."""

from __future__ import annotations

import asyncio
import datetime
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from postroom.admin.jobs import Job, Jobs, Progress
from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.identity import Auditor
from postroom.model.operation.backup import BackupFacts
from postroom.model.ports import Clock


class BackupStore(Protocol):
    """The folder of archives; blocking."""

    def backups(self) -> list[BackupFacts]:
        """Newest first."""

    def path(self, name: str) -> Path:
        """Raises NotFound."""

    def remove(self, name: str) -> None:
        """Raises NotFound, TryLater."""

    def make(self, name: str, progress: Callable[[int, int], bool]) -> BackupFacts:
        """`progress` is told accounts done and in all, and says whether to go on. Raises TryLater."""


class Backups:
    def __init__(self, store: BackupStore, jobs: Jobs, auditor: Auditor, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._auditor = auditor
        self._clock = clock

    async def backups(self, operator: Operator) -> list[BackupFacts]:
        operator.require(Scope.BACKUP_READ)
        return await asyncio.to_thread(self._store.backups)

    async def start(self, operator: Operator) -> Job:
        """The job that makes one. Raises Conflict while one is being made."""
        operator.require(Scope.BACKUP_WRITE)
        return self._jobs.start(operator, "backup", "Backup", lambda progress: self.make(operator, progress))

    async def make(self, operator: Operator, progress: Progress) -> dict[str, Any]:
        """Until it is there. Raises TryLater."""
        operator.require(Scope.BACKUP_WRITE)
        name = f"{datetime.datetime.fromtimestamp(self._clock.now(), datetime.UTC):%Y-%m-%dT%H-%M-%SZ}"
        loop = asyncio.get_running_loop()
        stopped = threading.Event()

        def told(done: int, total: int) -> bool:
            loop.call_soon_threadsafe(progress, done, total, "")
            return not stopped.is_set()

        running = loop.run_in_executor(None, self._store.make, name, told)
        try:
            made = await asyncio.shield(running)
        except asyncio.CancelledError:
            stopped.set()
            await asyncio.wait([running])
            raise
        await self._auditor.change(operator, "backup made", made.name, lambda _: None)
        return {"name": made.name, "size": made.size}

    async def path(self, operator: Operator, name: str) -> Path:
        """To be sent. Everything of everybody is in it, so that fetching it is audited. Raises NotFound."""
        operator.require(Scope.BACKUP_WRITE)
        found = await asyncio.to_thread(self._store.path, name)
        await self._auditor.change(operator, "backup fetched", name, lambda _: None)
        return found

    async def remove(self, operator: Operator, name: str) -> None:
        """Raises NotFound, TryLater."""
        operator.require(Scope.BACKUP_WRITE)
        await asyncio.to_thread(self._store.remove, name)
        await self._auditor.change(operator, "backup removed", name, lambda _: None)
