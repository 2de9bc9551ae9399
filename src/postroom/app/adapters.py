"""What stands behind the ports, in one process: opened by a worker, and by a command-line tool."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from postroom.app.folder import DataFolder
from postroom.directory.administration import LocalAdministration
from postroom.directory.changing import Changing
from postroom.directory.domain_keys import LocalDomainKeys
from postroom.directory.local import LocalDirectory
from postroom.directory.sending_limits import LocalSendingLimits
from postroom.directory.web_logins import LocalSecondFactors, LocalWebLogins
from postroom.model.administration import AuditNote
from postroom.model.database import Transaction
from postroom.model.errors import MailError
from postroom.model.ports import Clock
from postroom.net.certificates import CertificateFolder
from postroom.net.interfaces import check_interface
from postroom.notify.hub import Hub
from postroom.notify.local import INDEXER, SETTINGS, LocalBus
from postroom.notify.watched import WatchTable
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.files.staging import FileStaging
from postroom.store.mail_store import FileMailStore
from postroom.store.queue.database_queue import DatabaseQueue
from postroom.store.run.counters import LocalCounters
from postroom.store.run.index_states import LocalIndexStates
from postroom.store.run.login_delays import LocalLoginDelays
from postroom.store.run.run_database import RunDatabase
from postroom.store.run.server_state import LocalServerState
from postroom.store.run.sessions import LocalSessions
from postroom.store.server.acme import DatabaseAcme
from postroom.store.server.audit_log import DatabaseAuditLog
from postroom.store.server.branding import DatabaseBranding
from postroom.store.server.database import open_server_database, record
from postroom.store.server.first_setup import DatabaseFirstSetup
from postroom.store.server.greylist import DatabaseGreylist
from postroom.store.server.inventory import DatabaseInventory
from postroom.store.server.mail_flow import DatabaseMailFlow
from postroom.store.server.settings_versions import SettingsVersions
from postroom.store.server.tls_logins import DatabaseTlsLogins
from postroom.store.server.transport import DatabaseTransport

log = structlog.get_logger()

THREADS = 8  # per process: commits of distinct accounts wait for the disk side by side
HASHING_THREADS = (
    2  # per process: a burst of logins, each tens of milliseconds and 19 MiB, never stands in a commit's way
)


class SystemClock:
    """See model.ports.Clock."""

    def now(self) -> int:
        return int(time.time())


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports, in one process."""

    data: DataFolder
    pool: ThreadPoolExecutor
    hashing: ThreadPoolExecutor
    clock: Clock
    database: SqliteFile
    settings: SettingsVersions
    directory: LocalDirectory
    administration: LocalAdministration
    domain_keys: LocalDomainKeys
    sending_limits: LocalSendingLimits
    store: FileMailStore
    staging: FileStaging
    queue: DatabaseQueue
    transport: DatabaseTransport
    greylist: DatabaseGreylist
    run: RunDatabase
    tls_logins: DatabaseTlsLogins
    certificates: CertificateFolder
    acme: DatabaseAcme
    sessions: LocalSessions
    delays: LocalLoginDelays
    counters: LocalCounters
    index_states: LocalIndexStates
    server_state: LocalServerState
    inventory: DatabaseInventory
    mail_flow: DatabaseMailFlow
    audit_log: DatabaseAuditLog
    branding: DatabaseBranding
    first_setup: DatabaseFirstSetup
    web_logins: LocalWebLogins
    second_factors: LocalSecondFactors
    hub: Hub
    bus: LocalBus

    async def close(self) -> None:
        """Close databases and sockets; nothing may be running."""
        try:
            await self.directory.last_seen.write()
        except MailError as error:
            log.error("last logins can't be kept", reason=error.detail or error.public)
        await self.store.close()
        self.database.close()
        self.run.close()
        self.bus.close()
        self.pool.shutdown(wait=True)
        self.hashing.shutdown(wait=True)


def build_adapters(
    data: DataFolder, worker: int | None = None, *, must_exist: bool = True, name: str | None = None
) -> Adapters:
    """Open everything; blocking. With the index of a worker, or the name of another process, notices of others come in. Raises TryLater."""
    data.run.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="postroom")
    hashing = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="postroom-hash")
    clock = SystemClock()
    database = open_server_database(data.root, pool, must_exist=must_exist)
    watched = WatchTable(data.bus, worker) if worker is not None else None
    bus = LocalBus(data.bus, f"worker-{worker}" if worker is not None else name)
    run = RunDatabase(data.run)
    hub = Hub(bus.send_notice, watched, bus.send_followed if name != INDEXER else None)
    settings = SettingsVersions(database, clock, check_interface)

    def app_passwords_only() -> bool:
        return settings.current()[1].security.app_passwords_only

    def audit(transaction: Transaction, note: AuditNote) -> None:
        record(transaction, clock, note.who, note.what, note.subject, note.address)

    changing = Changing(database, hashing, clock, audit, lambda: bus.send(SETTINGS))
    return Adapters(
        data=data,
        pool=pool,
        clock=clock,
        database=database,
        settings=settings,
        hashing=hashing,
        directory=LocalDirectory(database, hashing, app_passwords_only),
        administration=LocalAdministration(changing),
        domain_keys=LocalDomainKeys(database),
        sending_limits=LocalSendingLimits(database, clock),
        store=FileMailStore(data.accounts, pool, clock, hub.publish, data.reserve),
        staging=FileStaging(data.staging, pool, data.reserve),
        queue=DatabaseQueue(database, data.queue, pool, clock),
        transport=DatabaseTransport(database),
        greylist=DatabaseGreylist(database),
        tls_logins=DatabaseTlsLogins(database),
        certificates=CertificateFolder(data.certificates),
        acme=DatabaseAcme(database),
        run=run,
        sessions=LocalSessions(run),
        delays=LocalLoginDelays(run),
        counters=LocalCounters(run),
        index_states=LocalIndexStates(run),
        server_state=LocalServerState(data.root, data.run),
        inventory=DatabaseInventory(database, data.accounts, pool),
        mail_flow=DatabaseMailFlow(database),
        audit_log=DatabaseAuditLog(database),
        branding=DatabaseBranding(database),
        first_setup=DatabaseFirstSetup(database),
        web_logins=LocalWebLogins(database),
        second_factors=LocalSecondFactors(database, clock),
        hub=hub,
        bus=bus,
    )
