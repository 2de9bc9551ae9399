"""What is kept of logins: counted, bounded for each account, forgotten after 30 days and with its account."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.directory import changes
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.ids import AccountId
from postroom.model.security.tls import TlsLogin
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.server.database import open_server_database
from postroom.store.server.tls_logins import KEPT, MOST, DatabaseTlsLogins

NOW = 1_800_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteFile]:
    pool = ThreadPoolExecutor(2)
    opened = open_server_database(tmp_path, pool, must_exist=False)
    yield opened
    opened.close()
    pool.shutdown()


@pytest.fixture
async def alice(database: SqliteFile) -> TlsLogin:
    proof = changes.credential("a-long-password")
    await database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    account_id = await database.write(
        lambda transaction: changes.add_account(
            transaction, parse_address("alice@example.test"), proof, Role.USER, "Alice", 0
        )
    )
    return TlsLogin(AccountId(account_id), "imap", "imaps", "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "Mail 1")


async def test_counted_with_the_last_time(database: SqliteFile, alice: TlsLogin) -> None:
    store = DatabaseTlsLogins(database)
    await store.add({alice: (2, NOW - 60)})
    await store.add({alice: (3, NOW), replace(alice, client=""): (1, NOW - 5)})
    found = [(one.account, one.login.client, one.count, one.last_at) for one in await store.seen(NOW)]
    assert found == [("alice@example.test", "Mail 1", 5, NOW), ("alice@example.test", "", 1, NOW - 5)]


async def test_forgotten_after_30_days(database: SqliteFile, alice: TlsLogin) -> None:
    store = DatabaseTlsLogins(database)
    await store.add({alice: (1, NOW - KEPT - 1)})
    assert await store.seen(NOW) == []
    await store.add({replace(alice, client="new"): (1, NOW)})
    assert database.read("SELECT client FROM tls_login") == [("new",)]


async def test_an_account_drives_out_only_its_own(database: SqliteFile, alice: TlsLogin) -> None:
    store = DatabaseTlsLogins(database)
    other = replace(alice, account_id=AccountId(77))
    await store.add({other: (1, NOW - 1000)})
    for number in range(MOST * 3):
        await store.add({replace(alice, client=f"x{number}"): (1, NOW - 500 + number)})
    counts = dict(database.read("SELECT account_id, count(*) FROM tls_login GROUP BY account_id"))
    assert counts == {alice.account_id: MOST, 77: 1}
    assert [one.login.account_id for one in await store.seen(NOW)] == [alice.account_id] * MOST, "77 is no account"
