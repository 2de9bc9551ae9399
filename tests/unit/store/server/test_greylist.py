"""Greylisting's memory: who waits, who is known, for how long, and within which bounds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from postroom.model.ports import GreylistTerms
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.server import greylist
from postroom.store.server.database import open_server_database
from postroom.store.server.greylist import DatabaseGreylist

START = 1_800_000_000
DAY = 86_400


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteFile]:
    pool = ThreadPoolExecutor(2)
    opened = open_server_database(tmp_path, pool, must_exist=False)
    yield opened
    opened.close()
    pool.shutdown()


def at(seconds: int) -> GreylistTerms:
    return GreylistTerms(START + seconds, 300, 35 * DAY)


def rows(database: SqliteFile, is_known: int) -> int:
    return int(database.read("SELECT count(*) FROM greylist WHERE is_known = ?", (is_known,))[0][0])


async def test_who_comes_again_after_the_delay_is_known(database: SqliteFile) -> None:
    store = DatabaseGreylist(database)
    assert await store.meet(b"net", b"a", at(0)) == 300
    assert await store.meet(b"net", b"a", at(100)) == 200
    assert await store.meet(b"net", b"b", at(299)) == 300  # another message of the same network
    assert await store.meet(b"net", b"a", at(300)) == 0
    assert await store.meet(b"net", b"b", at(301)) == 0
    assert await store.meet(b"net", b"never seen", at(302)) == 0
    assert await store.meet(b"else", b"a2", at(302)) == 300
    assert await DatabaseGreylist(database).meet(b"net", b"c", at(303)) == 0  # another worker


async def test_who_comes_again_too_late_begins_anew(database: SqliteFile) -> None:
    store = DatabaseGreylist(database)
    assert await store.meet(b"net", b"a", at(0)) == 300
    assert await store.meet(b"net", b"a", at(DAY + 1)) == 300
    assert await store.meet(b"net", b"a", at(DAY + 301)) == 0


async def test_a_known_network_is_forgotten_after_it_was_not_seen_for_long(database: SqliteFile) -> None:
    store = DatabaseGreylist(database)
    for seconds in (0, 300):
        await store.meet(b"net", b"a", at(seconds))
    assert await store.meet(b"net", b"b", at(34 * DAY)) == 0  # noted: it counts from here
    assert await store.meet(b"net", b"b", at(68 * DAY)) == 0
    assert await store.meet(b"net", b"b", at(104 * DAY)) == 300


async def test_a_clock_that_was_wrong_shuts_nobody_out(database: SqliteFile) -> None:
    store = DatabaseGreylist(database)
    assert await store.meet(b"net", b"a", at(1000 * DAY)) == 300
    assert await store.meet(b"net", b"a", at(0)) == 300
    assert await store.meet(b"net", b"a", at(300)) == 0


async def test_a_flood_is_bounded_and_drives_out_nobody_who_is_known(
    database: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greylist, "_PRUNE_EVERY", 10)
    store = DatabaseGreylist(database, waiting_most=20, known_most=5)
    for seconds in (0, 300):
        await store.meet(b"net", b"a", at(seconds))
    for n in range(200):
        assert await store.meet(b"stranger %d" % n, b"s%d" % n, at(301 + n)) == 300
    assert rows(database, 0) <= 30 and rows(database, 1) == 1
    assert await store.meet(b"net", b"b", at(600)) == 0


async def test_what_is_over_is_swept(database: SqliteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greylist, "_PRUNE_EVERY", 1)
    store = DatabaseGreylist(database)
    for n in range(50):
        await store.meet(b"n%d" % n, b"t%d" % n, at(0))
    await store.meet(b"net", b"a", at(2 * DAY))
    assert rows(database, 0) == 1
