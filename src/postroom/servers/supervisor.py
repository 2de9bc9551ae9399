"""Supervisor: binds every port, forks the workers, replaces those that die, hands settings and sockets around, ends them all in order.

Two processes stand beside the mail workers, so that nothing they do costs one of these anything: the console's, which serves administrators alone, and the
indexer, which serves nobody and follows what arrives.
It has no event loop, no threads and no open database, so that a fork is always clean. It keeps each worker's listening sockets open: while a worker is
being replaced, its connections wait in the kernel's queue and are not refused.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import structlog

from postroom.model.operation.health import STATUS_NAME
from postroom.servers import binding, channel
from postroom.servers.channel import Binding, Message
from postroom.settings.document import Settings
from postroom.settings.security import CONSOLE

log = structlog.get_logger()

STOP_DEADLINE = 14.0  # seconds from SIGTERM to the last worker's end (the promise is 15)
_LOOK_EVERY = 1.0  # seconds between looks at the settings and the interface's addresses, should a notice be lost
_BESIDE = 2  # processes beside the mail workers, in this order: console, indexer
_QUICK_DEATH = 2.0  # seconds of life below which a replacement waits, so that a worker that can't start does not spin


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the supervisor asks of the composition root."""

    run_worker: Callable[[socket.socket, int], None]
    """Runs in the forked child until it is drained."""
    read_settings: Callable[[], tuple[int, Settings]]
    """Opens, reads and closes the database."""
    worker_died: Callable[[int], None]
    """Frees what the process with this id held."""
    certificates: Callable[[], object]
    """What changes with any certificate."""
    proving: Callable[[], frozenset[str]]
    """Which ports an authority looks at now."""
    bus: socket.socket


@dataclass(slots=True)
class _WorkerProcess:
    index: int
    pid: int
    control: socket.socket
    started_at: float
    restarts: int = 0
    ready: bool = False
    since: int = field(default_factory=lambda: int(time.time()))


@dataclass(slots=True)
class _Door:
    """The sockets of one binding, one per worker, or why there are none."""

    sockets: list[socket.socket] = field(default_factory=list)
    error: str = ""


