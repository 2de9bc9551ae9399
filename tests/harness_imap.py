"""A whole IMAP door on loopback over the real store, for tests: accounts alice and bob at example.test, password below."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.access.ports import MailPorts
from postroom.admin.security.tls_logins import TlsLogins
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.app.indexing import build_index
from postroom.directory import changes
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.ids import AccountId
from postroom.net import certificates
from postroom.net.limits import ConnectionLimits
from postroom.servers.authentication import LoginGate, LoginRecords
from postroom.servers.connection import Connection
from postroom.servers.imap.doors import imap_doors
from postroom.servers.listener import Listener, Place
from postroom.servers.live import Live

PASSWORD = "correct horse battery"
USERS = ("alice", "bob")


@dataclass
class ImapHouse:
    """What a test needs of the running door."""

    adapters: Adapters
    live: Live
    accounts: dict[str, AccountId]
    port: int
    tls_port: int
    connections: set[Connection]

    async def connect(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        return Client(reader, writer)

    async def login(self, user: str = "alice", mailbox: str | None = None) -> Client:
        client = await self.connect()
        await client.line()
        assert (await client.command(f'LOGIN {user}@example.test "{PASSWORD}"'))[-1].split()[1] == b"OK"
        if mailbox is not None:
            await client.command(f"SELECT {mailbox}")
        return client


class Client:
    """A client that knows lines and literals."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.count = 0

    async def line(self) -> bytes:
        """One response, its literals included."""
        whole = b""
        while True:
            async with asyncio.timeout(10):  # wait_for of Python 3.11 may swallow a cancellation
                line = await self.reader.readline()
            whole += line
            if line.endswith(b"}\r\n") and b"{" in line:
                size = int(line.rpartition(b"{")[2][:-3])
                async with asyncio.timeout(10):
                    whole += await self.reader.readexactly(size)
                continue
            return whole

    def send(self, text: str | bytes) -> None:
        self.writer.write(text if isinstance(text, bytes) else text.encode())

    async def answer(self, tag: bytes) -> list[bytes]:
        """Responses up to the one with the tag, without line ends."""
        lines: list[bytes] = []
        while True:
            line = await self.line()
            if not line:
                return lines
            lines.append(line.removesuffix(b"\r\n"))
            if line.startswith(tag + b" "):
                return lines

    async def command(self, text: str | bytes) -> list[bytes]:
        self.count += 1
        tag = b"a%d" % self.count
        raw = text if isinstance(text, bytes) else text.encode()
        self.send(tag + b" " + raw + b"\r\n")
        return await self.answer(tag)

    async def append(self, message: bytes, mailbox: str = "INBOX", flags: str = "") -> list[bytes]:
        return await self.command(
            b"APPEND %b %b{%d+}\r\n%b" % (mailbox.encode(), flags.encode(), len(message), message)
        )

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@contextlib.asynccontextmanager
async def imap_house(folder: Path, settings: dict[str, Any] | None = None) -> AsyncIterator[ImapHouse]:
    data = DataFolder(folder)
    adapters = build_adapters(data, must_exist=False)
    await adapters.settings.change(
        {"imap_pop3.prohibit_plaintext": False, **(settings or {})} | ({"limits.trusted_networks": ["127.0.0.0/8"]}),
        "test",
    )
    accounts = {}
    proof = changes.credential(PASSWORD)
    await adapters.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    for user in USERS:
        address = parse_address(f"{user}@example.test")
        accounts[user] = await adapters.database.write(
            lambda transaction, address=address: changes.add_account(transaction, address, proof, Role.USER, "", 0)
        )
        await adapters.store.prepare_account(accounts[user])
    certificates.ensure_self_signed(data.certificates, "mail.example.test", adapters.clock.now())
    live = Live(adapters.settings, data.certificates)
    gate = LoginGate(
        adapters.directory,
        LoginRecords(adapters.sessions, adapters.delays, TlsLogins(adapters.tls_logins, adapters.clock)),
        live,
        adapters.clock,
        fake_salt_key=bytes(32),
    )
    index_rooms = build_index(adapters, lambda: live.settings.search)
    ports_of_mail = MailPorts(adapters.store, adapters.staging, adapters.hub, adapters.clock, index_rooms.index)
    doors = imap_doors(live, gate, ports_of_mail)
    connections: set[Connection] = set()
    listeners = []
    ports = {}
    try:
        async with asyncio.TaskGroup() as tasks:
            place = Place(ConnectionLimits(), tasks, connections)
            for name, door in doors.items():
                sock = socket.create_server(("127.0.0.1", 0))
                ports[name] = sock.getsockname()[1]
                listeners.append(Listener(sock, door, place))
                listeners[-1].start()
            try:
                yield ImapHouse(adapters, live, accounts, ports["imap"], ports["imaps"], connections)
            finally:
                for listener in listeners:
                    listener.close()
                for connection in tuple(connections):
                    connection.server_closing()
                await asyncio.sleep(0.01)
                for connection in tuple(connections):
                    connection.abort()
    finally:
        await index_rooms.close()
        await adapters.close()


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
