"""Sums that the processes of a running server count, added up: those of a process that died stay, so that a counter never falls while the server runs."""

from __future__ import annotations

import time
from collections.abc import Mapping

from postroom.store.run.run_database import RunDatabase


class LocalCounters:
    """Of one process."""

    def __init__(self, database: RunDatabase) -> None:
        self._database = database
        self._process = time.time_ns()  # a number of a process can come again, this moment can't

    def write(self, totals: Mapping[tuple[str, str], float]) -> None:
        """All sums of this process, by name and labels. Raises TryLater."""
        self._database.execute_many(
            "INSERT OR REPLACE INTO counter VALUES (?, ?, ?, ?)",
            [(self._process, name, labels, value) for (name, labels), value in totals.items()],
        )

    def totals(self) -> dict[tuple[str, str], float]:
        rows = self._database.execute("SELECT name, labels, sum(value) FROM counter GROUP BY name, labels")
        return {(name, labels): value for name, labels, value in rows}
