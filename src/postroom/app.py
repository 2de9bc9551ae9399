"""The composition root: settings → adapters → services → doors, for one worker; and what a command-line tool opens.

Only this module and `cli` build adapters. Start order: databases, services, doors. Drain order is the reverse (servers/worker.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import resource
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from postroom.access.ports import MailPorts
from postroom.directory.local import LocalDirectory
from postroom.mda.delivery import Delivery
from postroom.model.errors import Conflict, MailError, Meaning
from postroom.model.ports import Clock
from postroom.msa.submission import Submission
from postroom.mta.dispatch import Dispatch
from postroom.mta.local_queue import LocalQueue
from postroom.mta.reception import Reception
from postroom.mta.transaction import Rooms
from postroom.net import certificates
from postroom.net.interfaces import check_interface
from postroom.net.limits import ConnectionLimits
from postroom.notify.hub import Hub
from postroom.notify.local import LocalBus
from postroom.notify.watched import WatchTable, make_table
from postroom.servers import allocation
from postroom.servers.authentication import LoginGate
from postroom.servers.imap.doors import imap_doors
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.loop import run_loop
from postroom.servers.memory import MemoryWatch
from postroom.servers.pop3.doors import pop3_doors
from postroom.servers.smtp.dialect import SmtpServices
from postroom.servers.smtp.doors import smtp_doors
from postroom.servers.supervisor import Supervisor, Surroundings
from postroom.servers.worker import Worker
from postroom.settings.document import Settings
from postroom.settings.smtp import SmtpSettings
from postroom.store import sessions
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.mail_store import FileMailStore
from postroom.store.queue import DatabaseQueue
from postroom.store.reserve import Reserve
from postroom.store.server_database import NAME, open_server_database, server_secret
from postroom.store.sessions import LocalSessions
from postroom.store.settings_versions import SettingsVersions
from postroom.store.staging import FileStaging

log = structlog.get_logger()

_LOCK_PATIENCE = 5.0  # seconds: workers of a server that was just killed end within one
THREADS = 8  # per process: commits of distinct accounts wait for the disk side by side
HASHING_THREADS = (
    2  # per process: a burst of logins, each tens of milliseconds and 19 MiB, never stands in a commit's way
)


class SystemClock:
    """See model.ports.Clock."""

    def now(self) -> int:
        return int(time.time())


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything of one server lies."""

    root: Path

    @property
    def accounts(self) -> Path:
        return self.root / "accounts"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def queue(self) -> Path:
        return self.root / "queue"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def run(self) -> Path:
        """What is true only while the server runs."""
        return self.root / "run"

    @property
    def bus(self) -> Path:
        return self.run / "bus"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def reserve(self) -> Reserve:
        """Room that is kept for deleting when the disk is full."""
        return Reserve(self.root)

    @property
    def database(self) -> Path:
        return self.root / NAME


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
    store: FileMailStore
    staging: FileStaging
    queue: DatabaseQueue
    sessions: LocalSessions
    hub: Hub
    bus: LocalBus

    async def close(self) -> None:
        """Close databases and sockets; nothing may be running."""
        await self.store.close()
        self.database.close()
        self.sessions.close()
        self.bus.close()
        self.pool.shutdown(wait=True)
        self.hashing.shutdown(wait=True)


def build_adapters(data: DataFolder, worker: int | None = None, *, must_exist: bool = True) -> Adapters:
    """Open everything; blocking. With the index of a worker, notices of other processes come in. Raises TryLater."""
    data.run.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="postroom")
    hashing = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="postroom-hash")
    clock = SystemClock()
    database = open_server_database(data.root, pool, must_exist=must_exist)
    watched = WatchTable(data.bus, worker) if worker is not None else None
    bus = LocalBus(data.bus, f"worker-{worker}" if worker is not None else None)
    hub = Hub(bus.send_notice, watched)
    return Adapters(
        data=data,
        pool=pool,
        clock=clock,
        database=database,
        settings=SettingsVersions(database, clock, check_interface),
        hashing=hashing,
        directory=LocalDirectory(database, hashing),
        store=FileMailStore(data.accounts, pool, clock, hub.publish, data.reserve),
        staging=FileStaging(data.staging, pool, data.reserve),
        queue=DatabaseQueue(database, data.queue, pool, clock),
        sessions=LocalSessions(data.run),
        hub=hub,
        bus=bus,
    )


