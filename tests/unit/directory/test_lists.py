"""Lists: what is found, in which order, in which pages; by which index; and rows of an older version."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from postroom.directory import changes, folded, lists
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.administration import Selection
from postroom.model.errors import Malformed
from unit.directory.conftest import Place

NAMES = ["Ångström", "ÉMILE", "emil", "Ελένη", "ΣΊΣΥΦΟΣ", "Straße", "山田", "50% off", "a_b", "a\\b", "김철수", "İpek"]


async def filled(place: Place) -> None:
    def operation(transaction: Any) -> None:
        for number, name in enumerate(NAMES):
            address = parse_address(f"user{number:02}@{('example', 'other')[number % 2]}.test")
            changes.add_account(transaction, address, changes.no_credential(), Role.USER, name, 1000 - number)
            changes.add_alias(transaction, parse_address(f"alias{number:02}@other.test"), address)

    await place.database.write(operation)


async def found(place: Place, **chosen: Any) -> list[str]:
    listed = await lists.accounts(place.database.scan, Selection(**chosen))
    return [row.account.display_name for row in listed.items]


FOUND = {
    "émile": ["ÉMILE"], "EMIL": ["emil"], "ångSTRÖM": ["Ångström"], "A\u030angstro\u0308m": ["Ångström"], "ελένη": ["Ελένη"],
    "σίσυφος": ["ΣΊΣΥΦΟΣ"], "STRASSE": ["Straße"], "山": ["山田"], "%": ["50% off"], "_": ["a_b"], "\\": ["a\\b"],
    "철수": ["김철수"], " user03 ": ["Ελένη"], "USER04@EXAMPLE": ["ΣΊΣΥΦΟΣ"], "nobody": [], "' OR 1=1 --": [], "a%b": [],
}  # fmt: skip


@pytest.mark.parametrize("search", FOUND)
async def test_search_in_any_script(place: Place, search: str) -> None:
    await filled(place)
    assert await found(place, search=search) == FOUND[search]


async def test_order_and_pages(place: Place) -> None:
    await filled(place)
    everybody = await found(place, limit=100)
    assert len(everybody) == len(NAMES) + 3
    for sort in ("", "address", "display_name", "created_at", "last_login_at", "role", "domain", "quota"):
        for descending in (False, True):
            whole = await found(place, sort=sort, descending=descending, limit=100)
            parts = [
                name
                for offset in range(0, 20, 4)
                for name in await found(place, sort=sort, descending=descending, limit=4, offset=offset)
            ]
            assert parts == whole and sorted(whole) == sorted(everybody)
            assert (
                whole == list(reversed(await found(place, sort=sort, descending=not descending, limit=100)))
                or sort == "domain"
            )
    assert (await found(place, sort="created_at", limit=5))[3:] == NAMES[:-3:-1]
    assert (await lists.accounts(place.database.scan, Selection(limit=2))).total == len(NAMES) + 3
    own = await lists.accounts(place.database.scan, Selection(domains=frozenset(["other.test"]), limit=2))
    assert (len(own.items), own.total) == (2, 6)
    none = await lists.accounts(place.database.scan, Selection(domains=frozenset()))
    assert (none.items, none.total) == ([], 0)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(sort="password_hash"), Selection(sort="address; DROP TABLE account"), Selection(limit=0), Selection(limit=501),
        Selection(offset=-1), Selection(offset=1 << 40), Selection(search="x" * 201),
    ],
)  # fmt: skip
async def test_what_is_no_selection(place: Place, selection: Selection) -> None:
    for listing in (lists.accounts, lists.domains, lists.groups, lists.aliases):
        with pytest.raises(Malformed) as refused:
            await listing(place.database.scan, selection)
        assert len(refused.value.faults) == 1


async def test_the_indexes(place: Place) -> None:
    """A list that sorts all rows to show fifty is right and, at 50,000 accounts, too slow for a page."""
    await filled(place)
    plans: list[str] = []

    async def explained(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        if sql.startswith(
            ("SELECT account_id FROM account", "SELECT count(*) FROM account")
        ):  # the others see one page
            rows = await place.database.scan("EXPLAIN QUERY PLAN " + sql, parameters)
            plans.extend(row[3] for row in rows)
        return await place.database.scan(sql, parameters)

    for selection in (Selection(), Selection(sort="display_name", descending=True), Selection(sort="created_at")):
        await lists.accounts(explained, selection)
    await lists.accounts(explained, Selection(domains=frozenset(["other.test"])))
    assert plans and not any("TEMP B-TREE" in step for step in plans), plans
    plans.clear()
    for domains in (None, frozenset(["other.test"])):
        await lists.accounts(explained, Selection(search="x", domains=domains))
    scans = [step for step in plans if step.startswith("SCAN account")]
    assert scans and all("COVERING INDEX" in step for step in scans), plans


async def test_rows_of_an_older_version(place: Place) -> None:
    await filled(place)
    before = [
        place.database.read("SELECT account_id, address_key, name_key FROM account ORDER BY account_id"),
        place.database.read("SELECT key, seq, target_key, domain FROM address ORDER BY key, seq"),
    ]
    assert folded.is_filled(place.database.read)

    def aged(transaction: Any) -> None:
        transaction.execute("UPDATE account SET address_key = NULL, name_key = NULL")
        transaction.execute("UPDATE address SET target_key = NULL, domain = NULL")

    await place.database.write(aged)
    assert not folded.is_filled(place.database.read)
    assert [one.account_id for one in await place.directory.route(parse_address("alias03@other.test"))] == [7]
    await place.database.write(folded.fill)
    assert before == [
        place.database.read("SELECT account_id, address_key, name_key FROM account ORDER BY account_id"),
        place.database.read("SELECT key, seq, target_key, domain FROM address ORDER BY key, seq"),
    ]


async def test_aliases_page_by_alias(place: Place) -> None:
    await filled(place)
    for target in ("alice@example.test", "bob@example.test"):
        await place.do(changes.add_alias, "alias00@other.test", target)
    names = [f"alias{number:02}@other.test" for number in range(len(NAMES))]
    got = []
    for offset in range(0, len(NAMES), 5):
        listed = await lists.aliases(place.database.scan, Selection(limit=5, offset=offset))
        assert listed.total == len(NAMES)
        got += [str(row.address) for row in listed.items]
    assert got == names
    first = (await lists.aliases(place.database.scan, Selection(search="BOB@"))).items
    assert [len(row.targets) for row in first] == [3], "found by one target, told with all"


async def test_random_selections_are_what_python_finds(place: Place) -> None:
    await filled(place)
    everybody = (await lists.accounts(place.database.scan, Selection(limit=500))).items
    chance = random.Random(7)
    for _ in range(60):
        search = "".join(chance.choice("aeimsußé%_@.0山") for _ in range(chance.randrange(1, 3)))
        expected = sorted(
            str(row.account.address)
            for row in everybody
            if folded.fold(search) in folded.fold(str(row.account.address))
            or folded.fold(search) in folded.fold(row.account.display_name)
        )
        listed = await lists.accounts(place.database.scan, Selection(search=search, limit=500))
        assert sorted(str(row.account.address) for row in listed.items) == expected
