"""Worker: one process with every door. It takes listening sockets and orders from the supervisor and runs sessions until it is drained.

Drain: accept no more, wake sessions that are between two commands so that they say good-bye, give those in the middle of one the rest of the grace time,
then end. When the supervisor is gone, so is the worker: at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence

import structlog

from postroom.net.limits import ConnectionLimits
from postroom.servers import channel
from postroom.servers.channel import Binding, Message
from postroom.servers.connection import Connection
from postroom.servers.listener import Door, Listener, Place

log = structlog.get_logger()

GRACE = 10.0  # seconds for sessions in the middle of a command; the supervisor's own limit is 15


class Worker:
    """Runs until drained; `reload` takes new settings into force; `background` work ends with the drain."""

    def __init__(
        self,
        control: socket.socket,
        doors: Mapping[str, Door],
        reload: Callable[[], None],
        limits: ConnectionLimits,
        background: Sequence[Callable[[], Coroutine[None, None, None]]] = (),
    ) -> None:
        self._control = control
        self._background = background
        self._doors = doors
        self._reload = reload
        self._limits = limits
        self._listeners: dict[Binding, Listener] = {}
        self._connections: set[Connection] = set()
        self._draining = asyncio.Event()
        self._place: Place | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Until drained and every session has ended."""
        loop = asyncio.get_running_loop()
        self._control.setblocking(False)
        loop.add_signal_handler(signal.SIGTERM, self._draining.set)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C reaches the whole group; the supervisor drains us
        sessions = asyncio.TaskGroup()
        try:
            async with sessions:
                self._place = Place(self._limits, sessions, self._connections)
                loop.add_reader(self._control.fileno(), self._obey)
                channel.send(self._control, Message(ready=True))
                running = [sessions.create_task(start()) for start in self._background]
                await self._draining.wait()
                for task in running:
                    task.cancel()
                self._drain()
            # leaving the TaskGroup has waited for every session
        finally:
            if self._deadline is not None:
                self._deadline.cancel()
            loop.remove_reader(self._control.fileno())

    def _drain(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._deadline = asyncio.get_running_loop().call_later(GRACE, self._end_now)
        for connection in tuple(self._connections):
            connection.server_closing()

    def _end_now(self) -> None:
        """Sessions that are still in a command lose their connection; a second later the process ends whatever they do."""
        log.warning("sessions ended at the end of the grace time", sessions=len(self._connections))
        for connection in tuple(self._connections):
            connection.abort()
        asyncio.get_running_loop().call_later(1.0, os._exit, 0)

    def _obey(self) -> None:
        while True:
            try:
                received = channel.receive(self._control)
            except BlockingIOError:
                return
            except OSError:
                received = None
            if received is None:
                os._exit(0)  # the supervisor is gone; what was acknowledged is on disk, the rest was never promised
            self._act(*received)

    def _act(self, message: Message, sockets: list[socket.socket]) -> None:
        for binding, sock in zip(message.listen, sockets, strict=True):
            assert self._place is not None
            listener = Listener(sock, self._doors[binding.door], self._place)
            listener.start()
            self._listeners[binding] = listener
        for binding in message.close:
            closed = self._listeners.pop(binding, None)
            if closed is not None:
                closed.close()
        if message.settings:
            self._reload()
        if message.drain:
            self._draining.set()
