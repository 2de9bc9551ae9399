"""RelayCarrier: knows the way: directly by MX with the protection that the other domain asks for, or through the smart host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, MutableSequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from postroom.mailauth.transport import dane
from postroom.mailauth.transport.tls_reports import FailureType
from postroom.model.address import Address
from postroom.model.dns import Resolver, TlsaRecord
from postroom.model.relaying.relay import Parcel, Progress, Report
from postroom.model.session import IpAddress
from postroom.mta.attempt import hosts
from postroom.mta.attempt.hosts import Host, Route, Ways
from postroom.mta.attempt.line import HopLine
from postroom.mta.attempt.ports import Dialer, Target, TlsDemand
from postroom.settings.relay import RelaySettings, SmartHostTls

log = structlog.get_logger()

_SMART = "smart:"  # in front of the smart host's lane: no domain has a colon


class Policy(Protocol):
    """A domain's MTA-STS policy in force."""

    def allows(self, host: str) -> bool: ...


class Policies(Protocol):
    """Where MTA-STS policies come from."""

    async def enforced(self, domain: str) -> Policy | None:
        """The policy, where it is enforced; never raises."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is true of this machine, asked at each attempt: own addresses, and by IP version the address to send from."""

    own_addresses: Callable[[], Collection[str]]
    sources: Callable[[], Mapping[int, str]]
    shuffle: Callable[[MutableSequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Means:
    """What the carrier works with; `note` counts a connection (TlsTally.note)."""

    resolver: Resolver
    dialer: Dialer
    policies: Policies
    machine: Machine
    note: Callable[[str, str, str, FailureType | None], None]


class RelayCarrier:
    """One per worker; see model.relaying.relay.Carrier."""

    def __init__(self, means: Means, settings: Callable[[], RelaySettings], server_name: Callable[[], str]) -> None:
        self._means = means
        self._settings = settings
        self._server_name = server_name

    def next_hop(self, domain: str) -> str:
        settings = self._settings()
        return f"{_SMART}{settings.smart_host}:{settings.smart_host_port}" if settings.smart_host else domain

    def line(self, next_hop: str) -> HopLine:
        targets = self._smart_targets if next_hop.startswith(_SMART) else self._direct_targets(next_hop)
        return HopLine(next_hop, self._means, targets, lambda: self._settings().messages_per_connection)

    def _ways(self, *, may_be_private: bool) -> Ways:
        machine = self._means.machine
        own = {self._hello()}
        return Ways(self._means.resolver, own, machine.own_addresses(), may_be_private, machine.shuffle)

    def _hello(self) -> str:
        return Address("", self._server_name()).ascii_domain

    def _target(self, host: Host, address: IpAddress, port: int, tls: TlsDemand) -> Target:
        source = self._means.machine.sources().get(address.version)
        name = str(address) if host.name.startswith("[") else host.name
        return Target(name, str(address), port, self._hello(), tls, source)

    async def _smart_targets(self, parcel: Parcel) -> AsyncIterator[Target | Report]:
        settings = self._settings()
        # the administrator has named it: it may stand anywhere
        host = await hosts.host(settings.smart_host, self._ways(may_be_private=True))
        if isinstance(host, Report):
            yield _of_host(host)
            return
        demand = {
            SmartHostTls.NONE: TlsDemand(wanted=False),
            SmartHostTls.OPPORTUNISTIC: TlsDemand(),
            SmartHostTls.STARTTLS: TlsDemand(required=True, verified=True),
            SmartHostTls.IMPLICIT: TlsDemand(required=True, verified=True, implicit=True),
        }[settings.smart_host_tls]
        login = (settings.smart_host_login, settings.smart_host_password) if settings.smart_host_login else None
        if parcel.envelope.require_tls and not demand.verified:
            yield _no_required_tls("the smart host is not reached with a certificate that is checked")
            return
        for address in host.addresses:
            yield replace(self._target(host, address, settings.smart_host_port, demand), login=login)

    def _direct_targets(self, domain: str) -> Callable[[Parcel], AsyncIterator[Target | Report]]:
        async def targets(parcel: Parcel) -> AsyncIterator[Target | Report]:
            settings = self._settings()
            ways = self._ways(may_be_private=settings.private_addresses)
            found = await hosts.route(domain, ways)
            if isinstance(found, Report):
                yield found
                return
            policy = await self._means.policies.enforced(found.domain) if settings.mta_sts else None
            for name in found.hosts:
                async for target in self._of_host(name, found, policy, ways, parcel):
                    yield target

        return targets

    async def _of_host(
        self, name: str, route: Route, policy: Policy | None, ways: Ways, parcel: Parcel
    ) -> AsyncIterator[Target | Report]:
        host = await hosts.host(name, ways)
        if isinstance(host, Report):
            yield host
            return
        settings = self._settings()
        tlsa = await self._tlsa(host, route) if settings.dane else None
        if isinstance(tlsa, Report):
            yield tlsa
            return
        demand = TlsDemand()
        if tlsa is not None:
            demand = TlsDemand(required=True, tlsa=tlsa)
        elif policy is not None:
            if not policy.allows(host.name):
                yield Report(
                    Progress.DEFERRED,
                    "4.7.5",
                    f"the MTA-STS policy of {route.domain} does not name {host.name}",
                    of_host=True,
                )
                return
            demand = TlsDemand(required=True, verified=True)
        if parcel.envelope.require_tls and not demand.tlsa and not demand.verified:
            # RFC 8689 §4.2.1: the name came by plain DNS, so nothing vouches for the host
            yield _no_required_tls(f"neither DANE nor MTA-STS vouches for {host.name}")
            return
        kind = "tlsa" if tlsa is not None else "sts" if policy is not None else "no-policy-found"
        for address in host.addresses:
            target = self._target(host, address, settings.port, demand)
            yield replace(target, domain=route.domain, policy=kind)

    async def _tlsa(self, host: Host, route: Route) -> tuple[TlsaRecord, ...] | Report | None:
        """None: DANE says nothing (RFC 7672 §2.2); empty: TLS is required, whatever the certificate."""
        if not (route.is_authentic and host.is_authentic) or host.name.startswith("["):
            return None
        base = host.aliases[-1] if host.aliases else host.name
        answer = await self._means.resolver.tlsa(f"_{self._settings().port}._tcp.{base}")
        if answer.has_failed:
            return Report(
                Progress.DEFERRED, "4.7.5", f"no answer from the DNS about TLSA records of {base}", of_host=True
            )
        if not answer.records or not answer.is_authentic:
            return None
        return tuple(dane.usable(answer.records))


def _of_host(report: Report) -> Report:
    """Of the smart host nothing is for good: its name may be mended."""
    return Report(Progress.DEFERRED, report.status.replace("5.", "4.", 1), report.reply, of_host=True)


def _no_required_tls(why: str) -> Report:
    return Report(Progress.FAILED, "5.7.10", f"the sender asked for REQUIRETLS, and {why}")
