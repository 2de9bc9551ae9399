"""Where commits run, and that the log is copied into the file outside of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import apsw
import pytest

from postroom.model.database import Transaction
from postroom.model.errors import TryLater
from postroom.store.engines.pace import DiskPace
from postroom.store.engines.sqlite import SqliteFile, connect


class Quick(DiskPace):
    """A disk on which every commit runs on the loop."""

    @property
    def is_quick(self) -> bool:
        return True


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def opened(path: Path, pool: ThreadPoolExecutor, pace: DiskPace) -> SqliteFile:
    file = SqliteFile(path / "mail.sqlite", "account", pool, pace)
    file.open(must_exist=False)
    return file


def test_a_disk_is_quick_after_many_quick_commits_and_slow_after_one_stall() -> None:
    pace = DiskPace()
    assert not pace.is_quick
    for _ in range(200):
        pace.took(0.0002)
    assert pace.is_quick
    pace.took(0.05)
    assert not pace.is_quick
    for _ in range(200):
        pace.took(0.0002)
    assert pace.is_quick
    for _ in range(50):
        pace.took(0.002)
    assert not pace.is_quick


@pytest.mark.parametrize("pace", [DiskPace(), Quick()])
async def test_operations_end_the_same_on_the_loop_and_in_a_thread(
    tmp_path: Path, pool: ThreadPoolExecutor, pace: DiskPace
) -> None:
    file = opened(tmp_path, pool, pace)
    told: list[int] = []

    async def insert(number: int) -> None:
        def operation(transaction: Transaction) -> None:
            transaction.execute("INSERT INTO subscription VALUES (1, ?)", (f"n{number}",))
            transaction.after_commit(lambda: told.append(number))

        await file.write(operation)

    await asyncio.gather(*[insert(number) for number in range(20)])
    assert sorted(told) == list(range(20))
    with pytest.raises(TryLater):
        await file.write(lambda transaction: transaction.execute("INSERT INTO subscription VALUES (1, 'n1')"))
    assert file.is_idle
    other = connect(file.path, read_only=True, must_exist=True)
    assert other.execute("SELECT count(*) FROM subscription").fetchall() == [(20,)]
    other.close()
    file.close()


def _insert(transaction: Transaction, number: int) -> None:
    transaction.execute("INSERT INTO content VALUES (?, 1, x'', ?, NULL)", (number, bytes(3_000_000)))


async def test_a_long_log_is_copied_behind_the_answers(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    file = opened(tmp_path, pool, Quick())
    for number in range(3):
        await file.write(partial(_insert, number=number))
    await file.write(lambda transaction: None)  # waits for a checkpoint that runs
    assert file.path.stat().st_size > 5_000_000
    # what was copied is used again: the log does not grow with all that was ever written
    assert file.path.with_name(file.path.name + "-wal").stat().st_size < 8_000_000
    file.close()


async def test_closing_waits_for_a_checkpoint(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    file = opened(tmp_path, pool, Quick())
    await file.write(
        lambda transaction: transaction.execute("INSERT INTO content VALUES (1, 1, x'', ?, NULL)", (bytes(20_000_000),))
    )
    await asyncio.get_running_loop().run_in_executor(pool, file.detach())
    await asyncio.sleep(0.05)
    found = apsw.Connection(str(file.path)).execute("SELECT length(data) FROM content").fetchall()
    assert found == [(20_000_000,)]


@pytest.mark.parametrize("pace", [DiskPace(), Quick()])
async def test_a_read_sees_what_is_committed_and_nothing_else(
    tmp_path: Path, pool: ThreadPoolExecutor, pace: DiskPace
) -> None:
    file = opened(tmp_path, pool, pace)
    count = "SELECT count(*) FROM subscription"
    seen = []

    def operation(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO subscription VALUES (1, 'a')")
        seen.append(file.read(count))

    assert file.read(count) == [(0,)]
    await file.write(operation)
    assert seen == [[(0,)]]
    assert file.read(count) == [(1,)]
    file.close()
