"""Places of logged-in sessions, counted over all workers of this machine; see model.ports.SessionRegistry.

A small database of its own that is made anew at each start and never synced: it says who is connected now, and nothing of it matters after a crash. Rows of
a worker that died are removed by the supervisor.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import apsw

from postroom.model.errors import Meaning, OverLimit
from postroom.model.ids import AccountId, SessionId
from postroom.model.session import SessionEntry
from postroom.store.engines.sqlite import translated

NAME = "sessions.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
  session_id TEXT PRIMARY KEY,
  worker     INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  account    TEXT NOT NULL,
  protocol   TEXT NOT NULL,
  address    TEXT NOT NULL,
  limit_key  TEXT NOT NULL,
  client     TEXT NOT NULL,
  tls        TEXT NOT NULL,
  since      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_place ON session (account_id, protocol, limit_key);
"""


class LocalSessions:
    """One connection of one process; each call is some tens of microseconds."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        try:
            self._connection = apsw.Connection(str(self._path))
            self._connection.set_busy_timeout(2000)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_SCHEMA)
        except apsw.Error as error:
            raise translated(error, str(self._path)) from error

    def enter(self, entry: SessionEntry, limit: int) -> None:
        try:
            taken = self._connection.execute(
                "INSERT INTO session SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE"
                " (SELECT count(*) FROM session WHERE account_id = ? AND protocol = ? AND limit_key = ?) < ?"
                " RETURNING 1",
                (
                    entry.session_id, os.getpid(), entry.account_id, entry.account, entry.protocol, entry.address,
                    entry.limit_key, entry.client, entry.tls, entry.since,
                    entry.account_id, entry.protocol, entry.limit_key, limit,
                ),
            ).fetchall()  # fmt: skip
        except apsw.Error as error:
            raise translated(error, str(self._path)) from error
        if not taken:
            raise OverLimit(
                f"at most {limit} {entry.protocol.upper()} connections of one account from one address",
                meaning=Meaning.TOO_MANY_CONNECTIONS,
            )

    def leave(self, session_id: SessionId) -> None:
        try:
            self._connection.execute("DELETE FROM session WHERE session_id = ?", (session_id,))
        except apsw.Error as error:
            raise translated(error, str(self._path)) from error

    def remove_worker(self, worker: int) -> None:
        """Free the places of a worker that is gone."""
        try:
            self._connection.execute("DELETE FROM session WHERE worker = ?", (worker,))
        except apsw.Error as error:
            raise translated(error, str(self._path)) from error

    def entries(self) -> list[SessionEntry]:
        rows: list[tuple[Any, ...]] = self._connection.execute(
            "SELECT session_id, worker, account_id, account, protocol, address, limit_key, client, tls, since"
            " FROM session ORDER BY since, session_id"
        ).fetchall()
        return [SessionEntry(SessionId(row[0]), row[1], AccountId(row[2]), *row[3:]) for row in rows]

    def close(self) -> None:
        self._connection.close()


def clear(folder: Path) -> None:
    """Forget everything: at start, when nobody is connected."""
    for suffix in ("", "-wal", "-shm"):
        (folder / (NAME + suffix)).unlink(missing_ok=True)
