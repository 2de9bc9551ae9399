"""Numbered migrations: once, whole or not at all, and never backwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from postroom.model.errors import TryLater
from postroom.store.engines import migrations
from postroom.store.engines.sqlite import SqliteFile

ONE = (1, "CREATE TABLE a (x); CREATE TABLE b (y);")
TWO = (2, "ALTER TABLE a ADD COLUMN z; INSERT INTO a VALUES (1, 2);")
BROKEN = (3, "INSERT INTO a VALUES (3, 4); CREATE TABLE a (again);")


def tables(connection: apsw.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]


def steps(monkeypatch: pytest.MonkeyPatch, *found: tuple[int, str]) -> None:
    monkeypatch.setattr(migrations, "migrations", lambda kind: found)


@pytest.mark.parametrize("kind", ["account", "server"])
def test_the_numbers_have_no_gap(kind: str) -> None:
    assert [number for number, _ in migrations.migrations(kind)] == list(range(1, len(migrations.migrations(kind)) + 1))


@pytest.mark.parametrize("kind", ["account", "server"])
def test_an_empty_file_is_brought_up_and_then_left_alone(kind: str) -> None:
    connection = apsw.Connection(":memory:")
    migrations.migrate(connection, kind)
    made = tables(connection)
    assert made
    assert migrations.user_version(connection) == migrations.migrations(kind)[-1][0]
    migrations.migrate(connection, kind)
    assert tables(connection) == made


def test_only_what_is_missing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = apsw.Connection(":memory:")
    steps(monkeypatch, ONE)
    migrations.migrate(connection, "any")
    steps(monkeypatch, ONE, TWO)
    migrations.migrate(connection, "any")
    migrations.migrate(connection, "any")
    assert connection.execute("SELECT * FROM a").fetchall() == [(1, 2)]


def test_a_migration_that_fails_has_not_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = apsw.Connection(":memory:")
    steps(monkeypatch, ONE, TWO)
    migrations.migrate(connection, "any")
    steps(monkeypatch, ONE, TWO, BROKEN)
    with pytest.raises(apsw.SQLError):
        migrations.migrate(connection, "any")
    assert migrations.user_version(connection) == 2
    assert connection.execute("SELECT * FROM a").fetchall() == [(1, 2)]
    assert not connection.in_transaction
    fresh = apsw.Connection(":memory:")
    with pytest.raises(apsw.SQLError):
        migrations.migrate(fresh, "any")
    assert tables(fresh) == []


def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "mail.sqlite"
    pool = ThreadPoolExecutor(1)
    file = SqliteFile(path, "account", pool)
    file.open(must_exist=False)
    file.close()
    newer = apsw.Connection(str(path))
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    with pytest.raises(TryLater, match="newer version of Postroom") as refused:
        SqliteFile(path, "account", pool).open(must_exist=True)
    assert "999" in refused.value.detail
    assert str(tmp_path) not in refused.value.public
    again = apsw.Connection(str(path))
    assert migrations.user_version(again) == 999
    again.execute("PRAGMA journal_mode = DELETE")  # nobody else holds it: the refused connection was closed
    again.close()
    pool.shutdown()


def test_no_file_is_made_where_one_must_be(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    with pytest.raises(TryLater):
        SqliteFile(tmp_path / "none.sqlite", "account", pool).open(must_exist=True)
    assert list(tmp_path.iterdir()) == []
    pool.shutdown()
