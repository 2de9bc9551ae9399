"""The administrator's services on a server's own database and mail stores, with a domain of others beside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from postroom.admin.operator import OF_DOMAINS, Operator
from postroom.app import Adapters, build_adapters
from postroom.app.administration import People, build_people
from postroom.app.folder import DataFolder
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.administration import AccountChange, NewAccount, Selection
from postroom.model.ids import AccountId

ROOT = Operator("root")
PASSWORD = "correct horse"


@dataclass
class Place:
    """`keeper` administers own.test alone; admin@own.test the whole server, mine@own.test is a user, other@others.test is somebody else's."""

    adapters: Adapters
    people: People
    keeper: Operator
    ids: dict[str, AccountId]

    def audit(self) -> list[tuple[str, str, str]]:
        rows = self.adapters.database.read("SELECT who, what, subject FROM audit ORDER BY audit_id")
        return [(row[0], row[1], row[2]) for row in rows]

    async def addresses(self, operator: Operator, **chosen: object) -> list[str]:
        found = await self.people.accounts.page(operator, Selection(**chosen))  # type: ignore[arg-type]
        return [str(view.row.account.address) for view in found.items]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folder = DataFolder(tmp_path)
    for part in (folder.accounts, folder.staging, folder.queue, folder.run, folder.bus):
        part.mkdir(parents=True, exist_ok=True)
    adapters = build_adapters(folder, must_exist=False)
    people = build_people(adapters)
    for domain in ("own.test", "others.test"):
        await people.domains.add(ROOT, domain)
    ids = {}
    for address, role in (
        ("admin@own.test", Role.ADMINISTRATOR),
        ("keeper@own.test", Role.USER),
        ("mine@own.test", Role.USER),
        ("other@others.test", Role.USER),
    ):
        new = NewAccount(parse_address(address), PASSWORD, address.partition("@")[0].title(), role)
        ids[address] = await people.accounts.add(ROOT, new)
    keeper_id = ids["keeper@own.test"]
    await people.accounts.change(ROOT, keeper_id, AccountChange(role=Role.DOMAIN_ADMINISTRATOR))
    keeper = Operator("keeper@own.test", frozenset(["own.test"]), OF_DOMAINS, keeper_id, "192.0.2.9")
    yield Place(adapters, people, keeper, ids)
    await adapters.close()
