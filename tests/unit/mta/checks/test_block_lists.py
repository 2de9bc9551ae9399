"""Block lists: who is listed, and which answers list nobody."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from dns_zone import SERVFAIL, FakeResolver
from postroom.model.errors import Meaning
from postroom.model.verdict import Action
from postroom.mta.checks import block_lists
from postroom.settings.checks import CheckSettings, Outage

STRICT = CheckSettings(dnsbl_zones=("one.test", "two.test"), dnsbl_outage=Outage.DEFER)
FOUR, SIX = "192.0.2.7", "2001:db8::7"
PTR_6 = ip_address(SIX).reverse_pointer


@pytest.mark.parametrize(
    ("one", "two", "statuses", "action"),
    [
        (None, None, ["pass", "pass"], Action.ACCEPT),
        (["127.0.0.2"], None, ["fail", "pass"], Action.REJECT),
        (None, ["127.0.0.10", "127.0.0.4"], ["pass", "fail"], Action.REJECT),
        (["127.255.255.254"], None, ["temperror", "pass"], Action.DEFER),
        (["192.0.2.99"], None, ["temperror", "pass"], Action.DEFER),
        (SERVFAIL, None, ["temperror", "pass"], Action.DEFER),
        (SERVFAIL, ["127.0.0.2"], ["temperror", "fail"], Action.REJECT),
    ],
)
async def test_block_lists(one: Any, two: Any, statuses: list[str], action: Action) -> None:
    zone = {f"7.2.0.192.{name}.test": {"A": held} for name, held in (("one", one), ("two", two)) if held}
    found = await block_lists.check(ip_address(FOUR), FakeResolver(zone), STRICT)
    assert ([method.result for method in found.methods], found.verdict.action) == (statuses, action)
    if action is Action.REJECT:
        assert found.verdict.meaning is Meaning.BLOCK_LISTED


async def test_an_ipv6_address_is_looked_up_by_its_nibbles() -> None:
    resolver = FakeResolver({PTR_6.removesuffix("ip6.arpa") + "one.test": {"A": ["127.0.0.2"]}})
    assert (await block_lists.check(ip_address(SIX), resolver, STRICT)).verdict.action is Action.REJECT
