"""The console's process: it listens from the start, and loads what serves the console when the first browser or program comes, so that a server whose
console nobody opens is as small as one that has none."""

from __future__ import annotations

import asyncio
import socket
from types import ModuleType

from postroom.admin.jobs import Jobs
from postroom.app.adapters import Adapters, build_adapters
from postroom.app.folder import DataFolder
from postroom.app.metering import Metering
from postroom.model.ids import SessionId
from postroom.net.limits import ConnectionLimits, contains
from postroom.observe.meter import Meter
from postroom.servers import allocation
from postroom.servers.connection import Connection
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.worker import Worker
from postroom.settings.security import CONSOLE


async def serve_console(data: DataFolder, meter: Meter, control: socket.socket) -> None:
    """Until drained."""
    adapters = build_adapters(data)
    try:
        live = Live(adapters.settings, data.certificates)
        console = ConsoleWhenWanted(adapters, live)
        door = Door(CONSOLE, "http", lambda: live.admission(CONSOLE), b"", console.serve)
        metering = Metering(meter, adapters)
        background = [console.run_jobs, metering.run, adapters.directory.last_seen.run]
        allocation.freeze()
        await Worker(control, {CONSOLE: door}, live.reload, ConnectionLimits(), background).run()
        await metering.write_flow()
    finally:
        await adapters.close()


class ConsoleWhenWanted:
    """The door of the console for the networks that may open it; who may not is dropped without a word."""

    def __init__(self, adapters: Adapters, live: Live) -> None:
        self._adapters = adapters
        self._live = live
        self._loading = asyncio.Lock()
        self._console: tuple[Door, Jobs] | None = None
        self._loaded = asyncio.Event()

    async def serve(self, connection: Connection, session_id: SessionId) -> None:
        networks = self._live.settings.console.networks
        if networks and not contains(networks, connection.peer.address):
            return
        async with self._loading:
            if self._console is None:
                module = await asyncio.to_thread(_load)
                self._console = module.build_console(self._adapters, self._live)
                self._loaded.set()
        await self._console[0].serve(connection, session_id)

    async def run_jobs(self) -> None:
        """Until cancelled."""
        await self._loaded.wait()
        assert self._console is not None
        await self._console[1].run()


def _load() -> ModuleType:
    """A second or two, off the loop."""
    from postroom.app import console

    return console
