"""The services of one process, built from ports, and the doors that ask them."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.access.ports import MailPorts
from postroom.app.adapters import Adapters
from postroom.mda.delivery import Delivery
from postroom.model.dns import Resolver
from postroom.msa.submission import Submission
from postroom.mta.dispatch import Dispatch
from postroom.mta.local_queue import LocalQueue
from postroom.mta.reception import Reception
from postroom.mta.transaction import Rooms
from postroom.net.resolver import DnsResolver, system_servers
from postroom.servers.authentication import LoginGate
from postroom.servers.imap.doors import imap_doors
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.pop3.doors import pop3_doors
from postroom.servers.smtp.dialect import SmtpServices
from postroom.servers.smtp.doors import smtp_doors
from postroom.settings.network import dns_server
from postroom.settings.smtp import SmtpSettings


@dataclass(frozen=True, slots=True)
class Services:
    """What decides, in one process: built from ports, asked by the doors."""

    gate: LoginGate
    reception: Reception
    submission: Submission
    local_queue: LocalQueue
    resolver: Resolver


def build_services(adapters: Adapters, live: Live, fake_salt_key: bytes) -> Services:
    """Join the services to the adapters."""
    delivery = Delivery(adapters.store, adapters.clock)
    rooms = Rooms(adapters.directory, adapters.staging, Dispatch(delivery, adapters.queue), adapters.clock)

    def smtp() -> SmtpSettings:
        return live.settings.smtp

    system = system_servers()

    def dns_servers() -> list[tuple[str, int]]:
        return [dns_server(text) for text in live.settings.network.dns_servers] or system

    resolver = DnsResolver(dns_servers)
    return Services(
        gate=LoginGate(adapters.directory, adapters.sessions, live, adapters.clock, fake_salt_key=fake_salt_key),
        reception=Reception(rooms, smtp),
        submission=Submission(rooms, smtp),
        local_queue=LocalQueue(adapters.queue, adapters.directory, delivery, adapters.clock),
        resolver=resolver,
    )


def build_doors(adapters: Adapters, live: Live, services: Services) -> dict[str, Door]:
    """Every door by the name of its listener."""
    mail = MailPorts(adapters.store, adapters.staging, adapters.hub, adapters.clock)
    return {
        **smtp_doors(SmtpServices(live, services.gate, services.reception, services.submission)),
        **imap_doors(live, services.gate, mail),
        **pop3_doors(adapters.store, services.gate, live),
    }
