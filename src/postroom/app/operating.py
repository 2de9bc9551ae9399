"""The services of the admin room, built from the adapters: for the console's process and for the command line alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from postroom.admin.audit import AuditReader
from postroom.admin.backups import Backups
from postroom.admin.branding import Branding
from postroom.admin.first_setup import FirstSetupAdmin, SetupRooms
from postroom.admin.identity import Identity, IdentityPorts
from postroom.admin.jobs import Jobs
from postroom.admin.overview import OverviewAdmin, OverviewRooms
from postroom.admin.presence import Presence
from postroom.admin.queue import QueueAdmin
from postroom.admin.security.certificates import CertificateAdmin, CertificateRooms
from postroom.admin.security.tls import TlsAdmin
from postroom.admin.settings import SettingsAdmin
from postroom.app.adapters import Adapters
from postroom.app.administration import People
from postroom.net.certificates import make_self_signed
from postroom.net.interfaces import states
from postroom.net.tls_profiles import OpenSslProfiles
from postroom.notify.local import SETTINGS
from postroom.settings.document import Settings
from postroom.store.backup.archive import BackupFolder, Layout
from postroom.store.server.database import LocalAuditor


def auditor(adapters: Adapters) -> LocalAuditor:
    return LocalAuditor(adapters.database, adapters.clock)


def settings_admin(adapters: Adapters) -> SettingsAdmin:
    return SettingsAdmin(adapters.settings, lambda: adapters.bus.send(SETTINGS))


def identity(adapters: Adapters, current: Callable[[], Settings]) -> Identity:
    ports = IdentityPorts(
        directory=adapters.directory,
        accounts=adapters.administration,
        logins=adapters.web_logins,
        factors=adapters.second_factors,
        setup=adapters.first_setup,
        delays=adapters.delays,
        auditor=auditor(adapters),
        clock=adapters.clock,
    )
    return Identity(ports, lambda: current().console)


def overview(adapters: Adapters) -> OverviewAdmin:
    return OverviewAdmin(
        OverviewRooms(
            server=adapters.server_state,
            interfaces=states,
            flow=adapters.mail_flow,
            counters=adapters.counters,
            inventory=adapters.inventory,
            index=adapters.index_states,
            certificates=adapters.certificates,
            orders=adapters.acme,
            sessions=adapters.sessions,
            settings=adapters.settings,
            clock=adapters.clock,
        )
    )


def presence(adapters: Adapters) -> Presence:
    return Presence(adapters.sessions, adapters.delays, auditor(adapters), adapters.bus.send_end)


def certificate_rooms(adapters: Adapters) -> CertificateRooms:
    return CertificateRooms(adapters.certificates, adapters.acme, auditor(adapters), adapters.settings, adapters.clock)


def certificate_admin(adapters: Adapters) -> CertificateAdmin:
    return CertificateAdmin(certificate_rooms(adapters), lambda: adapters.bus.send(SETTINGS))


def tls_admin(adapters: Adapters) -> TlsAdmin:
    return TlsAdmin(OpenSslProfiles(), adapters.tls_logins, lambda: adapters.settings.current()[1], adapters.clock)


def audit_reader(adapters: Adapters) -> AuditReader:
    return AuditReader(adapters.audit_log)


def branding(adapters: Adapters) -> Branding:
    return Branding(adapters.branding, auditor(adapters), adapters.clock)


def first_setup(adapters: Adapters, people: People, current: Callable[[], Settings]) -> FirstSetupAdmin:
    rooms = SetupRooms(
        setup=adapters.first_setup,
        auditor=auditor(adapters),
        current=current,
        domains=people.domains,
        accounts=people.accounts,
        certificates=certificate_admin(adapters),
        make_certificate=lambda name: make_self_signed(name, adapters.clock.now()),
    )
    return FirstSetupAdmin(rooms)


def backups(adapters: Adapters, jobs: Jobs | None = None) -> Backups:
    data = adapters.data
    layout = Layout(data.database, data.accounts, data.queue, data.certificates, data.backups)
    return Backups(BackupFolder(layout), jobs or Jobs(adapters.clock), auditor(adapters), adapters.clock)


def queue_admin(adapters: Adapters) -> QueueAdmin:
    return QueueAdmin(adapters.queue, auditor(adapters), adapters.clock, _first_octets)


def _first_octets(path: str, most: int) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(most)