class Supervisor:
    """One server; `run` returns the exit status."""

    def __init__(self, surroundings: Surroundings, run_folder: Path, *, workers: int, port_offset: int) -> None:
        self._around = surroundings
        self._folder = run_folder
        self._count = workers
        self._offset = port_offset
        self._workers: dict[int, _WorkerProcess] = {}
        self._doors: dict[Binding, _Door] = {}
        self._due: list[tuple[float, int, int]] = []
        self._selector = selectors.DefaultSelector()
        self._stopping_since: float | None = None
        self._version = -1
        self._certificates: object = None
        self._announced = False
        self._since = int(time.time())

    def run(self, announce: Callable[[list[dict[str, Any]]], None]) -> int:
        """Serve until SIGTERM or SIGINT; `announce` is told the listeners when every worker is ready."""
        wake_out, wake_in = socket.socketpair()
        for end in (wake_out, wake_in):
            end.setblocking(False)
        signal.set_wakeup_fd(wake_in.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self._selector.register(wake_out, selectors.EVENT_READ, lambda: self._signalled(wake_out))
        self._selector.register(self._around.bus, selectors.EVENT_READ, self._bus_message)
        self._apply_settings()
        if not any(door.sockets for door in self._doors.values()):
            reasons = {f"port {bound.port}: {door.error}" for bound, door in self._doors.items()}
            print(f"postroom: no port could be opened ({'; '.join(sorted(reasons))})", file=sys.stderr)  # noqa: T201
            return 1
        for index in range(self._count + _BESIDE):
            self._fork(index, restarts=0)
        while self._workers or self._stopping_since is None:
            for key, _ in self._selector.select(self._wait_time()):
                key.data()
            self._turn()
            if not self._announced and all(worker.ready for worker in self._workers.values()):
                self._announced = True
                announce(self._listeners())
        (self._folder / STATUS_NAME).unlink(missing_ok=True)
        return 0

    def _wait_time(self) -> float:
        return 0.2 if self._stopping_since is not None or self._due else _LOOK_EVERY

    def _turn(self) -> None:
        now = time.monotonic()
        self._reap(now)
        if self._stopping_since is not None:
            if now - self._stopping_since > STOP_DEADLINE:
                for worker in self._workers.values():
                    log.error("worker did not end in time", pid=worker.pid)
                    os.kill(worker.pid, signal.SIGKILL)
            return
        for due in [entry for entry in self._due if entry[0] <= now]:
            self._due.remove(due)
            self._fork(due[1], restarts=due[2])
        self._look()

    def _signalled(self, wake: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            numbers = wake.recv(4096)
            if signal.SIGHUP in numbers:
                self._apply_settings(force=True)
            if signal.SIGTERM in numbers or signal.SIGINT in numbers:
                self._stop()

    def _bus_message(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._around.bus.recv(65536):
                pass

    def _look(self) -> None:
        """New settings or certificates, or an interface whose addresses came or went, or a port that is free again."""
        version, settings = self._around.read_settings()
        if version != self._version or self._around.certificates() != self._certificates:
            self._apply_settings()
            return
        if {bound for bound, door in self._doors.items() if door.sockets} != set(self._wanted(settings)):
            self._rebind(settings)

    def _wanted(self, settings: Settings) -> list[Binding]:
        return binding.wanted(settings, self._offset, self._around.proving())

    def _apply_settings(self, *, force: bool = False) -> None:
        self._version, settings = self._around.read_settings()
        self._certificates = self._around.certificates()
        self._rebind(settings)
        message = Message(settings=True)
        for worker in self._workers.values():
            self._tell(worker, message)
        log.info("settings in force", version=self._version, forced=force)

    def _rebind(self, settings: Settings) -> None:
        wanted = self._wanted(settings)
        closing = [bound for bound in self._doors if bound not in wanted]
        left = {bound.port for bound in closing if self._doors[bound].sockets}
        for bound in closing:
            for sock in self._doors.pop(bound).sockets:
                sock.close()
        if closing:
            for worker in self._workers.values():
                self._tell(worker, Message(close=closing))
        opened, refused = [], False
        for bound in wanted:
            door = self._doors.setdefault(bound, _Door())
            if door.sockets:
                continue
            try:
                count = 1 if bound.door == CONSOLE else self._count
                door.sockets, door.error = binding.bind(bound, count, ours=bound.port in left), ""
                opened.append(bound)
            except OSError as error:
                reason = error.strerror or str(error)
                if reason != door.error:
                    log.error("port not opened", door=bound.door, address=bound.address, port=bound.port, reason=reason)
                refused = refused or reason != door.error
                door.error = reason
        if opened:
            for worker in self._workers.values():
                self._hand_over(worker, opened)
        if opened or closing or refused or not self._announced:
            self._write_status()

    def _hand_over(self, worker: _WorkerProcess, bindings: list[Binding]) -> None:
        if worker.index > self._count:
            return  # the indexer has no door
        of_console = worker.index == self._count
        bindings = [bound for bound in bindings if (bound.door == CONSOLE) == of_console]
        place = 0 if of_console else worker.index
        for start in range(0, len(bindings), channel.MAX_SOCKETS):
            some = bindings[start : start + channel.MAX_SOCKETS]
            self._tell(worker, Message(listen=some), [self._doors[bound].sockets[place] for bound in some])

    def _tell(self, worker: _WorkerProcess, message: Message, sockets: list[socket.socket] | None = None) -> None:
        with contextlib.suppress(OSError):  # a worker that is gone is replaced, with everything it missed
            channel.send(worker.control, message, sockets)

    def _fork(self, index: int, restarts: int) -> None:
        ours, theirs = channel.pair()
        _flush()
        pid = os.fork()
        if pid == 0:
            self._become_worker(ours, theirs, index)
        theirs.close()
        worker = _WorkerProcess(index, pid, ours, time.monotonic(), restarts)
        self._workers[pid] = worker
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._hear(worker))
        self._hand_over(worker, [bound for bound, door in self._doors.items() if door.sockets])
        self._write_status()

    def _become_worker(self, ours: socket.socket, theirs: socket.socket, index: int) -> None:
        """In the child: drop what is the supervisor's, then work; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            ours.close()
            for worker in self._workers.values():
                worker.control.close()
            for door in self._doors.values():
                for sock in door.sockets:
                    sock.close()
            self._selector.close()
            self._around.run_worker(theirs, index)
            status = 0
        except BaseException as error:
            log.exception("worker failed", error=str(error))
        finally:
            _flush()
            os._exit(status)

    def _hear(self, worker: _WorkerProcess) -> None:
        try:
            received = channel.receive(worker.control)
        except OSError:
            received = None
        if received is None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(worker.control)
        elif received[0].ready:
            worker.ready = True

    def _reap(self, now: float) -> None:
        while self._workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            worker = self._workers.pop(pid, None)
            if worker is None:
                continue
            with contextlib.suppress(KeyError):
                self._selector.unregister(worker.control)
            worker.control.close()
            self._around.worker_died(pid)
            if self._stopping_since is None:
                log.error("worker died, replaced", pid=pid, status=os.waitstatus_to_exitcode(status))
                wait = _QUICK_DEATH if now - worker.started_at < _QUICK_DEATH else 0.0
                self._due.append((now + wait, worker.index, worker.restarts + 1))

    def _stop(self) -> None:
        if self._stopping_since is not None:
            return
        self._stopping_since = time.monotonic()
        self._due.clear()
        log.info("stopping", workers=len(self._workers))
        for worker in self._workers.values():
            self._tell(worker, Message(drain=True))
        for door in self._doors.values():
            for sock in door.sockets:
                sock.close()
            door.sockets.clear()

    def _listeners(self) -> list[dict[str, Any]]:
        return [
            {
                "door": bound.door,
                "address": bound.address,
                "port": bound.port,
                "open": bool(door.sockets),
                "error": door.error,
            }
            for bound, door in self._doors.items()
        ]

    def _write_status(self) -> None:
        """For `postroom status`, whole or not at all."""

        def shown(worker: _WorkerProcess) -> dict[str, Any]:
            return {
                "pid": worker.pid,
                "index": worker.index,
                "restarts": worker.restarts,
                "since": worker.since,
            }

        status = {
            "pid": os.getpid(),
            "since": self._since,
            "port_offset": self._offset,
            "settings_version": self._version,
            "listeners": self._listeners(),
            "workers": [shown(worker) for worker in self._workers.values() if worker.index < self._count],
            "console": [shown(worker) for worker in self._workers.values() if worker.index == self._count],
            "indexer": [shown(worker) for worker in self._workers.values() if worker.index == self._count + 1],
        }
        path = self._folder / STATUS_NAME
        beside = path.with_suffix(".new")
        try:
            beside.write_bytes(msgspec.json.encode(status))
            beside.replace(path)
        except OSError as error:  # a full disk; mail goes on, and the next change writes it
            log.error("status not written", reason=str(error))


def _flush() -> None:
    """Nothing that waits is written twice, by parent and child; what can't be written, on a full disk, stops nobody."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
