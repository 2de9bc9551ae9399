"""Database: the port through which directory, settings and queue keep their rows, whatever engine is behind.

SQL is portable (SQLite and PostgreSQL, `?` parameters); an operation runs inside one transaction together with others that wait at the same time,
and its writes are durable when `write` returns. An operation may run twice (after a rollback not of its making): it has no effect but its writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Parameters = Sequence[Any]
Row = tuple[Any, ...]
Read = Callable[[str, Parameters], list[Row]]
"""`Database.read` or `Transaction.execute`: for what may be asked inside or outside a transaction."""


class Transaction(Protocol):
    """What an operation sees: reads include its own writes."""

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""

    def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """One statement for each row."""

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Call on the loop once the transaction is durable; never when it fails."""


class Database(Protocol):
    """One database file (or schema)."""

    def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """A short read of the last commit, inline; for rows counted in hundreds, not in hundred thousands."""

    async def scan(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """A long read, off the loop."""

    async def write(self, operation: Callable[[Transaction], T], *, heavy: bool = False) -> T:
        """Run in a transaction and return what it returns, durable. `heavy` (more than a few hundred rows) runs off the loop."""
