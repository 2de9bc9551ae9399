"""Changing: one change of the directory with its lines in the audit log in the same transaction.

Workers read the directory anew for each question, so that they are told only of what ends sessions: an import of 50,000 accounts must not wake them as often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from postroom.directory import folded
from postroom.directory.changes import Credential, credential
from postroom.model.administration import AuditNote
from postroom.model.database import Database, Parameters, Row, Transaction
from postroom.model.ports import Clock

T = TypeVar("T")


class Changing:
    """See the module."""

    def __init__(
        self,
        database: Database,
        hashing: ThreadPoolExecutor,
        clock: Clock,
        audit: Callable[[Transaction, AuditNote], None],
        announce: Callable[[], None],
    ) -> None:
        self.database = database
        self.clock = clock
        self._hashing = hashing
        self._audit = audit
        self._announce = announce

    async def scan(self, sql: str, parameters: Parameters) -> list[Row]:
        """For lists: off the loop, after rows of an older version were brought up."""
        if not folded.is_filled(self.database.read):
            await self.database.write(folded.fill, heavy=True)
        return await self.database.scan(sql, parameters)

    async def write(
        self, notes: Sequence[AuditNote], operation: Callable[[Transaction], T], *, ends_sessions: bool = False
    ) -> T:
        """Nothing is audited where the operation raises: nothing has changed."""

        def audited(transaction: Transaction) -> T:
            folded.fill(transaction)
            result = operation(transaction)
            for note in notes:
                self._audit(transaction, note)
            if ends_sessions:
                transaction.after_commit(self._announce)
            return result

        if not folded.is_filled(self.database.read):
            await self.database.write(folded.fill, heavy=True)
        return await self.database.write(audited)

    async def credential(self, password: str, salt: bytes | None = None) -> Credential:
        """In a thread. Raises Malformed."""
        return await asyncio.get_running_loop().run_in_executor(self._hashing, credential, password, salt)
