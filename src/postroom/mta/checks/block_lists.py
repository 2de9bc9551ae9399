"""DNS block lists: whether a zone has the client's address (RFC 5782 §2).

An answer in 127.0.0.0/8 lists the address. Those in 127.255.255.0/24 are how lists say that they refuse to answer, and answers outside of 127.0.0.0/8 come
from a zone that is no list (any more): both are outages and list nobody, or the whole world would be refused on the day that a list ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from postroom.mailauth.results import MethodResult, Property
from postroom.model.address import Address
from postroom.model.dns import Answer, Resolver
from postroom.model.errors import Meaning
from postroom.model.session import IpAddress
from postroom.model.verdict import worst
from postroom.mta.checks.finding import Finding, failed, out_of_order
from postroom.settings.checks import CheckSettings

CHECK = "block list"
_LISTED = IPv4Network("127.0.0.0/8")
_REFUSED = IPv4Network("127.255.255.0/24")


async def check(address: IpAddress, resolver: Resolver, settings: CheckSettings) -> Finding:
    """All zones at the same time. `address` is plain."""
    zones = [Address("", zone).ascii_domain for zone in settings.dnsbl_zones]
    reversed_address = address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(resolver.a(f"{reversed_address}.{zone}")) for zone in zones]
    return _join(
        address, [_judge(address, zone, task.result(), settings) for zone, task in zip(zones, tasks, strict=True)]
    )


def _judge(address: IpAddress, zone: str, answer: Answer[IPv4Address], settings: CheckSettings) -> Finding:
    is_refused = any(record in _REFUSED or record not in _LISTED for record in answer.records)
    if answer.has_failed or is_refused:
        # the resolver's own words name our servers: they are for the log
        reason = "no answer" if answer.has_failed else "the list refuses to answer"
        verdict = out_of_order(CHECK, settings.dnsbl_outage, f"{zone}: {answer.reason or reason}")
        return Finding(verdict, (_result("temperror", zone, address, reason),))
    if not answer.records:
        return Finding(methods=(_result("pass", zone, address),))
    public = f"your address {address} is on the block list {zone}"
    detail = f"{address} is on {zone}: {answer.records[0]}"
    verdict = failed(CHECK, settings.dnsbl, Meaning.BLOCK_LISTED, public, detail)
    return Finding(verdict, (_result("fail", zone, address, str(answer.records[0])),))


def _result(status: str, zone: str, address: IpAddress, reason: str = "") -> MethodResult:
    """No method of the registry: for people and filters of this server."""
    properties = (Property("dns", "zone", zone), Property("policy", "ip", str(address)))
    return MethodResult("dnsbl", status, reason, properties)


def _join(address: IpAddress, findings: Sequence[Finding]) -> Finding:
    return Finding(
        worst(finding.verdict for finding in findings), tuple(one for finding in findings for one in finding.methods)
    )
