"""The services of one process, built from ports, and the doors that ask them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from postroom.access.ports import MailPorts
from postroom.app.adapters import Adapters
from postroom.mda.delivery import Delivery
from postroom.model.dns import Resolver
from postroom.msa.submission import Submission
from postroom.mta.attempt.carrier import Machine, Means, RelayCarrier
from postroom.mta.attempt.hosts import Ways
from postroom.mta.attempt.sts import FetchFailed, StsPolicies
from postroom.mta.attempt.tally import TlsTally
from postroom.mta.bounces.reports import Reporter
from postroom.mta.dispatch import Dispatch
from postroom.mta.queue.feed import QueueFeed
from postroom.mta.queue.local import LocalHand
from postroom.mta.queue.outcome import Outcome
from postroom.mta.queue.runner import Hands, QueueRunner
from postroom.mta.receipts import Receipts
from postroom.mta.reception import Reception
from postroom.mta.transaction import Rooms
from postroom.net.interfaces import own_addresses, sources
from postroom.net.policy_fetch import HttpsFetcher
from postroom.net.resolver import DnsResolver, system_servers
from postroom.servers.authentication import LoginGate
from postroom.servers.imap.doors import imap_doors
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.pop3.doors import pop3_doors
from postroom.servers.relay.dialer import SocketDialer
from postroom.servers.smtp.dialect import SmtpServices
from postroom.servers.smtp.doors import smtp_doors
from postroom.settings.network import dns_server
from postroom.settings.relay import RelaySettings
from postroom.settings.smtp import SmtpSettings


@dataclass(frozen=True, slots=True)
class Services:
    """What decides, in one process: built from ports, asked by the doors."""

    gate: LoginGate
    reception: Reception
    submission: Submission
    queue_runner: QueueRunner
    tls_tally: TlsTally
    resolver: Resolver


def build_services(adapters: Adapters, live: Live, fake_salt_key: bytes, worker: tuple[int, int] = (0, 1)) -> Services:
    """Join the services to the adapters; `worker` is its index and how many there are."""
    delivery = Delivery(adapters.store, adapters.clock)
    feed = QueueFeed(adapters.queue)

    def smtp() -> SmtpSettings:
        return live.settings.smtp

    reporter = Reporter(adapters.directory, adapters.clock, smtp)
    dispatch = Dispatch(delivery, feed, Receipts(reporter, feed, adapters.clock).tell)
    rooms = Rooms(adapters.directory, adapters.staging, dispatch, adapters.clock)

    def relay() -> RelaySettings:
        return live.settings.relay

    index, workers = worker
    resolver = build_resolver(live)
    tally = TlsTally(adapters.transport, adapters.clock, lambda: relay().tls_reports)
    carrier = _build_carrier(adapters, live, resolver, tally)
    runner = QueueRunner(
        adapters.queue,
        Hands(
            carrier,
            LocalHand(adapters.directory, delivery),
            Outcome(adapters.queue, reporter, adapters.clock, relay),
        ),
        (adapters.directory, adapters.clock),
        relay,
        f"worker-{index}",
        workers,
    )
    feed.give_to(runner)
    return Services(
        gate=LoginGate(adapters.directory, adapters.sessions, live, adapters.clock, fake_salt_key=fake_salt_key),
        reception=Reception(rooms, smtp),
        submission=Submission(rooms, smtp),
        queue_runner=runner,
        tls_tally=tally,
        resolver=resolver,
    )


def build_resolver(live: Live) -> DnsResolver:
    """Asks the servers of the settings, or those of the machine."""
    system = system_servers()

    def dns_servers() -> list[tuple[str, int]]:
        return [dns_server(text) for text in live.settings.network.dns_servers] or system

    return DnsResolver(dns_servers)


def _build_carrier(adapters: Adapters, live: Live, resolver: DnsResolver, tally: TlsTally) -> RelayCarrier:
    def relay() -> RelaySettings:
        return live.settings.relay

    def name() -> str:
        return live.settings.smtp.server_name

    machine = Machine(own_addresses, lambda: sources(live.settings.network.interface), random.shuffle)

    def ways() -> Ways:
        return Ways(resolver, {name()}, own_addresses(), relay().private_addresses, random.shuffle)

    fetcher = HttpsFetcher(lambda: relay().authorities, lambda: relay().policy_port, FetchFailed)
    policies = StsPolicies(adapters.transport, fetcher, adapters.clock, ways)
    dialer = SocketDialer(lambda: relay().authorities)
    return RelayCarrier(Means(resolver, dialer, policies, machine, tally.note), relay, name)


def build_doors(adapters: Adapters, live: Live, services: Services) -> dict[str, Door]:
    """Every door by the name of its listener."""
    mail = MailPorts(adapters.store, adapters.staging, adapters.hub, adapters.clock)
    return {
        **smtp_doors(SmtpServices(live, services.gate, services.reception, services.submission)),
        **imap_doors(live, services.gate, mail),
        **pop3_doors(adapters.store, services.gate, live),
    }
