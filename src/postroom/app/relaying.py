"""What sends to other servers, built from ports: the resolver, the carrier, the runner of the queue."""

from __future__ import annotations

import random

from postroom.app.adapters import Adapters
from postroom.model.address import Address
from postroom.mta.attempt.carrier import Machine, Means, RelayCarrier
from postroom.mta.attempt.hosts import Ways
from postroom.mta.attempt.sts import FetchFailed, StsPolicies
from postroom.mta.attempt.tally import TlsTally
from postroom.mta.bounces.reports import Reporter
from postroom.mta.queue.local import LocalHand
from postroom.mta.queue.outcome import Outcome
from postroom.mta.queue.runner import Hands, QueueRunner
from postroom.net.interfaces import own_addresses, sources
from postroom.net.policy_fetch import HttpsFetcher
from postroom.net.resolver import DnsResolver, system_servers
from postroom.servers.live import Live
from postroom.servers.relay.dialer import SocketDialer
from postroom.settings.network import dns_server
from postroom.settings.relay import RelaySettings


def build_resolver(live: Live) -> DnsResolver:
    """Asks the servers of the settings, or those of the machine."""
    system = system_servers()

    def dns_servers() -> list[tuple[str, int]]:
        return [dns_server(text) for text in live.settings.network.dns_servers] or system

    return DnsResolver(dns_servers)


def build_carrier(adapters: Adapters, live: Live, resolver: DnsResolver, tally: TlsTally) -> RelayCarrier:
    """The way to other servers, as the settings have it at each attempt."""

    def relay() -> RelaySettings:
        return live.settings.relay

    def name() -> str:
        return Address("", live.settings.smtp.server_name).ascii_domain

    def ways() -> Ways:
        return Ways(resolver, {name()}, own_addresses(), relay().private_addresses, random.shuffle)

    machine = Machine(own_addresses, lambda: sources(live.settings.network.interface), random.shuffle)
    fetcher = HttpsFetcher(lambda: relay().authorities, lambda: relay().policy_port, FetchFailed)
    policies = StsPolicies(adapters.transport, fetcher, adapters.clock, ways)
    dialer = SocketDialer(lambda: relay().authorities)
    return RelayCarrier(Means(resolver, dialer, policies, machine, tally.note), relay, name)


def build_runner(
    adapters: Adapters, live: Live, hands: tuple[RelayCarrier, LocalHand, Reporter], worker: tuple[int, int]
) -> QueueRunner:
    """`worker` is the index of this one and how many there are."""
    index, workers = worker
    carrier, local, reporter = hands

    def relay() -> RelaySettings:
        return live.settings.relay

    outcome = Outcome(adapters.queue, reporter, adapters.clock, relay)
    surroundings = (adapters.directory, adapters.clock)
    return QueueRunner(adapters.queue, Hands(carrier, local, outcome), surroundings, relay, f"worker-{index}", workers)
