"""Fifty thousand accounts by the API: lists are searched, sorted and paged by the server, each answer is a page (`-s` prints how long each took)."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from admin_api import Browser, office
from postroom.model.database import Transaction

COUNT = 50_000
FIRST = 1000  # the number of the first


def fill(transaction: Transaction) -> None:
    """Copies of alice with names of their own, as an older version left them: what is searched by is made at the first list."""
    names = [row[1] for row in transaction.execute("PRAGMA table_info(account)")]
    model = transaction.execute("SELECT * FROM account WHERE local_part = 'alice'")[0]
    rows, addresses = [], []
    for number in range(COUNT):
        row = dict(zip(names, model, strict=True))
        row |= {
            "account_id": FIRST + number,
            "local_part": f"user{number:05d}",
            "display_name": f"Person {number} 花子",
        }
        rows.append([*(row | {"address_key": None, "name_key": None}).values()])
        address = f"user{number:05d}@example.test"
        addresses.append((address, 0, address, FIRST + number))
    transaction.execute_many(f"INSERT INTO account VALUES ({', '.join('?' * len(names))})", rows)
    transaction.execute_many("INSERT INTO address (key, seq, address, account_id) VALUES (?, ?, ?, ?)", addresses)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with office(tmp_path_factory.mktemp("many")) as desk:
        await desk.adapters.database.write(fill, heavy=True)
        browser = desk.browser()
        await browser.log_in()
        await browser.get("/accounts?limit=1")
        yield browser


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("query", "total", "first"),
    [
        ("sort=address&limit=50", COUNT + 3, "admin@example.test"),
        ("sort=-address&limit=50", COUNT + 3, f"user{COUNT - 1}@example.test"),
        (f"sort=address&limit=50&offset={COUNT - 47}", COUNT + 3, f"user{COUNT - 50}@example.test"),
        ("search=user4999&sort=address", 10, "user49990@example.test"),
        ("search=PERSON%2012345", 1, "user12345@example.test"),
        ("search=%E8%8A%B1&limit=50&sort=address", COUNT, "user00000@example.test"),
        ("search=nobody%20at%20all", 0, None),
        ("domain=other.test", 0, None),
    ],
)
async def test_a_page_is_right_whatever_the_length(admin: Browser, query: str, total: int, first: str | None) -> None:
    began = time.perf_counter()
    found: dict[str, Any] = (await admin.get(f"/accounts?{query}")).json
    sys.stdout.write(f"{query}: {(time.perf_counter() - began) * 1000:.1f} ms\n")
    assert found["total"] == total
    assert len(found["items"]) == min(total, 50)
    assert (found["items"][0]["address"] if found["items"] else None) == first
