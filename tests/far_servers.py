"""Other people's servers for a test with a whole server: a DNS of our own making, an SMTP server that does as it is told, a web server of one text: in one thread on loopback.

`FarServers.zone` says where names lead; `Sink.answer` says what becomes of a recipient.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dns_server import DnsServer, serving
from whole import WholeServer, running

TAKEN = "250 2.1.5 taken"


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came: the whole lines of MAIL and RCPT, the content without its dots."""

    mail: str
    rcpts: tuple[str, ...]
    content: bytes
    tls: bool = False

    @property
    def recipients(self) -> list[str]:
        return [line.partition("<")[2].partition(">")[0] for line in self.rcpts]


@dataclass
class Sink:
    """An SMTP server (RFC 5321) that keeps what it gets. `keywords` are those of EHLO; `before_reply` is called before the reply to the content is sent."""

    answer: Callable[[str], str] = lambda recipient: TAKEN
    greeting: str = "220 mx.far.test ESMTP"
    keywords: tuple[str, ...] = ("PIPELINING", "SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES")
    content_reply: Callable[[Received], str] = lambda received: "250 2.0.0 kept"
    context: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    """Connections that are there now."""
    logins: list[str] = field(default_factory=list)
    """AUTH lines."""
    login_reply: str = "235 2.7.0 welcome"
    gate: threading.Event | None = None
    """Where it is set: the reply to a content waits for it."""
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Dialogue(self, reader, writer).run()
        self.open -= 1
        writer.transport.abort()

    def recipients(self) -> list[str]:
        return [recipient for message in self.received for recipient in message.recipients]


class _Dialogue:
    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink = sink
        self.reader = reader
        self.writer = writer
        self.mail = ""
        self.rcpts: list[str] = []
        self.tls = False

    async def run(self) -> None:
        self.say(self.sink.greeting)
        while line := await self.reader.readline():
            words = line.decode().rstrip("\r\n")
            verb = words[:4].upper()
            if verb == "QUIT":
                self.say("221 2.0.0 bye")
                await self.writer.drain()
                return
            await getattr(self, f"do_{verb.lower()}", self.do_other)(words)
            await self.writer.drain()

    def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def do_ehlo(self, words: str) -> None:
        offers = [*self.sink.keywords, *(["STARTTLS"] if self.sink.context is not None and not self.tls else [])]
        names = ["mx.far.test", *offers]
        self.say(*(f"250-{name}" for name in names[:-1]), f"250 {names[-1]}")

    async def do_star(self, words: str) -> None:
        if self.sink.context is None:
            self.say("502 5.5.1 no")
            return
        self.say("220 2.0.0 go ahead")
        await self.writer.drain()
        await self.writer.start_tls(self.sink.context)
        self.tls = True

    async def do_auth(self, words: str) -> None:
        """PLAIN with an initial response."""
        self.sink.logins.append(words)
        self.say(self.sink.login_reply)

    async def do_mail(self, words: str) -> None:
        self.mail, self.rcpts = words, []
        self.say("250 2.1.0 ok")

    async def do_rcpt(self, words: str) -> None:
        reply = self.sink.answer(words.partition("<")[2].partition(">")[0])
        if reply.startswith("2"):
            self.rcpts.append(words)
        self.say(reply)

    async def do_rset(self, words: str) -> None:
        self.say("250 2.0.0 ok")

    async def do_data(self, words: str) -> None:
        if not self.rcpts:
            self.say("554 5.5.1 no recipients")
            return
        self.say("354 go ahead")
        await self.writer.drain()
        lines = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        await self._keep(b"".join(lines))

    async def do_bdat(self, words: str) -> None:
        _, size, *last = words.split()
        self._chunks = getattr(self, "_chunks", b"") + await self.reader.readexactly(int(size))
        if not last:
            self.say("250 2.0.0 go on")
            return
        content, self._chunks = self._chunks, b""
        await self._keep(content)

    async def _keep(self, content: bytes) -> None:
        received = Received(self.mail, tuple(self.rcpts), content, self.tls)
        reply = self.sink.content_reply(received)
        if reply.startswith("2"):
            self.sink.received.append(received)
        self.rcpts = []
        if self.sink.gate is not None:
            while not self.sink.gate.is_set():  # noqa: ASYNC110 - set from another thread
                await asyncio.sleep(0.01)
        self.say(reply)

    async def do_other(self, words: str) -> None:
        self.say("500 5.5.1 what?")


@dataclass
class Web:
    """A web server of one text, where `context` is set; `answer` is the whole response."""

    context: ssl.SSLContext | None = None
    text: str = ""
    answer: bytes | None = None
    asked: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            body = self.text.encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(self.answer if self.answer is not None else head.encode() + body)
            await writer.drain()
        writer.close()


@dataclass
class FarServers:
    """What runs; `dns.zone` may be changed at any time."""

    dns: DnsServer
    sink: Sink
    web: Web

    @property
    def settings(self) -> dict[str, Any]:
        """What a server has to be told to reach them."""
        return {
            "network.dns_servers": [f"127.0.0.1:{self.dns.port}"],
            "relay.port": self.sink.port,
            "relay.private_addresses": True,
            **({"relay.policy_port": self.web.port} if self.web.port else {}),
        }


@contextlib.contextmanager
def far_servers(names: Mapping[str, Any], sink: Sink | None = None, web: Web | None = None) -> Iterator[FarServers]:
    """All in a thread of their own, on ports of 127.0.0.1."""
    served, site = sink or Sink(), web or Web()
    started: list[FarServers] = []
    ready, over = threading.Event(), threading.Event()

    async def run() -> None:
        async with serving(names, ttl=1) as dns:
            server = await asyncio.start_server(served.serve, "127.0.0.1", 0, limit=1 << 20)
            served.port = server.sockets[0].getsockname()[1]
            listening = [server]
            if site.context is not None:
                pages = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=site.context)
                site.port = pages.sockets[0].getsockname()[1]
                listening.append(pages)
            started.append(FarServers(dns, served, site))
            ready.set()
            while not over.is_set():  # noqa: ASYNC110 - set from another thread
                await asyncio.sleep(0.02)
            for one in listening:
                one.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield started[0]
    finally:
        over.set()
        thread.join(10)


@contextlib.contextmanager
def running_beside(
    far: FarServers, folder: Path, settings: Mapping[str, Any] | None = None, **options: Any
) -> Iterator[WholeServer]:
    """A whole server that reaches them; `settings` by path are in force as well."""
    with running(folder, **options) as started:
        for path, value in {**far.settings, **(settings or {})}.items():
            started.set(path, value)
        yield started
