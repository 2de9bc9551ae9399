"""How far the full-text index of each account is: written by the indexer, read by the console (model.operation.indexing.IndexStates)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex, IndexTotals
from postroom.store.run.run_database import RunDatabase

_ALL = 0  # no account has this number


class LocalIndexStates:
    """In what the processes of a running server share."""

    def __init__(self, database: RunDatabase) -> None:
        self._database = database

    def totals(self) -> IndexTotals:
        count, waiting_accounts, indexed, waiting, size = self._database.execute(
            "SELECT count(*), count(*) FILTER (WHERE waiting > 0), coalesce(sum(indexed), 0), coalesce(sum(waiting), 0),"
            " coalesce(sum(size), 0) FROM account_index"
        )[0]
        pace = self._database.execute("SELECT accounts_in_all, per_second FROM index_pace")
        in_all, per_second = pace[0] if pace else (0, 0.0)
        return IndexTotals(count, in_all, waiting_accounts, indexed, waiting, size, per_second)

    def account(self, account_id: AccountId) -> AccountIndex | None:
        rows = self._database.execute("SELECT * FROM account_index WHERE account_id = ?", (account_id,))
        return AccountIndex(*rows[0]) if rows else None

    def accounts(self, start: int, limit: int) -> tuple[list[AccountIndex], int]:
        rows = self._database.execute(
            "SELECT * FROM account_index ORDER BY waiting DESC, account_id LIMIT ? OFFSET ?", (limit, start)
        )
        count = self._database.execute("SELECT count(*) FROM account_index")[0][0]
        return [AccountIndex(*row) for row in rows], count

    def note(self, states: Sequence[AccountIndex]) -> None:
        self._database.execute_many(
            "INSERT OR REPLACE INTO account_index VALUES (?, ?, ?, ?)",
            [(state.account_id, state.indexed, state.waiting, state.size) for state in states],
        )

    def note_pace(self, accounts_in_all: int, per_second: float) -> None:
        self._database.execute("INSERT OR REPLACE INTO index_pace VALUES (1, ?, ?)", (accounts_in_all, per_second))

    def forget(self, account_id: AccountId) -> None:
        self._database.execute("DELETE FROM account_index WHERE account_id = ?", (account_id,))

    def forget_others(self, account_ids: Sequence[AccountId]) -> None:
        self._database.execute(
            "DELETE FROM account_index WHERE account_id NOT IN (SELECT value FROM json_each(?))",
            (json.dumps(account_ids),),
        )

    def want_rebuild(self, account_id: AccountId | None) -> None:
        self._database.execute("INSERT OR IGNORE INTO index_rebuild VALUES (?)", (account_id or _ALL,))

    def take_rebuilds(self) -> list[AccountId | None]:
        rows = self._database.execute("DELETE FROM index_rebuild RETURNING account_id")
        return [AccountId(row[0]) if row[0] != _ALL else None for row in rows]
