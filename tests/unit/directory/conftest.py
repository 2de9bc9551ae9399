"""A directory with two domains, an administrator, Alice and Bob."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from postroom.directory import changes
from postroom.directory.local import LocalDirectory
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.server.database import open_server_database

PASSWORD = "correct horse"


@dataclass
class Place:
    """The database and the directory over it."""

    database: SqliteFile
    directory: LocalDirectory

    async def do(self, operation: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """An operation of `changes` with addresses as text."""
        plain = [parse_address(one) if isinstance(one, str) and "@" in one else one for one in arguments]
        return await self.database.write(lambda transaction: operation(transaction, *plain, **named))

    async def lead(self, address: str) -> list[str | int]:
        """Where an address leads: account ids, remote addresses."""
        found = await self.directory.route(parse_address(address))
        return sorted((one.account_id if one.account_id is not None else str(one.final) for one in found), key=str)


@pytest.fixture(scope="session")
def proof() -> changes.Credential:
    return changes.credential(PASSWORD)


@pytest.fixture
async def place(tmp_path: Path, proof: changes.Credential) -> AsyncIterator[Place]:
    pool = ThreadPoolExecutor(2)
    database = open_server_database(tmp_path, pool, must_exist=False)
    made = Place(database, LocalDirectory(database, pool))
    for name in ("example.test", "other.test"):
        await made.do(changes.add_domain, name)
    people = (("admin", Role.ADMINISTRATOR), ("alice", Role.USER), ("bob", Role.USER))
    for number, (name, role) in enumerate(people, 1):
        assert await made.do(changes.add_account, f"{name}@example.test", proof, role, name.title(), 0) == number
    yield made
    database.close()
    pool.shutdown()
