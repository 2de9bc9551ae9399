"""Where a forward-path leads, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.errors import Meaning, NotFound, NotPermitted
from postroom.model.ids import AccountId
from postroom.mta.routing import route


class OneDomain:
    """Domains of ours, where every name is account 1; other names lead to themselves."""

    def __init__(self, *domains: str) -> None:
        self.domains = domains

    async def is_local_domain(self, domain: str) -> bool:
        return domain in self.domains

    async def primary_domain(self) -> str | None:
        return self.domains[0] if self.domains else None

    async def route(self, address: Address) -> list[Recipient]:
        return [Recipient(address, AccountId(1) if address.domain in self.domains else None, address)]


def directory(*domains: str) -> Any:
    return OneDomain(*domains)


async def test_local_names_are_the_directorys() -> None:
    address = Address("alice", "example.test")
    assert await route(directory("example.test"), address, may_relay=False) == [
        Recipient(address, AccountId(1), address)
    ]


async def test_a_name_without_domain_is_in_the_primary_one() -> None:
    (found,) = await route(directory("example.test"), Address("Postmaster", ""), may_relay=False)
    assert found.final == Address("Postmaster", "example.test")
    with pytest.raises(NotFound):
        await route(directory(), Address("Postmaster", ""), may_relay=False)


async def test_a_labels_of_our_domain_are_ours() -> None:
    (found,) = await route(directory("bücher.test"), Address("a", "xn--bcher-kva.test"), may_relay=False)
    assert found.final == Address("a", "bücher.test")


@pytest.mark.parametrize("domain", ["remote.test", "xn--bcher-kva.test", "xn--\u00fc.test", "xn--", "[192.0.2.1]"])
async def test_strangers_reach_no_other_domain(domain: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        await route(directory("example.test"), Address("a", domain), may_relay=False)
    assert refused.value.meaning is Meaning.RELAY_DENIED


async def test_who_may_relay_reaches_names_and_no_routes() -> None:
    here = directory("example.test")
    assert (await route(here, Address("a.b+c", "remote.test"), may_relay=True))[0].account_id is None
    for local_part, domain in (("a@b", "remote.test"), ("a%b", "remote.test"), ("a!b", "remote.test"), ("a", "[::1]")):
        with pytest.raises(NotPermitted):
            await route(here, Address(local_part, domain), may_relay=True)
