"""Places of logged-in sessions, counted over all workers of this machine; see model.ports.SessionRegistry.

Rows of a worker that died are removed by the supervisor.
"""

from __future__ import annotations

import os

from postroom.model.errors import Meaning, OverLimit
from postroom.model.ids import AccountId, SessionId
from postroom.model.session import SessionEntry
from postroom.store.run.run_database import RunDatabase


class LocalSessions:
    """Of one process."""

    def __init__(self, database: RunDatabase) -> None:
        self._database = database

    def enter(self, entry: SessionEntry, limit: int) -> None:
        taken = self._database.execute(
            "INSERT INTO session SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE"
            " (SELECT count(*) FROM session WHERE account_id = ? AND protocol = ? AND limit_key = ?) < ?"
            " RETURNING 1",
            (
                entry.session_id, os.getpid(), entry.account_id, entry.account, entry.protocol, entry.address,
                entry.limit_key, entry.client, entry.tls, entry.since,
                entry.account_id, entry.protocol, entry.limit_key, limit,
            ),
        )  # fmt: skip
        if not taken:
            raise OverLimit(
                f"at most {limit} {entry.protocol.upper()} connections of one account from one address",
                meaning=Meaning.TOO_MANY_CONNECTIONS,
            )

    def leave(self, session_id: SessionId) -> None:
        self._database.execute("DELETE FROM session WHERE session_id = ?", (session_id,))

    def remove_worker(self, worker: int) -> None:
        """Free the places of a worker that is gone."""
        self._database.execute("DELETE FROM session WHERE worker = ?", (worker,))

    def entries(self) -> list[SessionEntry]:
        rows = self._database.execute(
            "SELECT session_id, worker, account_id, account, protocol, address, limit_key, client, tls, since"
            " FROM session ORDER BY since, session_id"
        )
        return [SessionEntry(SessionId(row[0]), row[1], AccountId(row[2]), *row[3:]) for row in rows]
