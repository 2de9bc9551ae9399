"""`python lmtp_server.py DATA`: the LMTP door on the real store, in a process that can be killed; prints its port and serves until SIGTERM.

A process of its own, so that nothing but the door dies. The folder is made on the first start, with alice and bob in it, and used again on the next.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog

from crash.driven import EVERYTHING, account_of, mailbox_id_of, make, state
from postroom.app import Adapters, DataFolder, Secrets, build_adapters, build_services
from postroom.model.email import Column
from postroom.net.limits import ConnectionLimits
from postroom.servers.connection import Connection
from postroom.servers.listener import Listener, Place
from postroom.servers.live import Live
from postroom.servers.smtp.dialect import LMTP, SmtpServices
from postroom.servers.smtp.doors import make_door


async def serve(folder: Path) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the port alone goes to the caller
    if not folder.exists():  # noqa: ASYNC240
        await make(folder)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    adapters = build_adapters(DataFolder(folder))
    live = Live(adapters.settings, adapters.data.certificates)
    services = build_services(adapters, live, Secrets(bytes(32), bytes(32)))
    connections: set[Connection] = set()
    async with asyncio.TaskGroup() as tasks:
        sock = socket.create_server(("127.0.0.1", 0))
        doors = SmtpServices(live, services.gate, services.reception, services.submission)
        listener = Listener(sock, make_door(LMTP, doors), Place(ConnectionLimits(), tasks, connections))
        listener.start()
        print(sock.getsockname()[1], flush=True)  # noqa: T201
        await ended.wait()
        listener.close()
        for connection in tuple(connections):
            connection.abort()
    await adapters.close()


@contextmanager
def lmtp_server(data: Path, *, killed: bool = False) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process and its port; ended in order unless the caller kills it."""
    process = subprocess.Popen([sys.executable, __file__, str(data)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == (-signal.SIGKILL if killed else 0)
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


def stored(data: Path) -> dict[str, list[bytes]]:
    """What lies in both INBOXes; all of it consistent."""

    async def look() -> dict[str, list[bytes]]:
        adapters = build_adapters(DataFolder(data))
        try:
            assert "faults" not in await state(adapters)
            return {who: await _contents(adapters, who) for who in ("alice", "bob")}
        finally:
            await adapters.close()

    return asyncio.run(look())


async def _contents(adapters: Adapters, who: str) -> list[bytes]:
    columns = (Column.CONTENT, Column.CONTENT_PATH)
    inbox, account_id = await mailbox_id_of(adapters, who=who), account_of(adapters, who)
    folder = adapters.store.files.folder(account_id)
    rows = await adapters.store.fetch(account_id, inbox, EVERYTHING, columns)
    return [content if path is None else (folder / path).read_bytes() for content, path in rows]


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
