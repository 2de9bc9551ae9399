"""Mail by the hour: what the console's charts show."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.model.database import Database, Transaction

_HOUR = 3600
_KEPT = 400 * 24  # hours: a year and some


class DatabaseMailFlow:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, now: int, counts: Mapping[str, int]) -> None:
        """To the hour of `now`; nothing is written for nothing."""
        found = [(now // _HOUR, name, count) for name, count in counts.items() if count]
        if not found:
            return

        def operation(transaction: Transaction) -> None:
            transaction.execute_many(
                "INSERT INTO mail_flow VALUES (?, ?, ?) ON CONFLICT (hour, name) DO UPDATE SET count = count + excluded.count",
                found,
            )
            transaction.execute("DELETE FROM mail_flow WHERE hour < ?", (now // _HOUR - _KEPT,))

        await self._database.write(operation)

    def hours(self, first: int, last: int) -> dict[str, list[int]]:
        """By name, a count for each hour (Unix seconds / 3600) from `first` to `last`."""
        rows = self._database.read("SELECT hour, name, count FROM mail_flow WHERE hour BETWEEN ? AND ?", (first, last))
        found: dict[str, list[int]] = {}
        for hour, name, count in rows:
            found.setdefault(name, [0] * (last - first + 1))[hour - first] = count
        return found
