"""What administrators may do to accounts, and what a domain administrator may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.admin.operator import Scope
from postroom.model.account import MailProtocol, Role
from postroom.model.address import parse_address
from postroom.model.administration import AccountChange, AddressFormat, DomainChange, NewAccount, Selection
from postroom.model.errors import Conflict, Malformed, Meaning, NotFound, NotPermitted, OverLimit
from postroom.model.ids import AccountId
from unit.admin.conftest import PASSWORD, ROOT, Place


async def test_a_domain_administrator_sees_own_accounts_alone(place: Place) -> None:
    assert await place.addresses(ROOT) == ["admin@own.test", "keeper@own.test", "mine@own.test", "other@others.test"]
    assert await place.addresses(place.keeper) == ["admin@own.test", "keeper@own.test", "mine@own.test"]
    assert await place.addresses(place.keeper, search="other") == []
    with pytest.raises(NotFound):
        await place.people.accounts.page(place.keeper, Selection(), "others.test")
    strange, missing = place.ids["other@others.test"], AccountId(999)
    told = set()
    for account_id in (strange, missing):
        with pytest.raises(NotFound) as refused:
            await place.people.accounts.one(place.keeper, account_id)
        told.add(refused.value.public)
    assert told == {"there is no such account"}, "one of others is not there, in the same words"


CHANGES: dict[str, AccountChange] = {
    "name": AccountChange(display_name="X"),
    "password": AccountChange(password="another horse"),
    "disabled": AccountChange(is_disabled=True),
    "quota": AccountChange(quota=5),
    "address": AccountChange(address=parse_address("x@own.test")),
    "role": AccountChange(role=Role.USER),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_whose_account_a_domain_administrator_may_not_touch(place: Place, what: str) -> None:
    before = place.audit()
    for address, error in (("other@others.test", NotFound), ("admin@own.test", NotPermitted)):
        with pytest.raises(error):
            await place.people.accounts.change(place.keeper, place.ids[address], CHANGES[what])
    assert place.audit() == before, "a refusal changes nothing"


async def test_other_ways_to_an_account_are_closed_as_well(place: Place) -> None:
    accounts = place.people.accounts
    for address, error in (("other@others.test", NotFound), ("admin@own.test", NotPermitted)):
        account_id = place.ids[address]
        for attempt in (
            accounts.remove(place.keeper, account_id),
            accounts.add_app_password(place.keeper, account_id, "x", [MailProtocol.IMAP]),
            accounts.reset_second_factor(place.keeper, account_id),
        ):
            with pytest.raises(error):
                await attempt
    with pytest.raises(NotFound):
        await accounts.app_passwords(place.keeper, place.ids["other@others.test"])
    assert len(await place.addresses(ROOT)) == 4


async def test_a_domain_administrator_makes_no_administrators(place: Place) -> None:
    accounts = place.people.accounts
    for role in (Role.ADMINISTRATOR, Role.DOMAIN_ADMINISTRATOR):
        with pytest.raises(NotPermitted):
            await accounts.add(place.keeper, NewAccount(parse_address("x@own.test"), PASSWORD, role=role))
        with pytest.raises(NotPermitted):
            await accounts.change(place.keeper, place.ids["mine@own.test"], AccountChange(role=role))
    with pytest.raises(NotPermitted):
        await accounts.change(
            place.keeper, place.ids["keeper@own.test"], AccountChange(administers=frozenset(["others.test"]))
        )
    with pytest.raises(NotPermitted):
        await accounts.change(place.keeper, place.ids["mine@own.test"], AccountChange(sending_limit=0))


async def test_a_domain_administrator_moves_no_account_out_or_in(place: Place) -> None:
    accounts, mine = place.people.accounts, place.ids["mine@own.test"]
    with pytest.raises(NotFound, match=r"no domain others\.test"):
        await accounts.change(place.keeper, mine, AccountChange(address=parse_address("mine@others.test")))
    with pytest.raises(NotFound):
        await accounts.add(place.keeper, NewAccount(parse_address("x@others.test"), PASSWORD))


async def test_an_account_that_became_an_administrators_meanwhile_is_safe(place: Place) -> None:
    """Between the look at it and the change: the guard is asked in the transaction."""
    mine = place.ids["mine@own.test"]
    store = place.adapters.administration
    change = store.change_account

    async def promoted_first(account_id: AccountId, *rest: Any) -> Any:
        await change(mine, AccountChange(role=Role.ADMINISTRATOR), lambda account, domains: None, [])
        return await change(account_id, *rest)

    store.change_account = promoted_first  # type: ignore[method-assign]
    with pytest.raises(NotPermitted):
        await place.people.accounts.change(place.keeper, mine, AccountChange(password="another horse"))
    await place.adapters.directory.authenticate("mine@own.test", PASSWORD)


async def test_a_quota_of_a_domain_administrator_stays_within_the_domains(place: Place) -> None:
    await place.people.domains.change(ROOT, "own.test", DomainChange(account_quota=1000))
    accounts, mine = place.people.accounts, place.ids["mine@own.test"]
    for quota in (None, 1001):
        with pytest.raises(NotPermitted):
            await accounts.change(place.keeper, mine, AccountChange(quota=quota))
        with pytest.raises(NotPermitted):
            await accounts.add(place.keeper, NewAccount(parse_address("x@own.test"), PASSWORD, quota=quota))
    await accounts.change(place.keeper, mine, AccountChange(quota=1000))
    assert (await place.adapters.store.usage(mine)).quota == 1000
    new = await accounts.add(place.keeper, NewAccount(parse_address("y@own.test"), PASSWORD))
    assert (await accounts.one(ROOT, new)).row.account.quota == 1000, "what the domain gives"
    assert (await place.adapters.store.usage(new)).quota == 1000


async def test_rights_of_a_token(place: Place) -> None:
    reader = replace(ROOT, scopes=frozenset([Scope.ACCOUNTS_READ]))
    assert len(await place.addresses(reader)) == 4
    with pytest.raises(NotPermitted):
        await place.people.accounts.change(reader, place.ids["mine@own.test"], AccountChange(display_name="x"))
    with pytest.raises(NotPermitted):
        await place.addresses(replace(ROOT, scopes=frozenset([Scope.SETTINGS_READ])))


async def test_all_of_a_change_or_nothing(place: Place) -> None:
    mine, before = place.ids["mine@own.test"], place.audit()
    with pytest.raises(Conflict):
        await place.people.accounts.change(
            ROOT, mine, AccountChange(display_name="New", is_disabled=True, address=parse_address("keeper@own.test"))
        )
    row = (await place.people.accounts.one(ROOT, mine)).row
    assert (row.account.display_name, row.account.is_disabled) == ("Mine", False)
    assert place.audit() == before
    await place.people.accounts.change(place.keeper, mine, AccountChange(display_name="New", is_disabled=True))
    assert place.audit()[len(before) :] == [
        ("keeper@own.test", "name changed", "mine@own.test"),
        ("keeper@own.test", "disabled", "mine@own.test"),
    ]
    assert place.adapters.database.read("SELECT address FROM audit ORDER BY audit_id DESC LIMIT 1") == [("192.0.2.9",)]


async def test_a_new_address_leaves_the_old_one_as_an_alias(place: Place) -> None:
    accounts, mine = place.people.accounts, place.ids["mine@own.test"]
    await place.people.aliases.add(ROOT, parse_address("info@others.test"), parse_address("mine@own.test"))
    group = await place.people.groups.add(ROOT, parse_address("all@own.test"), "", "", [parse_address("mine@own.test")])
    view = await accounts.change(ROOT, mine, AccountChange(address=parse_address("Neu@own.test")))
    assert str(view.row.account.address) == "Neu@own.test"
    assert [str(one) for one in view.row.aliases] == ["info@others.test", "mine@own.test"]
    for login in ("mine@own.test", "neu@own.test", "info@others.test"):
        assert (await place.adapters.directory.authenticate(login, PASSWORD)).account_id == mine
    assert [str(one) for one in (await place.people.groups.one(ROOT, group)).members] == ["Neu@own.test"]
    view = await accounts.change(ROOT, mine, AccountChange(address=parse_address("mine@own.test")))
    assert [str(one) for one in view.row.aliases] == ["info@others.test", "Neu@own.test"], "and back"
    assert await place.addresses(ROOT, search="MINE") == ["mine@own.test"]


async def test_a_removed_account_leaves_groups_and_nothing_behind(place: Place) -> None:
    accounts, mine = place.people.accounts, place.ids["mine@own.test"]
    group = await place.people.groups.add(ROOT, parse_address("all@own.test"), "", "", [parse_address("mine@own.test")])
    await accounts.add_app_password(ROOT, mine, "phone", [MailProtocol.IMAP])
    await accounts.remove(place.keeper, mine)
    assert (await place.people.groups.one(ROOT, group)).members == []
    for table in ("app_password", "second_factor", "recovery_code", "domain_administrator", "web_session", "api_token"):
        assert place.adapters.database.read(f"SELECT count(*) FROM {table} WHERE account_id = ?", (mine,)) == [(0,)]


async def test_names_of_others_aliases_are_not_told(place: Place) -> None:
    mine = place.ids["mine@own.test"]
    await place.people.aliases.add(ROOT, parse_address("secret@others.test"), parse_address("mine@own.test"))
    with pytest.raises(Conflict) as refused:
        await place.people.accounts.remove(place.keeper, mine)
    assert "secret" not in refused.value.public and refused.value.meaning is Meaning.IN_USE
    assert (await place.people.accounts.one(place.keeper, mine)).row.aliases == []
    with pytest.raises(Conflict, match="secret"):
        await place.people.accounts.remove(ROOT, mine)


async def test_app_passwords_are_bounded_and_named(place: Place) -> None:
    accounts, mine = place.people.accounts, place.ids["mine@own.test"]
    for name, protocols in (
        ("", [MailProtocol.IMAP]),
        ("phone", []),
        ("x" * 101, [MailProtocol.IMAP]),
        ("a\nb", [MailProtocol.IMAP]),
    ):
        with pytest.raises(Malformed):
            await accounts.add_app_password(ROOT, mine, name, protocols)
    # 49 written at once: each that is made costs a hash
    await place.adapters.database.write(
        lambda transaction: transaction.execute_many(
            "INSERT INTO app_password SELECT ?, ?, 'x', 'imap', 0, NULL, x'00', '', x'00', 1, x'00', x'00'",
            [(1000 + number, mine) for number in range(49)],
        )
    )
    made, _ = await accounts.add_app_password(place.keeper, mine, "phone", [MailProtocol.IMAP])
    with pytest.raises(OverLimit, match="at most 50"):
        await accounts.add_app_password(ROOT, mine, "one more", [MailProtocol.IMAP])
    with pytest.raises(NotFound):
        await accounts.remove_app_password(ROOT, place.ids["keeper@own.test"], made.app_password_id)
    await accounts.remove_app_password(place.keeper, mine, made.app_password_id)


async def test_addresses_are_made_of_names(place: Place) -> None:
    accounts = place.people.accounts
    assert str(await accounts.free_address(place.keeper, "own.test", "Zoë  O'Brien Çelik")) == "zoe.celik@own.test"
    await accounts.add(ROOT, NewAccount(parse_address("zoe.celik@own.test"), None, "Zoë Çelik"))
    assert str(await accounts.free_address(ROOT, "own.test", "ZOE CELIK")) == "zoe.celik2@own.test"
    for form, expected in (
        (AddressFormat.INITIAL_LAST, "zcelik"), (AddressFormat.FIRST, "zoe"), (AddressFormat.LAST_FIRST, "celik.zoe"),
    ):  # fmt: skip
        await place.people.domains.change(place.keeper, "own.test", DomainChange(address_format=form))
        assert str(await accounts.free_address(ROOT, "own.test", "Zoë Çelik")) == f"{expected}@own.test"
    assert str(await accounts.free_address(ROOT, "own.test", "김철수")) == "김철수@own.test"
    assert str(await accounts.free_address(ROOT, "own.test", "がき")) == "がき@own.test"
    for name in ("", " ", "!!!"):
        with pytest.raises(Malformed):
            await accounts.free_address(ROOT, "own.test", name)
    with pytest.raises(NotFound):
        await accounts.free_address(place.keeper, "others.test", "Zoë Çelik")


async def test_an_account_without_a_password_waits_for_one(place: Place) -> None:
    new = await place.people.accounts.add(ROOT, NewAccount(parse_address("new@own.test"), None))
    assert not (await place.people.accounts.one(ROOT, new)).row.has_password
    for password in ("", "!", "anything at all"):
        with pytest.raises(NotPermitted):
            await place.adapters.directory.authenticate("new@own.test", password)
    assert await place.adapters.directory.scram_secret("new@own.test", MailProtocol.IMAP) is None
    await place.people.accounts.change(ROOT, new, AccountChange(password=PASSWORD))
    await place.adapters.directory.authenticate("new@own.test", PASSWORD)
    assert await place.adapters.directory.scram_secret("new@own.test", MailProtocol.IMAP) is not None
