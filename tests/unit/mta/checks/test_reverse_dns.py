"""Whether a name of the address leads back to it: each answer of the DNS, and what is made of it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from dns_zone import SERVFAIL, TIMEOUT, FakeResolver
from postroom.model.verdict import Action
from postroom.mta.checks import reverse_dns
from postroom.settings.checks import CheckSettings, Consequence, Outage

STRICT = CheckSettings(reverse_dns=Consequence.REJECT, reverse_dns_outage=Outage.DEFER)
FOUR, SIX = "192.0.2.7", "2001:db8::7"
PTR_4 = "7.2.0.192.in-addr.arpa"
PTR_6 = ip_address(SIX).reverse_pointer


@pytest.mark.parametrize(
    ("address", "zone", "status", "action"),
    [
        (FOUR, {PTR_4: {"PTR": ["a.test"]}, "a.test": {"A": [FOUR]}}, "pass", Action.ACCEPT),
        (FOUR, {PTR_4: {"PTR": ["b.test", "a.test"]}, "a.test": {"A": [FOUR]}}, "pass", Action.ACCEPT),
        (SIX, {PTR_6: {"PTR": ["a.test"]}, "a.test": {"AAAA": [SIX]}}, "pass", Action.ACCEPT),
        (FOUR, {PTR_4: {"PTR": ["a.test"]}, "a.test": {"A": ["192.0.2.8"]}}, "fail", Action.REJECT),
        (FOUR, {PTR_4: {"PTR": ["a.test"]}}, "fail", Action.REJECT),
        (FOUR, {}, "permerror", Action.REJECT),
        (FOUR, {PTR_4: SERVFAIL}, "temperror", Action.DEFER),
        (FOUR, {PTR_4: {"PTR": ["a.test"]}, "a.test": TIMEOUT}, "temperror", Action.DEFER),
        (FOUR, {PTR_4: {"PTR": ["b.test", "a.test"]}, "b.test": TIMEOUT, "a.test": {"A": [FOUR]}}, "pass", Action.ACCEPT),
    ],
)  # fmt: skip
async def test_reverse_dns(address: str, zone: dict[str, Any], status: str, action: Action) -> None:
    found = await reverse_dns.check(ip_address(address), FakeResolver(zone), STRICT)
    assert ([one.result for one in found.methods], found.verdict.action) == ([status], action)
    assert found.methods[0].properties[0].value == address
    assert found.methods[0].reason != "SERVFAIL", "the resolver's own words are for the log"
    assert found.client_name == ("a.test" if status == "pass" else "")


async def test_of_many_names_a_few_are_followed() -> None:
    resolver = FakeResolver({PTR_4: {"PTR": [f"n{n}.test" for n in range(500)]}})
    await reverse_dns.check(ip_address(FOUR), resolver, STRICT)
    assert len(resolver.asked) <= 6
