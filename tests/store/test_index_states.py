"""How far the index is, written by one process and read by another: totals, order, pages, and rebuilds that are taken once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex, IndexStates, IndexTotals
from postroom.store.run.index_states import LocalIndexStates
from postroom.store.run.run_database import RunDatabase


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[IndexStates, IndexStates]]:
    """As the indexer has it, and as the console."""
    databases = [RunDatabase(tmp_path), RunDatabase(tmp_path)]
    yield LocalIndexStates(databases[0]), LocalIndexStates(databases[1])
    for database in databases:
        database.close()


def one(number: int, indexed: int, waiting: int, size: int = 100) -> AccountIndex:
    return AccountIndex(AccountId(number), indexed, waiting, size)


def test_before_anything_was_looked_at(both: tuple[IndexStates, IndexStates]) -> None:
    _, console = both
    assert console.totals() == IndexTotals(0, 0, 0, 0, 0, 0, 0.0)
    assert console.account(AccountId(1)) is None
    assert console.accounts(0, 10) == ([], 0)
    assert console.take_rebuilds() == []


def test_totals_are_the_sums_of_the_newest(both: tuple[IndexStates, IndexStates]) -> None:
    indexer, console = both
    indexer.note([one(1, 10, 5), one(2, 20, 0), one(3, 0, 7)])
    indexer.note([one(1, 12, 3, 150)])
    indexer.note_pace(9, 4.0)
    indexer.note_pace(8, 2.5)
    assert console.totals() == IndexTotals(3, 8, 2, 32, 10, 350, 2.5)
    assert console.account(AccountId(1)) == one(1, 12, 3, 150)


def test_those_that_wait_come_first_page_by_page(both: tuple[IndexStates, IndexStates]) -> None:
    indexer, console = both
    indexer.note([one(number, 1, number % 3) for number in range(1, 10)])
    seen = [found.account_id for start in range(0, 9, 2) for found in console.accounts(start, 2)[0]]
    assert seen == [2, 5, 8, 1, 4, 7, 3, 6, 9]
    assert console.accounts(100, 2) == ([], 9)


def test_an_account_that_is_gone_counts_no_more(both: tuple[IndexStates, IndexStates]) -> None:
    indexer, console = both
    indexer.note([one(1, 10, 5), one(2, 20, 0)])
    indexer.forget(AccountId(1))
    assert console.account(AccountId(1)) is None
    assert console.accounts(0, 10) == ([one(2, 20, 0)], 1)
    assert console.totals().indexed == 20


def test_only_accounts_that_are_there_count(both: tuple[IndexStates, IndexStates]) -> None:
    indexer, console = both
    indexer.note([one(number, 10, 1) for number in range(1, 6)])
    indexer.forget_others([AccountId(2), AccountId(4), AccountId(77)])
    assert [found.account_id for found in console.accounts(0, 10)[0]] == [2, 4]
    indexer.forget_others([])
    assert console.totals() == IndexTotals(0, 0, 0, 0, 0, 0, 0.0)


def test_a_rebuild_is_taken_once(both: tuple[IndexStates, IndexStates]) -> None:
    indexer, console = both
    console.want_rebuild(AccountId(4))
    console.want_rebuild(AccountId(4))
    console.want_rebuild(None)
    found = indexer.take_rebuilds()
    assert len(found) == 2 and set(found) == {AccountId(4), None}
    assert indexer.take_rebuilds() == []
