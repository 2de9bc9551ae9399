"""Accounts as a table: what an import would do, does, and does again when it was stopped."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from postroom.admin.operator import Operator, Scope
from postroom.admin.people.account_csv import MAX_FILE, Action, Outcome, read_table
from postroom.model.address import parse_address
from postroom.model.administration import AccountChange
from postroom.model.errors import Malformed, NotPermitted, OverLimit, TryLater
from unit.admin.conftest import PASSWORD, ROOT, Place

TABLE = """address,name,quota,role,password,disabled,aliases
new@own.test,Ñew Öne,5000,user,long enough,no,n@own.test nn@own.test
mine@own.test,Mine,,,,,
keeper@own.test,Keeper Two,none,,,yes,
"""


def told(outcomes: list[Outcome]) -> list[tuple[int, str, str]]:
    return [(one.line, one.action.value, one.error or " ".join(one.changes)) for one in outcomes]


async def imported(place: Place, text: str | bytes, operator: Operator = ROOT) -> list[tuple[int, str, str]]:
    """The preview, which the import then does."""
    data = text.encode() if isinstance(text, str) else text
    preview = await place.people.table.preview(operator, data)
    steps: list[tuple[int, int]] = []
    outcomes = await place.people.table.apply(operator, data, lambda done, total: steps.append((done, total)))
    assert told(outcomes) == told(preview)
    assert steps[0] == (0, len(outcomes)) and steps[-1] == (len(outcomes), len(outcomes))
    return told(outcomes)


async def test_a_table_adds_and_changes(place: Place) -> None:
    assert await imported(place, TABLE) == [
        (2, "add", "name quota role aliases"),
        (3, "same", ""),
        (4, "change", "name disabled"),
    ]
    new = (await place.adapters.directory.authenticate("nn@own.test", "long enough")).account_id
    view = await place.people.accounts.one(ROOT, new)
    assert (view.row.account.display_name, view.row.account.quota) == ("Ñew Öne", 5000)
    assert (await place.adapters.store.usage(new)).quota == 5000
    again = [(line, action, what) for line, action, what in await imported(place, TABLE.replace("long enough", ""))]
    assert [action for _, action, _ in again] == ["same"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TABLE,
        TABLE.replace(",", ";"),
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("address,name", "Address, NAME "),
    ],
)
async def test_as_spreadsheets_write_it(place: Place, text: str) -> None:
    assert [action for _, action, _ in await imported(place, text)] == ["add", "same", "change"]


async def test_a_stopped_import_goes_on(place: Place) -> None:
    """Stopped between the row and its mail store: the quota is brought there."""
    store, set_quota = place.adapters.store, place.adapters.store.set_quota

    async def out_of_order(*rest: object) -> None:
        raise TryLater("the disk is full")

    store.set_quota = out_of_order  # type: ignore[method-assign,assignment]
    data = TABLE.encode()
    outcomes = await place.people.table.apply(ROOT, data, lambda done, total: None)
    assert outcomes[0].action is Action.ERROR and outcomes[0].error == "the disk is full"
    store.set_quota = set_quota  # type: ignore[method-assign]
    outcomes = await place.people.table.apply(ROOT, data, lambda done, total: None)
    assert [one.action for one in outcomes] == [Action.CHANGE, Action.SAME, Action.SAME]
    new = await place.people.accounts.at(ROOT, parse_address("new@own.test"))
    assert (await place.adapters.store.usage(new)).quota == 5000
    aliases = (await place.people.accounts.one(ROOT, new)).row.aliases
    assert [str(one) for one in aliases] == ["n@own.test", "nn@own.test"]


FAULTS = {
    "new@none.test,": "no domain none.test",
    "nonsense,": "looks like",
    "x@own.test,a\x01b": "control characters",
    "x@own.test,,zero": "quota: octets",
    "x@own.test,,0": "quota: 1 to",
    "x@own.test,,,king": "role: one of",
    "x@own.test,,,,short": "at least 8",
    "x@own.test,,,,,perhaps": "disabled: yes or no",
    "x@own.test,,,,,,mine@own.test": "mine@own.test is taken",
    "x@own.test,,,,,,y@none.test": "no domain none.test",
    "x@own.test,,,,,,,,,,": "7 fields are wanted",
    "x@own.test," + "n" * 1025: "name: at most 1024 octets",
    "x@own.test," + "n" * 300: "name: at most 200 characters",
    "info@own.test,": "is an alias or a group",
}


@pytest.mark.parametrize("line", FAULTS, ids=[line[:30] for line in FAULTS])
async def test_a_faulty_line_is_told_and_others_go_on(place: Place, line: str) -> None:
    await place.people.aliases.add(ROOT, parse_address("info@own.test"), parse_address("mine@own.test"))
    full = line if line.count(",") >= 6 else line + "," * (6 - line.count(","))
    text = TABLE.splitlines()[0] + f"\n{full}\ngood@own.test,,,,,,\n"
    outcomes = await imported(place, text)
    assert outcomes[0][1] == "error" and FAULTS[line] in outcomes[0][2]
    assert outcomes[1][1] == "add"


async def test_an_address_twice(place: Place) -> None:
    outcomes = await imported(place, "address\nx@own.test\nX@OWN.test\n")
    assert [action for _, action, _ in outcomes] == ["add", "error"]


async def test_a_domain_administrator_imports_own_users(place: Place) -> None:
    text = "address,role,name,aliases\n" + "".join(
        f"{line}\n"
        for line in (
            "good@own.test,user,Good,", "bad@others.test,user,,", "x@own.test,administrator,,", "admin@own.test,,Changed,",
            "mine@own.test,domain-administrator,,", "y@own.test,,,stolen@others.test",
        )
    )  # fmt: skip
    outcomes = await imported(place, text, place.keeper)
    assert [action for _, action, _ in outcomes] == ["add", *["error"] * 5]
    assert (await place.people.accounts.one(ROOT, place.ids["admin@own.test"])).row.account.display_name == "Admin"
    with pytest.raises(NotPermitted):
        reader = replace(ROOT, scopes=frozenset([Scope.ACCOUNTS_READ]))
        await place.people.table.apply(reader, text.encode(), lambda done, total: None)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"name\nx\n", b"address,address\n", b"address,shoe size\n", b"\xff\xfe", b'address\n"open', b'address\n"a"b\n', b"add\0ress\n",
        b"address\n" + b"x" * 200_000,
    ],
)  # fmt: skip
def test_what_is_no_table(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_table(data)


def test_a_table_is_bounded() -> None:
    with pytest.raises(OverLimit):
        read_table(b"x" * (MAX_FILE + 1))
    with pytest.raises(OverLimit):
        read_table(b"address\n" + b"a@b.test\n" * 50_001)
    assert len(read_table(b"address\n" + b"a@b.test\n\n" * 50_000)) == 50_000


async def exported(place: Place, operator: Operator = ROOT, domain: str | None = None) -> str:
    return "".join([line async for line in place.people.table.export(operator, domain)])


async def test_what_is_exported_can_be_imported(place: Place) -> None:
    await place.people.aliases.add(ROOT, parse_address("info@own.test"), parse_address("mine@own.test"))
    await place.people.accounts.change(
        ROOT, place.ids["mine@own.test"], AccountChange(quota=77, display_name='A "B", C;\u3042')
    )
    text = await exported(place)
    assert [action for _, action, _ in await imported(place, text)] == ["same"] * 4
    assert PASSWORD not in text and "argon2" not in text
    assert (await exported(place, place.keeper)).count("@others.test") == 0
    assert (await exported(place, ROOT, "others.test")).count("\n") == 2


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "'=1", "'", "'quoted'", "==", "plain"])
async def test_a_spreadsheet_computes_nothing(place: Place, name: str) -> None:
    mine = place.ids["mine@own.test"]
    await place.people.accounts.change(ROOT, mine, AccountChange(display_name=name))
    text = await exported(place)
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert [action for _, action, _ in await imported(place, text)] == ["same"] * 4
    assert (await place.people.accounts.one(ROOT, mine)).row.account.display_name == name
