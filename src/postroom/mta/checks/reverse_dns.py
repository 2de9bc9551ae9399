"""Whether the client's address has a name that leads back to it: `iprev` (RFC 8601 §3)."""

from __future__ import annotations

import asyncio

from postroom.mailauth.results import MethodResult, Property
from postroom.model.dns import Answer, Resolver
from postroom.model.errors import Meaning
from postroom.model.session import IpAddress
from postroom.model.verdict import ACCEPTED
from postroom.mta.checks.finding import Finding, failed, out_of_order
from postroom.settings.checks import CheckSettings

CHECK = "reverse dns"
_NAMES = 5  # names of one address that are followed: more are made up, and each is a lookup (RFC 7208 §4.6.4 has ten)


async def check(address: IpAddress, resolver: Resolver, settings: CheckSettings) -> Finding:
    """`address` is plain (checks.addresses)."""
    names = await resolver.ptr(address)
    if names.has_failed:
        return _unknown(address, names.reason, settings)
    if names.is_void:
        # RFC 8601 §2.7.3: no name at all is the permanent error, a name that leads elsewhere the failure
        return _failed(address, "permerror", "the address has no name", settings)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_addresses(resolver, name, address)) for name in names.records[:_NAMES]]
    answers = [task.result() for task in tasks]
    for name, answer in zip(names.records, answers, strict=False):
        if address in answer.records:
            return Finding(ACCEPTED, (_result("pass", address),), name)
    broken = next((answer for answer in answers if answer.has_failed), None)
    if broken is not None:
        return _unknown(address, broken.reason, settings)
    return _failed(address, "fail", "no name of the address leads back to it", settings)


async def _addresses(resolver: Resolver, name: str, address: IpAddress) -> Answer[IpAddress]:
    found: Answer[IpAddress] = await (resolver.a(name) if address.version == 4 else resolver.aaaa(name))  # type: ignore[assignment]
    return found


def _result(status: str, address: IpAddress, reason: str = "") -> MethodResult:
    return MethodResult("iprev", status, reason, (Property("policy", "iprev", str(address)),))


def _unknown(address: IpAddress, reason: str, settings: CheckSettings) -> Finding:
    verdict = out_of_order(CHECK, settings.reverse_dns_outage, reason)
    return Finding(verdict, (_result("temperror", address, "no answer"),))


def _failed(address: IpAddress, status: str, reason: str, settings: CheckSettings) -> Finding:
    public = f"the name of your address {address} must lead back to it"
    verdict = failed(CHECK, settings.reverse_dns, Meaning.REVERSE_DNS_FAILED, public, f"{address}: {reason}")
    return Finding(verdict, (_result(status, address, reason),))
