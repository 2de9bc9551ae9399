"""The services of one process, built from ports, and the doors that ask them."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.access.ports import MailPorts
from postroom.admin.security.tls_logins import TlsLogins
from postroom.app.adapters import Adapters
from postroom.app.relaying import build_carrier, build_resolver, build_runner
from postroom.mda.delivery import Delivery
from postroom.model.text_index import TextIndex
from postroom.msa.key_rotation import KeyRotation
from postroom.msa.signing import DomainSigner
from postroom.msa.submission import Sending, Submission
from postroom.mta.attempt.tally import TlsTally
from postroom.mta.bounces.reports import Reporter
from postroom.mta.checks.pipeline import CheckRooms, Checks
from postroom.mta.dispatch import Dispatch
from postroom.mta.forwarding import Forwarding
from postroom.mta.queue.feed import QueueFeed
from postroom.mta.queue.local import LocalHand
from postroom.mta.queue.runner import QueueRunner
from postroom.mta.receipts import Receipts
from postroom.mta.reception import Reception
from postroom.mta.transaction import Rooms
from postroom.net.acme.answers import AnswerFolder
from postroom.servers.acme.doors import acme_doors
from postroom.servers.authentication import LoginGate, LoginRecords
from postroom.servers.imap.doors import imap_doors
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.pop3.doors import pop3_doors
from postroom.servers.smtp.dialect import SmtpServices
from postroom.servers.smtp.doors import smtp_doors
from postroom.settings.sending import SendingSettings
from postroom.settings.smtp import SmtpSettings


@dataclass(frozen=True, slots=True)
class Services:
    """What decides, in one process: built from ports, asked by the doors."""

    gate: LoginGate
    reception: Reception
    submission: Submission
    queue_runner: QueueRunner
    tls_tally: TlsTally
    tls_logins: TlsLogins
    key_rotation: KeyRotation


@dataclass(frozen=True, slots=True)
class Secrets:
    """Random octets of this server, the same in every worker."""

    fake_salt: bytes
    srs: bytes


def build_services(adapters: Adapters, live: Live, secrets: Secrets, worker: tuple[int, int] = (0, 1)) -> Services:
    """Join the services to the adapters; `worker` is its index and how many there are."""
    feed = QueueFeed(adapters.queue)
    delivery = Delivery(adapters.store, adapters.clock)

    def smtp() -> SmtpSettings:
        return live.settings.smtp

    def sending() -> SendingSettings:
        return live.settings.sending

    resolver = build_resolver(live)
    signer = DomainSigner(adapters.domain_keys, adapters.directory, adapters.clock, sending)
    reporter = Reporter(adapters.directory, adapters.clock, smtp, signer.sign)
    forwarding = Forwarding(signer, adapters.directory, adapters.clock, secrets.srs, lambda: live.settings)
    dispatch = Dispatch(delivery, feed, forwarding, Receipts(reporter, feed, adapters.clock).tell)
    rooms = Rooms(adapters.directory, adapters.staging, dispatch, adapters.clock, forwarding)
    tally = TlsTally(adapters.transport, adapters.clock, lambda: live.settings.relay.tls_reports)
    carrier = build_carrier(adapters, live, resolver, tally)
    runner = build_runner(adapters, live, (carrier, LocalHand(adapters.directory, delivery), reporter), worker)
    feed.give_to(runner)
    tls_logins = TlsLogins(adapters.tls_logins, adapters.clock)
    checks = Checks(CheckRooms(resolver, adapters.greylist, adapters.clock), lambda: live.settings)
    records = LoginRecords(adapters.sessions, adapters.delays, tls_logins)
    return Services(
        gate=LoginGate(adapters.directory, records, live, adapters.clock, fake_salt_key=secrets.fake_salt),
        reception=Reception(rooms, smtp, checks),
        submission=Submission(rooms, smtp, Sending(signer, adapters.sending_limits, sending)),
        queue_runner=runner,
        tls_tally=tally,
        tls_logins=tls_logins,
        key_rotation=KeyRotation(adapters.domain_keys, adapters.directory, resolver, adapters.clock),
    )


def build_doors(adapters: Adapters, live: Live, services: Services, index: TextIndex) -> dict[str, Door]:
    """Every door by the name of its listener."""
    mail = MailPorts(adapters.store, adapters.staging, adapters.hub, adapters.clock, index)
    return {
        **acme_doors(live, AnswerFolder(adapters.data.answers)),
        **smtp_doors(SmtpServices(live, services.gate, services.reception, services.submission)),
        **imap_doors(live, services.gate, mail),
        **pop3_doors(adapters.store, services.gate, live),
    }
