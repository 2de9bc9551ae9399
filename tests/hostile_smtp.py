"""An SMTP server that means harm, or is broken: it plays a script of steps on each connection, on loopback.

    Say(b"220 hi\\r\\n")        send octets
    Hear(b"EHLO")             read lines until one begins so
    HearContent()             read to the dot
    Drip(b"220-", 0.01)       the same octets again and again, with pauses, for ever
    Flood(b"x", 1 << 30)      so many octets as fast as they are taken
    TLS(context)              the handshake
    Silence()                 nothing more
    Reset()                   the connection breaks (RST)

A script that has ended closes the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Say:
    data: bytes


@dataclass(frozen=True)
class Hear:
    start: bytes


@dataclass(frozen=True)
class HearContent:
    pass


@dataclass(frozen=True)
class Drip:
    data: bytes
    pause: float = 0.01


@dataclass(frozen=True)
class Flood:
    piece: bytes
    size: int


@dataclass(frozen=True)
class TLS:
    context: ssl.SSLContext


@dataclass(frozen=True)
class Silence:
    pass


@dataclass(frozen=True)
class Reset:
    pass


Step = Say | Hear | HearContent | Drip | Flood | TLS | Silence | Reset


@dataclass
class Hostile:
    """`scripts` are those of the first, second … connection; the last one is played for all that follow."""

    scripts: Sequence[Sequence[Step]]
    port: int = 0
    heard: bytearray = field(default_factory=bytearray)
    connections: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self._converse(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.transport.abort()
            self.tasks.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.LimitOverrunError):
            for step in script:
                await self._play(step, reader, writer)
            writer.close()
            await writer.wait_closed()

    async def _play(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(step, Say):
            writer.write(step.data)
            await writer.drain()
        elif isinstance(step, Hear):
            while not (line := await self._line(reader)).upper().startswith(step.start):
                if not line:
                    raise ConnectionError
        elif isinstance(step, HearContent):
            while (line := await self._line(reader)) != b".\r\n":
                if not line:
                    raise ConnectionError
        elif isinstance(step, Drip):
            while not writer.is_closing():
                writer.write(step.data)
                await writer.drain()
                await asyncio.sleep(step.pause)
        elif isinstance(step, Flood):
            for _ in range(step.size // len(step.piece)):
                writer.write(step.piece)
                await writer.drain()
        elif isinstance(step, TLS):
            await writer.start_tls(step.context)
        elif isinstance(step, Silence):
            while await reader.read(4096):
                pass
        else:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionError

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        line = await reader.readline()
        self.heard += line
        return line


@contextlib.asynccontextmanager
async def hostile(*scripts: Sequence[Step]) -> AsyncIterator[Hostile]:
    """On a free port of 127.0.0.1."""
    made = Hostile(scripts)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 20)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tuple(made.tasks):
            task.cancel()
        if made.tasks:
            await asyncio.wait(made.tasks)
