"""Domains, groups and aliases, and what of them a domain administrator has."""

from __future__ import annotations

from typing import Any

import pytest

from dns_zone import SERVFAIL, FakeResolver
from postroom.admin.people.domain_dns import DnsState, DomainDns
from postroom.model.account import Role
from postroom.model.address import Address, parse_address
from postroom.model.administration import AddressFormat, DomainChange, GroupChange, Selection
from postroom.model.errors import Conflict, Malformed, NotFound, NotPermitted, OverLimit
from unit.admin.conftest import ROOT, Place


def at(text: str) -> Address:
    return parse_address(text)


async def test_a_domain_administrator_has_own_domains(place: Place) -> None:
    domains = place.people.domains
    assert [row.name for row in (await domains.page(ROOT, Selection())).items] == ["others.test", "own.test"]
    found = await domains.page(place.keeper, Selection())
    assert ([row.name for row in found.items], found.total) == (["own.test"], 1)
    for attempt in (
        domains.one(place.keeper, "others.test"),
        domains.keys(place.keeper, "others.test"),
        domains.rotate_keys(place.keeper, "others.test", at_once=True),
        domains.change(place.keeper, "others.test", DomainChange(catch_all=at("keeper@own.test"))),
    ):
        with pytest.raises(NotFound):
            await attempt


@pytest.mark.parametrize(
    "change",
    [
        DomainChange(sending_limit=None),
        DomainChange(account_quota=None),
        DomainChange(largest_attachment=None),
        DomainChange(is_primary=True),
        DomainChange(administrators=()),
    ],
)
async def test_limits_of_a_domain_are_the_servers(place: Place, change: DomainChange) -> None:
    with pytest.raises(NotPermitted):
        await place.people.domains.change(place.keeper, "own.test", change)


async def test_adding_and_removing_domains_is_the_servers(place: Place) -> None:
    with pytest.raises(NotPermitted):
        await place.people.domains.add(place.keeper, "new.test")
    with pytest.raises(NotPermitted):
        await place.people.domains.remove(place.keeper, "own.test")


async def test_what_a_domain_administrator_changes_of_a_domain(place: Place) -> None:
    change = DomainChange(catch_all=at("mine@own.test"), address_format=AddressFormat.FIRST)
    row = await place.people.domains.change(place.keeper, "own.test", change)
    assert (str(row.catch_all), row.address_format) == ("mine@own.test", AddressFormat.FIRST)
    assert place.audit()[-2:] == [
        ("keeper@own.test", "catch-all set to mine@own.test", "own.test"),
        ("keeper@own.test", "address format set to first", "own.test"),
    ]


async def test_administrators_of_a_domain_get_and_lose_their_role(place: Place) -> None:
    domains, accounts = place.people.domains, place.people.accounts
    mine, keeper = place.ids["mine@own.test"], place.ids["keeper@own.test"]
    row = await domains.change(
        ROOT, "others.test", DomainChange(administrators=(at("MINE@own.test"), at("keeper@own.test")))
    )
    assert [str(one) for one in row.administrators] == ["keeper@own.test", "mine@own.test"]
    assert (await accounts.one(ROOT, mine)).row.account.role is Role.DOMAIN_ADMINISTRATOR
    assert (await accounts.one(ROOT, keeper)).row.administers == ["others.test", "own.test"]
    await domains.change(ROOT, "others.test", DomainChange(administrators=()))
    assert (await accounts.one(ROOT, mine)).row.account.role is Role.USER
    assert (await accounts.one(ROOT, keeper)).row.account.role is Role.DOMAIN_ADMINISTRATOR, "own.test is left"
    with pytest.raises(Malformed, match="whole server already"):
        await domains.change(ROOT, "own.test", DomainChange(administrators=(at("admin@own.test"),)))
    with pytest.raises(NotFound):
        await domains.change(ROOT, "own.test", DomainChange(administrators=(at("nobody@own.test"),)))


async def test_another_domain_becomes_primary(place: Place) -> None:
    await place.people.domains.change(ROOT, "others.test", DomainChange(is_primary=True))
    primaries = [row.name for row in (await place.people.domains.page(ROOT, Selection())).items if row.is_primary]
    assert primaries == ["others.test"]
    assert (await place.adapters.directory.principal("other")).account_id == place.ids["other@others.test"]


