"""Where addresses lead."""

from __future__ import annotations

import pytest

import directory_rows
from postroom.directory import changes, routing
from postroom.model.account import Role
from postroom.model.address import Address, parse_address
from postroom.model.errors import Meaning, NotFound
from unit.directory.conftest import Place

ADMIN, ALICE, BOB = 1, 2, 3


async def nowhere(place: Place, address: str) -> None:
    with pytest.raises(NotFound) as refused:
        await place.lead(address)
    assert refused.value.meaning is Meaning.NO_SUCH_RECIPIENT


async def test_an_account_by_its_address_in_any_case(place: Place) -> None:
    assert await place.lead("alice@example.test") == [ALICE]
    assert await place.lead("ALICE@example.test") == [ALICE]
    await nowhere(place, "carol@example.test")
    await nowhere(place, "alice@other.test")


async def test_a_remote_address_leads_to_itself(place: Place) -> None:
    assert await place.lead("someone@elsewhere.test") == ["someone@elsewhere.test"]


async def test_aliases_of_aliases_and_groups(place: Place) -> None:
    await place.do(changes.add_alias, "all@example.test", "staff@other.test")
    await place.do(changes.add_alias, "staff@other.test", "alice@example.test")
    await place.do(changes.add_alias, "staff@other.test", "BOB@example.test")
    await place.do(changes.add_alias, "staff@other.test", "far@elsewhere.test")
    assert await place.lead("all@example.test") == [ALICE, BOB, "far@elsewhere.test"]


async def test_each_account_is_reached_once(place: Place) -> None:
    for name in ("a", "b"):
        await place.do(changes.add_alias, f"{name}@example.test", "alice@example.test")
        await place.do(changes.add_alias, "all@example.test", f"{name}@example.test")
    assert await place.lead("all@example.test") == [ALICE]


async def test_loops_end(place: Place) -> None:
    for source, target in (("a", "b"), ("b", "c"), ("c", "a")):
        await place.do(changes.add_alias, f"{source}@example.test", f"{target}@example.test")
    await nowhere(place, "a@example.test")
    await place.do(changes.add_alias, "c@example.test", "bob@example.test")
    assert await place.lead("b@example.test") == [BOB]


async def test_a_group_is_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "MAX_EXPANDED", 5)
    for number in range(9):
        await place.do(changes.add_alias, "all@example.test", f"x{number}@elsewhere.test")
    assert len(await place.lead("all@example.test")) == 5


async def test_subaddresses(place: Place) -> None:
    assert await place.lead("alice+lists@example.test") == [ALICE]
    assert await place.lead("alice+a+b@example.test") == [ALICE]
    await place.do(changes.add_alias, "alice+bob@example.test", "bob@example.test")
    assert await place.lead("alice+bob@example.test") == [BOB]
    await place.do(changes.add_alias, "sales@example.test", "bob@example.test")
    assert await place.lead("sales+x@example.test") == [BOB]
    await nowhere(place, "carol+x@example.test")
    assert await place.lead("x+y@elsewhere.test") == ["x+y@elsewhere.test"]


async def test_catch_all(place: Place) -> None:
    await place.do(directory_rows.set_catch_all, "other.test", parse_address("bob@example.test"))
    assert await place.lead("anything@other.test") == [BOB]
    await nowhere(place, "anything@example.test")
    await place.do(directory_rows.set_catch_all, "other.test", parse_address("nobody@other.test"))
    await nowhere(place, "anything@other.test")
    await place.do(directory_rows.set_catch_all, "other.test", None)
    await nowhere(place, "anything@other.test")
    with pytest.raises(NotFound):
        await place.do(directory_rows.set_catch_all, "none.test", None)


async def test_postmaster_is_always_there(place: Place) -> None:
    for domain in ("example.test", "other.test"):
        assert await place.lead(f"PostMaster@{domain}") == [ADMIN]
    await place.do(directory_rows.set_catch_all, "other.test", parse_address("bob@example.test"))
    assert await place.lead("postmaster@other.test") == [ADMIN]
    await place.do(changes.add_alias, "postmaster@other.test", "alice@example.test")
    assert await place.lead("postmaster@other.test") == [ALICE]


async def test_whose_an_address_is(place: Place) -> None:
    await place.do(changes.add_alias, "sales@example.test", "alice@example.test")
    await place.do(changes.add_alias, "sales@example.test", "bob@example.test")
    for owner, text, expected in (
        (ALICE, "alice@example.test", True),
        (ALICE, "alice+x@example.test", True),
        (ALICE, "sales@example.test", True),
        (BOB, "sales@example.test", True),
        (ADMIN, "sales@example.test", False),
        (BOB, "alice@example.test", False),
        (ALICE, "alice@elsewhere.test", False),
        (ALICE, "nobody@example.test", False),
    ):
        assert await place.directory.owns_address(owner, parse_address(text)) is expected, text  # type: ignore[arg-type] - a plain number


async def test_login_names(place: Place) -> None:
    await place.do(changes.add_alias, "al@other.test", "alice@example.test")
    await place.do(changes.add_alias, "lia@other.test", "al@other.test")
    await place.do(changes.add_alias, "all@other.test", "alice@example.test")
    await place.do(changes.add_alias, "all@other.test", "bob@example.test")
    read = place.database.read
    for name, account in (
        ("alice", ALICE), (" Alice@Example.TEST ", ALICE), ("lia@other.test", ALICE),
        ("all@other.test", None), ("alice+x", None), ("", None), ("@", None), ("alice@other.test", None), ("a@b@c", None),
    ):  # fmt: skip
        assert routing.account_named(read, name) == account, name


async def test_names_in_many_scripts(place: Place, proof: changes.Credential) -> None:
    await place.do(changes.add_domain, "例え.test")
    made = await place.do(changes.add_account, "Jörg@例え.test", proof, Role.USER, "", 0)
    assert await place.lead("JO\u0308RG@例え.test") == [made]
    assert (await place.directory.route(Address("jörg", "例え.test")))[0].account_id == made


async def test_a_disabled_account_gets_no_mail_and_a_group_goes_on_without_it(place: Place) -> None:
    await place.do(changes.add_alias, "all@example.test", "alice@example.test")
    await place.do(changes.add_alias, "all@example.test", "bob@example.test")
    await place.do(directory_rows.set_disabled, "alice@example.test", disabled=True)
    for address in ("alice@example.test", "ALICE+tag@example.test"):
        with pytest.raises(NotFound) as refused:
            await place.lead(address)
        assert refused.value.meaning is Meaning.MAILBOX_DISABLED
    assert await place.lead("all@example.test") == [BOB]
    await place.do(directory_rows.set_disabled, "alice@example.test", disabled=False)
    assert await place.lead("alice@example.test") == [ALICE]
