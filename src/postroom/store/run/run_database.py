"""RunDatabase: one process's connection to what the processes of a running server share; each statement is some tens of microseconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from postroom.store.engines.sqlite import translated

NAME = "run.sqlite"
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

-- Wrong passwords: login '' counts all names together.
CREATE TABLE IF NOT EXISTS failed_login (
  limit_key TEXT NOT NULL,
  login     TEXT NOT NULL,
  count     INTEGER NOT NULL,
  last_at   INTEGER NOT NULL,
  PRIMARY KEY (limit_key, login)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS failed_login_last ON failed_login (last_at);

-- One row for each process and counter; labels as written in the exposition format.
CREATE TABLE IF NOT EXISTS counter (
  process INTEGER NOT NULL,
  name    TEXT NOT NULL,
  labels  TEXT NOT NULL,
  value   REAL NOT NULL,
  PRIMARY KEY (process, name, labels)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS account_index (
  account_id INTEGER PRIMARY KEY,
  indexed    INTEGER NOT NULL,
  waiting    INTEGER NOT NULL,
  size       INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS account_index_waiting ON account_index (waiting DESC, account_id);
CREATE TABLE IF NOT EXISTS index_pace (place INTEGER PRIMARY KEY, accounts_in_all INTEGER NOT NULL, per_second REAL NOT NULL);
-- account_id 0: all
CREATE TABLE IF NOT EXISTS index_rebuild (account_id INTEGER PRIMARY KEY);
"""


class RunDatabase:
    """Raises TryLater where it is out of order."""

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

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement, in a transaction of its own."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except apsw.Error as error:
            raise translated(error, str(self._path)) from error

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for each row, in one transaction."""
        try:
            with self._connection:
                self._connection.executemany(sql, rows)
        except apsw.Error as error:
            raise translated(error, str(self._path)) from error

    def close(self) -> None:
        self._connection.close()


def clear(folder: Path) -> None:
    """Forget everything: at start, when nobody is connected."""
    for suffix in ("", "-wal", "-shm"):
        (folder / (NAME + suffix)).unlink(missing_ok=True)