async def test_aliases_of_others_are_closed(place: Place) -> None:
    aliases = place.people.aliases
    await aliases.add(ROOT, at("info@others.test"), at("other@others.test"))
    await aliases.add(place.keeper, at("info@own.test"), at("far@elsewhere.test"))
    await aliases.add(place.keeper, at("info@own.test"), at("other@others.test"))
    for address in ("info@others.test", "other@others.test", "new@others.test"):
        with pytest.raises(NotFound):
            await aliases.add(place.keeper, at(address), at("keeper@own.test"))
        with pytest.raises(NotFound):
            await aliases.remove(place.keeper, at(address))
    with pytest.raises(Conflict):
        await aliases.add(place.keeper, at("admin@own.test"), at("keeper@own.test"))
    found = await aliases.page(place.keeper, Selection())
    assert [(str(one.address), list(map(str, one.targets))) for one in found.items] == [
        ("info@own.test", ["far@elsewhere.test", "other@others.test"])
    ]
    assert (await aliases.page(ROOT, Selection())).total == 2
    assert (await aliases.page(ROOT, Selection(search="ELSEWHERE"))).total == 1
    await aliases.remove(place.keeper, at("info@own.test"), at("far@elsewhere.test"))
    assert (await aliases.page(ROOT, Selection(search="elsewhere"))).total == 0


async def test_groups_of_others_are_closed(place: Place) -> None:
    groups = place.people.groups
    theirs = await groups.add(ROOT, at("all@others.test"), "All", "", [at("other@others.test")])
    for attempt in (
        groups.one(place.keeper, theirs),
        groups.change(place.keeper, theirs, GroupChange(add=(at("keeper@own.test"),))),
        groups.remove(place.keeper, theirs),
        groups.at(place.keeper, at("all@others.test")),
        groups.add(place.keeper, at("new@others.test"), "", "", []),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await groups.page(place.keeper, Selection())).total == 0
    own = await groups.add(place.keeper, at("team@own.test"), "", "", [at("mine@own.test")])
    with pytest.raises(NotFound):
        await groups.change(place.keeper, own, GroupChange(address=at("team@others.test")))


async def test_a_group_delivers_to_all_who_are_in_it(place: Place) -> None:
    groups = place.people.groups

    async def lead(address: str) -> set[Any]:
        return {one.account_id or str(one.final) for one in await place.adapters.directory.route(at(address))}

    mine, other, keeper = (place.ids[name] for name in ("mine@own.test", "other@others.test", "keeper@own.test"))
    inner = await groups.add(ROOT, at("inner@own.test"), "", "", [at("mine@own.test"), at("far@elsewhere.test")])
    outer = await groups.add(
        ROOT, at("outer@own.test"), "Outer", "Two\nlines", [at("inner@own.test"), at("other@others.test")]
    )
    assert await lead("OUTER@own.test") == {mine, other, "far@elsewhere.test"}
    await groups.change(ROOT, inner, GroupChange(add=(at("outer@own.test"), at("keeper@own.test"))))
    assert await lead("inner@own.test") == await lead("outer@own.test") == {mine, other, keeper, "far@elsewhere.test"}
    await place.people.aliases.add(ROOT, at("alias@own.test"), at("outer@own.test"))
    assert await lead("alias@own.test") == await lead("outer+tag@own.test") == await lead("outer@own.test")
    with pytest.raises(Conflict, match="alias@own"):
        await groups.remove(ROOT, outer)
    await place.people.aliases.remove(ROOT, at("alias@own.test"))
    await groups.change(ROOT, inner, GroupChange(address=at("core@own.test")))
    assert [str(one) for one in (await groups.one(ROOT, outer)).members] == ["core@own.test", "other@others.test"]
    await groups.remove(ROOT, inner)
    assert await lead("outer@own.test") == {other}
    with pytest.raises(NotFound):
        await lead("core@own.test")
    await groups.change(ROOT, outer, GroupChange(members=()))
    with pytest.raises(NotFound):
        await lead("outer@own.test")


