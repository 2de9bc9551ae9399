"""Listener: takes connections from one listening socket and starts a session on each.

Accepting is our own, not the loop's: limits are checked before anything is built, a PROXY front's header is read before TLS, the TLS context is the one in
force at that moment, and running out of descriptors pauses accepting instead of spinning (THREATS A6).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from postroom.model.ids import SessionId
from postroom.model.session import IpNetwork, Peer
from postroom.net.limits import ConnectionLimits, contains
from postroom.servers.connection import Connection, ConnectionLost, address_of
from postroom.servers.proxy import read_proxy_header

log = structlog.get_logger()

_ACCEPT_BURST = 64  # connections taken in one turn of the loop: the others' sessions get theirs
_PAUSE_WITHOUT_DESCRIPTORS = 0.5  # seconds
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_HANDSHAKE_DEADLINE = 10.0  # seconds (THREATS A6)
_PROXY_DEADLINE = 5.0  # seconds for a front to send its header, which it does at once


@dataclass(frozen=True, slots=True)
class Admission:
    """What is in force for a new connection; asked anew for each."""

    context: ssl.SSLContext | None
    proxy_fronts: tuple[IpNetwork, ...]
    trusted_networks: tuple[IpNetwork, ...]
    per_address: int
    total: int


@dataclass(frozen=True, slots=True)
class Door:
    """One kind of listener: how to admit, how to refuse in its protocol's words, and the session to run."""

    name: str
    protocol: str
    admission: Callable[[], Admission]
    refusal: bytes
    serve: Callable[[Connection, SessionId], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """What the listeners of one worker share."""

    limits: ConnectionLimits
    tasks: asyncio.TaskGroup
    connections: set[Connection]


class Listener:
    """Accepts until closed; sessions run in the worker's TaskGroup."""

    def __init__(self, sock: socket.socket, door: Door, place: Place) -> None:
        self._socket = sock
        self._door = door
        self._limits = place.limits
        self._tasks = place.tasks
        self._connections = place.connections
        self._loop = asyncio.get_running_loop()
        self._resume: asyncio.TimerHandle | None = None
        sock.setblocking(False)

    def start(self) -> None:
        self._loop.add_reader(self._socket.fileno(), self._accept)

    def close(self) -> None:
        """Take no more connections; those that are there go on."""
        if self._resume is not None:
            self._resume.cancel()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _accept(self) -> None:
        for _ in range(_ACCEPT_BURST):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    log.warning("accepting paused", door=self._door.name, reason=str(error))
                    self._loop.remove_reader(self._socket.fileno())
                    self._resume = self._loop.call_later(_PAUSE_WITHOUT_DESCRIPTORS, self.start)
                return
            accepted.setblocking(False)
            self._tasks.create_task(self._run(accepted, address))

    async def _run(self, accepted: socket.socket, address: tuple[str, int]) -> None:
        admission = self._door.admission()
        try:
            local = accepted.getsockname()
            peer = Peer(address_of(address[0]), address[1], address_of(local[0]), local[1])
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if admission.proxy_fronts and contains(admission.proxy_fronts, peer.address):
                async with asyncio.timeout(_PROXY_DEADLINE):  # wait_for of Python 3.11 may swallow a cancellation
                    peer = await read_proxy_header(accepted, peer)
        except (OSError, TimeoutError, ValueError) as error:
            log.info("connection refused", door=self._door.name, reason=str(error) or type(error).__name__)
            accepted.close()
            return
        trusted = contains(admission.trusted_networks, peer.address)
        if not self._limits.enter(
            self._door.protocol, peer, per_address=admission.per_address, total=admission.total, trusted=trusted
        ):
            with contextlib.suppress(OSError):
                accepted.send(b"" if admission.context else self._door.refusal)
            accepted.close()
            log.info("too many connections", door=self._door.name, peer=str(peer.address))
            return
        try:
            await self._serve(accepted, peer, admission)
        finally:
            self._limits.leave(self._door.protocol, peer)

    async def _serve(self, accepted: socket.socket, peer: Peer, admission: Admission) -> None:
        connection = Connection(peer)
        session_id = SessionId(secrets.token_hex(6))
        timeout = _HANDSHAKE_DEADLINE if admission.context is not None else None
        try:
            await self._loop.connect_accepted_socket(
                lambda: connection, accepted, ssl=admission.context, ssl_handshake_timeout=timeout
            )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            log.info("no TLS", door=self._door.name, peer=str(peer.address), reason=str(error) or type(error).__name__)
            accepted.close()
            return
        self._connections.add(connection)
        try:
            await self._door.serve(connection, session_id)
        except ConnectionLost:
            pass  # the peer went away: the session has undone what was half
        except Exception:
            log.exception("session failed", door=self._door.name, session=session_id)
        finally:
            self._connections.discard(connection)
            connection.close()
