"""The SMTP doors with real adapters on loopback sockets, for scenario tests: alice and bob at example.test, forwards, a raw client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from postroom.admin.security.tls_logins import TlsLogins
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.directory import changes
from postroom.mda.delivery import Delivery
from postroom.model.account import KeyState, Role
from postroom.model.address import parse_address
from postroom.model.email import Column
from postroom.model.mailbox import MailboxRole
from postroom.msa.key_rotation import new_pair, record_name
from postroom.msa.signing import DomainSigner
from postroom.msa.submission import Sending, Submission
from postroom.mta.bounces.reports import Reporter
from postroom.mta.checks.pipeline import CheckRooms, Checks
from postroom.mta.dispatch import Dispatch
from postroom.mta.forwarding import Forwarding
from postroom.mta.receipts import Receipts
from postroom.mta.reception import Reception
from postroom.mta.transaction import Rooms
from postroom.net import certificates
from postroom.net.limits import ConnectionLimits
from postroom.net.resolver import DnsResolver
from postroom.servers.authentication import LoginGate, LoginRecords
from postroom.servers.connection import Connection
from postroom.servers.listener import Listener, Place
from postroom.servers.live import Live
from postroom.servers.smtp.dialect import LMTP, MX, SUBMISSION, SUBMISSIONS, SmtpDoor, SmtpServices
from postroom.servers.smtp.doors import make_door
from postroom.settings import document
from postroom.settings.network import dns_server

PASSWORD = "correct horse battery"
PEOPLE = {"alice@example.test": "Alice", "bob@example.test": "Bob", "carol@example.test": "Carol"}
MESSAGE = b"From: Someone <someone@remote.test>\r\nTo: alice@example.test\r\nSubject: Hello\r\n\r\nHow are you?\r\n"
_CREDENTIAL = changes.credential(PASSWORD)


class FixedSettings:
    """A settings source whose document a test changes."""

    def __init__(self, paths: dict[str, Any]) -> None:
        self.settings = document.changed(document.Settings(), paths)

    def current(self) -> tuple[int, document.Settings]:
        return 1, self.settings


@dataclass
class House:
    """A running server: `ports` by door name, LMTP among them."""

    adapters: Adapters
    live: Live
    source: FixedSettings
    services: SmtpServices
    ports: dict[str, int]
    connections: set[Connection]
    accounts: dict[str, Any]

    async def messages(self, name: str, role: MailboxRole = MailboxRole.INBOX) -> list[bytes]:
        """Whole messages in an INBOX, or another mailbox, oldest first."""
        store, account_id = self.adapters.store, self.accounts[name + "@example.test"]
        inbox = await store.mailbox_with_role(account_id, role)
        assert inbox is not None
        columns = (Column.PREFIX, Column.CONTENT, Column.CONTENT_PATH, Column.SIZE)
        found = []
        for prefix, content, path, size in await store.fetch(account_id, inbox.mailbox_id, ((1, 2**32 - 1),), columns):
            body = content if path is None else await store.read_content(account_id, path, 0, size - len(prefix))
            assert size == len(prefix) + len(body)
            found.append(prefix + body)
        return found

    async def make_keys(self, state: KeyState = KeyState.ACTIVE, domain: str = "example.test") -> dict[str, Any]:
        """A pair of signing keys of the domain; returns the zone that has their records."""
        taken = [key.selector for key in await self.adapters.domain_keys.keys(domain)]
        pair = new_pair(domain, state, self.adapters.clock.now(), taken)
        assert await self.adapters.domain_keys.add(pair)
        return {record_name(key): {"TXT": [key.record]} for key in pair}

    async def queued(self) -> list[str]:
        return [str(item.recipient.forward_path) for item in await self.adapters.queue.items()]

    async def quiet(self) -> None:
        """Until no session is left."""
        for _ in range(500):
            if not self.connections:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("a session is still there")

    def change(self, **paths: Any) -> None:
        """Settings by path, dots written as double underscores; in force at once."""
        self.source.settings = document.changed(
            self.source.settings, {path.replace("__", "."): value for path, value in paths.items()}
        )
        self.live.reload()


Patch = Callable[[Rooms, Adapters], Rooms]


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    settings: dict[str, Any] | None = None,
    *,
    patch: Patch | None = None,
    shape: Callable[[SmtpDoor], SmtpDoor] | None = None,
) -> AsyncIterator[House]:
    """Serve MX, submission, submissions and LMTP; `patch` puts doubles behind the services, `shape` changes a door."""
    data = DataFolder(folder)
    adapters = build_adapters(data, must_exist=False)
    certificates.ensure_self_signed(data.certificates, "mail.example.test", adapters.clock.now())
    source = FixedSettings({"smtp.server_name": "mail.example.test", **(settings or {})})
    live = Live(source, data.certificates)
    accounts = await _people(adapters)
    signer = DomainSigner(adapters.domain_keys, adapters.directory, adapters.clock, lambda: live.settings.sending)
    forwarding = Forwarding(signer, adapters.directory, adapters.clock, bytes(32), lambda: live.settings)
    reporter = Reporter(adapters.directory, adapters.clock, lambda: live.settings.smtp, signer.sign)
    receipts = Receipts(reporter, adapters.queue, adapters.clock)
    rooms = Rooms(
        adapters.directory,
        adapters.staging,
        Dispatch(Delivery(adapters.store, adapters.clock), adapters.queue, forwarding, receipts.tell),
        adapters.clock,
        forwarding,
    )
    if patch is not None:
        rooms = patch(rooms, adapters)
    resolver = DnsResolver(lambda: [dns_server(text) for text in live.settings.network.dns_servers])
    checks = Checks(CheckRooms(resolver, adapters.greylist, adapters.clock), lambda: live.settings)
    services = SmtpServices(
        live,
        LoginGate(
            adapters.directory,
            LoginRecords(adapters.sessions, adapters.delays, TlsLogins(adapters.tls_logins, adapters.clock)),
            live,
            adapters.clock,
            fake_salt_key=bytes(32),
        ),
        Reception(rooms, lambda: live.settings.smtp, checks),
        Submission(
            rooms,
            lambda: live.settings.smtp,
            Sending(signer, adapters.sending_limits, lambda: live.settings.sending),
        ),
    )
    connections: set[Connection] = set()
    ports: dict[str, int] = {}
    listeners = []
    try:
        async with asyncio.TaskGroup() as tasks:
            place = Place(ConnectionLimits(), tasks, connections)
            for name, door in (("mx", MX), ("submission", SUBMISSION), ("submissions", SUBMISSIONS), ("lmtp", LMTP)):
                sock = socket.create_server(("127.0.0.1", 0))
                ports[name] = sock.getsockname()[1]
                listener = Listener(sock, make_door(shape(door) if shape else door, services), place)
                listener.start()
                listeners.append(listener)
            try:
                yield House(adapters, live, source, services, ports, connections, accounts)
            finally:
                for listener in listeners:
                    listener.close()
                for connection in tuple(connections):
                    connection.abort()
    finally:
        await adapters.close()


async def _people(adapters: Adapters) -> dict[str, Any]:
    await adapters.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    accounts = {}
    for name, display_name in PEOPLE.items():
        role = Role.ADMINISTRATOR if name.startswith("alice") else Role.USER
        account_id = await adapters.database.write(
            lambda transaction, name=name, role=role, shown=display_name: changes.add_account(
                transaction, parse_address(name), _CREDENTIAL, role, shown, 1
            )
        )
        await adapters.store.prepare_account(account_id)
        accounts[name] = account_id
    for alias, target in (
        ("away@example.test", "far@remote.test"),
        ("team@example.test", "bob@example.test"),
        ("team@example.test", "carol@example.test"),
        ("both@example.test", "bob@example.test"),
        ("both@example.test", "far@remote.test"),
    ):
        await adapters.database.write(
            lambda transaction, alias=alias, target=target: changes.add_alias(
                transaction, parse_address(alias), parse_address(target)
            )
        )
    return accounts


class Client:
    """A raw client: sends exactly what it is told, reads one reply at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, *, tls: bool = False) -> Client:
        context = client_context() if tls else None
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context))

    async def reply(self) -> bytes:
        """The next whole reply; b"" at the end."""
        lines = []
        while True:
            async with asyncio.timeout(10):  # wait_for of Python 3.11 may swallow a cancellation
                line = await self.reader.readline()
            lines.append(line)
            if line[3:4] != b"-":
                return b"".join(lines)

    async def send(self, data: bytes) -> bytes:
        """Send and read one reply."""
        self.writer.write(data)
        return await self.reply()

    async def command(self, line: str) -> bytes:
        return await self.send(line.encode() + b"\r\n")

    async def begin(self, hello: str = "EHLO client.test") -> bytes:
        """The greeting and ours."""
        assert (await self.reply()).startswith(b"220 ")
        return await self.command(hello)

    async def message(self, recipients: list[str], content: bytes = MESSAGE, sender: str = "s@remote.test") -> bytes:
        """A whole transaction; the last reply."""
        assert (await self.command(f"MAIL FROM:<{sender}>")).startswith(b"250")
        for recipient in recipients:
            assert (await self.command(f"RCPT TO:<{recipient}>")).startswith(b"250")
        assert (await self.command("DATA")).startswith(b"354")
        return await self.send(content + b".\r\n")

    async def start_tls(self) -> None:
        assert (await self.command("STARTTLS")).startswith(b"220")
        await self.writer.start_tls(client_context())

    async def ended(self) -> bool:
        """Whether the server closes now."""
        return not await asyncio.wait_for(self.reader.read(1), 10)

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self.writer.wait_closed()


def client_context() -> ssl.SSLContext:
    """Takes the self-signed certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.asynccontextmanager
async def client(house: House, door: str = "mx", *, hello: str = "EHLO client.test") -> AsyncIterator[Client]:
    """A greeted client."""
    connected = await Client.connect(house.ports[door], tls=door == "submissions")
    try:
        await connected.begin("LHLO client.test" if door == "lmtp" else hello)
        yield connected
    finally:
        await connected.close()


def quick(door: SmtpDoor) -> SmtpDoor:
    """A door whose delays are short enough for a test."""
    return replace(door, patience=replace(door.patience, idle_delay=0.001, unknown_delay=0.001))
