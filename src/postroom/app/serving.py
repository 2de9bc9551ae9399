"""`serve`: the supervisor's and the workers' lives. Start order: databases, services, doors. Drain order is the reverse (servers/worker.py)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog

from postroom.app.adapters import SystemClock, build_adapters
from postroom.app.console_process import serve_console
from postroom.app.folder import DataFolder, locked
from postroom.app.indexing import build_index, follow
from postroom.app.metering import Metering
from postroom.app.ordering import build_renewal
from postroom.app.services import Secrets, build_doors, build_services
from postroom.model.errors import MailError
from postroom.net import certificates
from postroom.net.acme.answers import AnswerFolder
from postroom.net.certificates import CertificateFolder
from postroom.net.certificates.contexts import expect_odd_names
from postroom.net.limits import ConnectionLimits
from postroom.notify.local import LocalBus
from postroom.notify.watched import make_table
from postroom.observe.meter import Meter
from postroom.servers import allocation
from postroom.servers.live import Live
from postroom.servers.loop import run_loop
from postroom.servers.memory import MemoryWatch
from postroom.servers.supervisor import Supervisor, Surroundings
from postroom.servers.worker import Worker
from postroom.settings.document import Settings
from postroom.store.files.staging import FileStaging
from postroom.store.run import run_database
from postroom.store.run.run_database import RunDatabase
from postroom.store.run.sessions import LocalSessions
from postroom.store.server.database import open_server_database, server_secret
from postroom.store.server.settings_versions import SettingsVersions

log = structlog.get_logger()


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


def serve(
    data: DataFolder, meter: Meter, *, size: tuple[int, int], announce: Callable[[list[dict[str, Any]]], None]
) -> int:
    """Run the whole server until SIGTERM; returns the exit status. `size` is what is added to ports, and how many workers. `meter` counts what
    the log tells. Raises Conflict where another one runs on this data."""
    port_offset, workers = size
    with locked(data):
        _check_database(data)
        run_database.clear(data.run)
        RunDatabase(data.run).close()  # made here once: two workers that make it at the same moment refuse each other
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
            run_worker=lambda control, index: run_worker(data, meter, control, (index, workers)),
            read_settings=settings.read,
            worker_died=lambda pid: _free_places(data, pid),
            certificates=CertificateFolder(data.certificates).stamp,
            proving=AnswerFolder(data.answers).kinds,
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


def run_worker(data: DataFolder, meter: Meter, control: socket.socket, worker: tuple[int, int]) -> None:
    """The life of one worker process, in the forked child; `worker` is its index and how many there are."""
    _drop_privileges(data)
    allocation.settle()
    meter.reset()
    expect_odd_names()
    index, workers = worker
    if index == workers:
        run_loop(serve_console(data, meter, control))
    elif index > workers:
        run_loop(follow(data, meter, control))
    else:
        run_loop(_work(data, meter, control, worker))


async def _work(data: DataFolder, meter: Meter, control: socket.socket, worker: tuple[int, int]) -> None:
    index, _ = worker
    adapters = build_adapters(data, index)
    try:
        live = Live(adapters.settings, data.certificates)
        loop = asyncio.get_running_loop()
        bus = adapters.bus
        secrets = Secrets(
            fake_salt=await server_secret(adapters.database, "scram fake salt"),
            srs=await server_secret(adapters.database, "srs"),
        )
        services = build_services(adapters, live, secrets, worker)
        index_rooms = build_index(adapters, lambda: live.settings.search)
        gate = services.gate
        renewal = build_renewal(adapters) if index == 0 else None

        def changed() -> None:
            gate.accounts_changed()
            if renewal is not None:
                renewal.wake()

        loop.add_reader(bus.socket.fileno(), lambda: bus.receive(adapters.hub.deliver, changed, gate.end_session))
        # the first worker does what must be done once; when it dies, the supervisor makes a new first one
        limits = ConnectionLimits()
        memory = MemoryWatch(limits, lambda: live.settings.limits.worker_memory)
        metering = Metering(meter, adapters)
        once = [services.key_rotation.run, live.watch_certificates, renewal.run] if renewal is not None else []
        tallies = [metering.run, services.tls_tally.run, services.tls_logins.run, adapters.directory.last_seen.run]
        background = [gate.end_removed, memory.run, services.queue_runner.run, *tallies, *once]
        allocation.freeze()
        await Worker(
            control, build_doors(adapters, live, services, index_rooms.index), live.reload, limits, background
        ).run()
        loop.remove_reader(bus.socket.fileno())
        await metering.write_flow()
        await index_rooms.close()
    finally:
        await adapters.close()


def _free_places(data: DataFolder, pid: int) -> None:
    try:
        database = RunDatabase(data.run)
    except MailError as error:
        log.error("places of a dead worker not freed", reason=error.detail)
        return
    try:
        LocalSessions(database).remove_worker(pid)
    except MailError as error:
        log.error("places of a dead worker not freed", reason=error.detail)
    finally:
        database.close()


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
