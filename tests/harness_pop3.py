"""A POP3 server in this process: real adapters in a temporary folder, both doors on loopback, no supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import poplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consistency import assert_consistent
from postroom.admin.security.tls_logins import TlsLogins
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.directory import changes
from postroom.message.summary import summarise
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.email import Appended, Arrival, Source
from postroom.model.ids import AccountId
from postroom.model.keywords import Keywords
from postroom.model.mailbox import INBOX
from postroom.net.certificates import ensure_self_signed
from postroom.net.limits import ConnectionLimits
from postroom.servers.authentication import LoginGate, LoginRecords
from postroom.servers.connection import Connection
from postroom.servers.listener import Listener, Place
from postroom.servers.live import Live
from postroom.servers.pop3.doors import pop3_doors

PASSWORD = "correct horse battery"
ALICE = "alice@example.test"
BOB = "bob@example.test"


@dataclass
class Pop3Server:
    """What a test needs of it."""

    adapters: Adapters
    live: Live
    ports: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, AccountId] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)

    async def append(self, messages: list[bytes], address: str = ALICE, *, prefix: bytes = b"") -> list[Appended]:
        """Into INBOX, in one transaction."""
        account_id = self.accounts[address]
        inbox = await self.adapters.store.mailbox(account_id, INBOX)
        assert inbox is not None
        arrivals = []
        staged_all = []
        for message in messages:
            staged = self.adapters.staging.start()
            staged.write(message)
            staged_all.append(staged)
            content = await staged.finish()
            arrivals.append(
                Arrival(
                    inbox.mailbox_id,
                    content,
                    summarise(prefix + message),
                    1_700_000_000,
                    Source.SETUP,
                    Keywords(),
                    prefix,
                )
            )
        try:
            return await self.adapters.store.append(account_id, arrivals)
        finally:
            for staged in staged_all:
                staged.discard()

    async def uids(self, address: str = ALICE) -> list[int]:
        """What is in INBOX now."""
        account_id = self.accounts[address]
        inbox = await self.adapters.store.mailbox(account_id, INBOX)
        assert inbox is not None
        _, uids = await self.adapters.store.open_mailbox(account_id, inbox.mailbox_id, take_recent=False)
        return list(uids)

    async def settings(self, **values: Any) -> None:
        """Change settings (`__` for a dot) and take them into force."""
        await self.adapters.settings.change({path.replace("__", "."): value for path, value in values.items()}, "test")
        self.live.reload()

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.adapters.data.certificates / "default.pem"))

    def pop3(self) -> poplib.POP3:
        """A clear connection; to be made and used in a thread."""
        return poplib.POP3("localhost", self.ports["pop3"], timeout=10)

    def pop3s(self) -> poplib.POP3_SSL:
        return poplib.POP3_SSL("localhost", self.ports["pop3s"], timeout=10, context=self.client_context())

    def logged_in(self, address: str = ALICE) -> poplib.POP3:
        client = self.pop3s()
        client.user(address)
        client.pass_(PASSWORD)
        return client

    async def talk(self, script: Callable[[], Any]) -> Any:
        """Run a client in a thread."""
        return await asyncio.to_thread(script)

    async def say(self, *lines: bytes, door: str = "pop3s") -> list[bytes]:
        """Send all at once on a new connection, then read to its end; the lines, without the greeting."""
        context = self.client_context() if door == "pop3s" else None
        reader, writer = await asyncio.open_connection(
            "localhost", self.ports[door], ssl=context, server_hostname="localhost" if context else None
        )
        await reader.readline()
        writer.write(b"".join(line + b"\r\n" for line in lines))
        said = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        return said.split(b"\r\n")[:-1]


@contextlib.asynccontextmanager
async def pop3_server(folder: Path, *, again: bool = False) -> AsyncIterator[Pop3Server]:
    """example.test with Alice and Bob, made unless the folder is opened `again`; loopback may not show passwords in clear."""
    data = DataFolder(folder)
    adapters = build_adapters(data, must_exist=False)
    ensure_self_signed(data.certificates, "localhost", adapters.clock.now())
    server = Pop3Server(adapters, Live(adapters.settings, data.certificates))
    if again:
        server.accounts = {
            str(account.address): account.account_id for account in changes.accounts(adapters.database.read)
        }
    else:
        await fill(server)
    gate = LoginGate(
        adapters.directory,
        LoginRecords(adapters.sessions, adapters.delays, TlsLogins(adapters.tls_logins, adapters.clock)),
        server.live,
        adapters.clock,
        fake_salt_key=bytes(32),
    )
    doors = pop3_doors(adapters.store, gate, server.live)
    listeners = []
    try:
        async with asyncio.TaskGroup() as tasks:
            place = Place(ConnectionLimits(), tasks, server.connections)
            for name, door in doors.items():
                sock = socket.create_server(("127.0.0.1", 0))
                server.ports[name] = sock.getsockname()[1]
                listeners.append(Listener(sock, door, place))
                listeners[-1].start()
            try:
                yield server
            finally:
                for listener in listeners:
                    listener.close()
                for connection in tuple(server.connections):
                    connection.server_closing()
        assert adapters.sessions.entries() == []
        await assert_consistent(adapters)
    finally:
        await adapters.close()


async def fill(server: Pop3Server) -> None:
    """A domain and two accounts."""
    adapters = server.adapters
    await adapters.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    proof = await asyncio.to_thread(changes.credential, PASSWORD)
    for text in (ALICE, BOB):
        address = parse_address(text)
        account_id = await adapters.database.write(
            lambda transaction, address=address: changes.add_account(transaction, address, proof, Role.USER, "", 0)
        )
        await adapters.store.prepare_account(account_id)
        server.accounts[text] = account_id