class LastKnownSettings:
    """Reads the newest settings with a database opened for just that, so that the supervisor has none open when it forks.

    While the database can't be read, the settings read last stay in force.
    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self._known: tuple[int, Settings] = (-1, Settings())

    def read(self) -> tuple[int, Settings]:
        """(version, settings)."""
        pool = ThreadPoolExecutor(1)
        try:
            database = open_server_database(self._data.root, pool)
            try:
                versions = SettingsVersions(database, SystemClock())
                if versions.version() != self._known[0]:
                    self._known = versions.current()
            finally:
                database.close()
        except MailError as error:
            log.error("settings can't be read, the last ones stay", reason=error.detail or error.public)
        finally:
            pool.shutdown()
        return self._known


def serve(data: DataFolder, *, port_offset: int, workers: int, announce: Callable[[list[dict[str, Any]]], None]) -> int:
    """Run the whole server until SIGTERM; returns the exit status. Raises Conflict where another one runs on this data."""
    with _locked(data):
        _check_database(data)
        sessions.clear(data.run)
        LocalSessions(data.run).close()  # made here once: two workers that make it at the same moment refuse each other
        shutil.rmtree(data.bus, ignore_errors=True)
        data.bus.mkdir(parents=True)
        make_table(data.bus, workers)
        (data.run / "postroom.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
        pool = ThreadPoolExecutor(1)
        swept = FileStaging(data.staging, pool).sweep()
        pool.shutdown()
        if swept:
            log.info("half messages of a crash swept", count=swept)
        if not data.reserve.build():
            log.error("no space is left: new mail is refused until there is some", folder=str(data.root))
        settings = LastKnownSettings(data)
        _, current = settings.read()
        certificates.ensure_self_signed(data.certificates, current.smtp.server_name, SystemClock().now())
        _own(data, data.reserve.path, data.run, data.bus, data.staging, data.certificates)
        bus = LocalBus(data.bus, "supervisor")
        around = Surroundings(
            run_worker=lambda control, index: run_worker(data, control, index),
            read_settings=settings.read,
            worker_died=lambda pid: _free_places(data, pid),
            bus=bus.socket,
        )
        _raise_descriptor_limit()
        allocation.freeze()
        try:
            return Supervisor(around, data.run, workers=workers, port_offset=port_offset).run(announce)
        finally:
            bus.close()
            (data.run / "postroom.pid").unlink(missing_ok=True)


def _check_database(data: DataFolder) -> None:
    """Raises TryLater where no worker could work: better no server than one whose workers die for ever."""
    pool = ThreadPoolExecutor(1)
    try:
        open_server_database(data.root, pool).close()
    finally:
        pool.shutdown()


def run_worker(data: DataFolder, control: socket.socket, index: int) -> None:
    """The life of one worker process, in the forked child."""
    _drop_privileges(data)
    allocation.settle()
    run_loop(_work(data, control, index))


async def _work(data: DataFolder, control: socket.socket, index: int) -> None:
    adapters = build_adapters(data, index)
    try:
        live = Live(adapters.settings, data.certificates)
        loop = asyncio.get_running_loop()
        bus = adapters.bus
        fake_salt_key = await server_secret(adapters.database, "scram fake salt")
        services = build_services(adapters, live, fake_salt_key)
        gate = services.gate
        loop.add_reader(bus.socket.fileno(), lambda: bus.receive(adapters.hub.deliver, gate.accounts_changed))
        # the first worker does what must be done once; when it dies, the supervisor makes a new first one
        limits = ConnectionLimits()
        memory = MemoryWatch(limits, lambda: live.settings.limits.worker_memory)
        once = [services.local_queue.run, live.watch_certificate] if index == 0 else []
        background = [gate.end_removed, memory.run, *once]
        allocation.freeze()
        await Worker(control, build_doors(adapters, live, services), live.reload, limits, background).run()
        loop.remove_reader(bus.socket.fileno())
    finally:
        await adapters.close()


@dataclass(frozen=True, slots=True)
class Services:
    """What decides, in one process: built from ports, asked by the doors."""

    gate: LoginGate
    reception: Reception
    submission: Submission
    local_queue: LocalQueue


def build_services(adapters: Adapters, live: Live, fake_salt_key: bytes) -> Services:
    """Join the services to the adapters."""
    delivery = Delivery(adapters.store, adapters.clock)
    rooms = Rooms(adapters.directory, adapters.staging, Dispatch(delivery, adapters.queue), adapters.clock)

    def smtp() -> SmtpSettings:
        return live.settings.smtp

    return Services(
        gate=LoginGate(adapters.directory, adapters.sessions, live, adapters.clock, fake_salt_key=fake_salt_key),
        reception=Reception(rooms, smtp),
        submission=Submission(rooms, smtp),
        local_queue=LocalQueue(adapters.queue, adapters.directory, delivery, adapters.clock),
    )


def build_doors(adapters: Adapters, live: Live, services: Services) -> dict[str, Door]:
    """Every door by the name of its listener."""
    mail = MailPorts(adapters.store, adapters.staging, adapters.hub, adapters.clock)
    return {
        **smtp_doors(SmtpServices(live, services.gate, services.reception, services.submission)),
        **imap_doors(live, services.gate, mail),
        **pop3_doors(adapters.store, services.gate, live),
    }


@contextlib.contextmanager
def _locked(data: DataFolder) -> Iterator[None]:
    """One server per data folder: a lock on a file, which the kernel drops with the last process that holds it (THREATS D12)."""
    data.run.mkdir(parents=True, exist_ok=True)
    with data.lock.open("a") as file:
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Conflict(f"another Postroom serves {data.root} already", meaning=Meaning.IN_USE) from None
                threading.Event().wait(0.1)
        yield


def is_running(data: DataFolder) -> bool:
    """Whether a server holds the lock of this data folder."""
    try:
        with data.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _free_places(data: DataFolder, pid: int) -> None:
    try:
        places = LocalSessions(data.run)
    except MailError as error:
        log.error("places of a dead worker not freed", reason=error.detail)
        return
    try:
        places.remove_worker(pid)
    except MailError as error:
        log.error("places of a dead worker not freed", reason=error.detail)
    finally:
        places.close()


def _own(data: DataFolder, *folders: Path) -> None:
    """What a root supervisor made belongs to the owner of the data folder, as whom the workers run."""
    owner = data.root.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for folder in folders:
            for path in [folder, *folder.rglob("*")]:
                with contextlib.suppress(FileNotFoundError):
                    os.chown(path, owner.st_uid, owner.st_gid)


def _drop_privileges(data: DataFolder) -> None:
    """Started as root, a worker becomes the owner of the data folder: ports are bound, nothing else needs root."""
    owner = data.root.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