async def test_members_do_not_send_from_the_address_of_a_group(place: Place) -> None:
    """Or a domain administrator, in a group that another domain's group has in it, could send as that domain."""
    mine, owns = place.ids["mine@own.test"], place.adapters.directory.owns_address
    await place.people.groups.add(place.keeper, at("inner@own.test"), "", "", [at("mine@own.test")])
    await place.people.groups.add(ROOT, at("all@others.test"), "", "", [at("inner@own.test")])
    await place.people.aliases.add(ROOT, at("crew@own.test"), at("inner@own.test"))
    await place.people.aliases.add(ROOT, at("info@own.test"), at("mine@own.test"))
    for address, expected in (
        ("inner@own.test", False), ("all@others.test", False), ("crew@own.test", False), ("info@own.test", True), ("mine+x@own.test", True),
    ):  # fmt: skip
        assert await owns(mine, at(address)) is expected


async def test_nobody_logs_in_as_a_group(place: Place) -> None:
    await place.people.groups.add(ROOT, at("team@own.test"), "", "", [at("mine@own.test")])
    await place.people.aliases.add(ROOT, at("crew@own.test"), at("team@own.test"))
    for login in ("team@own.test", "crew@own.test"):
        with pytest.raises(NotPermitted):
            await place.adapters.directory.authenticate(login, "correct horse")
        assert await place.adapters.directory.scram_secret(login) is None


async def test_members_are_somebody(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = place.people.groups
    own = await groups.add(ROOT, at("team@own.test"), "", "", [])
    for members, error in (
        ([at("nobody@own.test")], NotFound),
        ([at("team@own.test")], Conflict),
    ):
        with pytest.raises(error):
            await groups.change(ROOT, own, GroupChange(add=tuple(members)))
    many = tuple(at(f"x{number}@elsewhere.test") for number in range(1001))
    with pytest.raises(Malformed):
        await groups.change(ROOT, own, GroupChange(members=many))
    await groups.change(ROOT, own, GroupChange(members=many[:1000]))
    with pytest.raises(OverLimit):
        await groups.change(ROOT, own, GroupChange(add=many[1000:]))
    with pytest.raises(NotFound):
        await groups.change(ROOT, own, GroupChange(remove=(at("mine@own.test"),)))
    for address in ("team@own.test", "mine@own.test"):
        with pytest.raises(Conflict):
            await groups.add(ROOT, at(address), "", "", [])
    with pytest.raises(Conflict, match="group's address"):
        await place.people.aliases.add(ROOT, at("team@own.test"), at("mine@own.test"))


async def test_a_domain_goes_with_its_groups(place: Place) -> None:
    groups = place.people.groups
    await groups.add(ROOT, at("all@others.test"), "", "", [at("mine@own.test")])
    outer = await groups.add(ROOT, at("outer@own.test"), "", "", [at("all@others.test")])
    await place.people.accounts.remove(ROOT, place.ids["other@others.test"])
    with pytest.raises(Conflict, match="outer@own"):
        await place.people.domains.remove(ROOT, "others.test")
    await groups.remove(ROOT, outer)
    await place.people.domains.remove(ROOT, "others.test")
    for table in ("mail_group", "group_member"):
        assert place.adapters.database.read(f"SELECT count(*) FROM {table}") == [(0,)]


async def test_what_the_world_sees(place: Place) -> None:
    zone = {"own.test": {"MX": ["10 localhost"], "TXT": ["v=spf1 -all"]}, "_dmarc.own.test": SERVFAIL}
    settings = place.adapters.settings.current()[1]
    dns = DomainDns(place.people.domains, FakeResolver(zone), lambda: settings)
    seen = {one.record.purpose: one for one in await dns.look(place.keeper, "own.test")}
    assert set(seen) == {"MX", "SPF", "DKIM", "DMARC", "MTA-STS", "TLS-RPT", "SRV"}
    assert seen["SPF"].state is DnsState.DIFFERENT and seen["SPF"].found == ["v=spf1 -all"]
    assert (seen["DKIM"].state, seen["DMARC"].state) == (DnsState.MISSING, DnsState.UNKNOWN)
    with pytest.raises(NotFound):
        await dns.look(place.keeper, "others.test")
