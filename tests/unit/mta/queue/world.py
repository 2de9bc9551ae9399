"""A queue at work without a network: the real database, real mailboxes, a carrier that does as it is told, a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from postroom.app import Adapters, DataFolder, build_adapters
from postroom.directory import changes
from postroom.mda.delivery import Delivery
from postroom.model.account import Role
from postroom.model.address import Address, parse_address
from postroom.model.email import Column
from postroom.model.envelope import DsnRequest, Envelope, EnvelopeRecipient
from postroom.model.errors import MailError, Meaning, TryLater
from postroom.model.mailbox import MailboxRole
from postroom.model.relaying.queue import QueueItem
from postroom.model.relaying.relay import Parcel, Progress, Report
from postroom.mta.bounces.reports import Reporter
from postroom.mta.queue.feed import QueueFeed
from postroom.mta.queue.local import LocalHand
from postroom.mta.queue.outcome import Outcome
from postroom.mta.queue.runner import Hands, QueueRunner
from postroom.settings.relay import RelaySettings
from postroom.settings.smtp import SmtpSettings
from postroom.store.queue.database_queue import DatabaseQueue

MESSAGE = b"From: bob@example.test\r\nSubject: waits\r\n\r\nhello\r\n"
TRACE = b"Received: here\r\n"
SENDER = parse_address("bob@example.test")
SENT = Report(Progress.DELIVERED, "2.0.0", "250 2.0.0 taken", "mx.test [192.0.2.1]", is_remote=True)
BUSY = Report(Progress.DEFERRED, "4.2.1", "450 4.2.1 busy", "mx.test [192.0.2.1]", is_remote=True)
UNKNOWN = Report(Progress.FAILED, "5.1.1", "550 5.1.1 nobody of that name", "mx.test [192.0.2.1]", is_remote=True)
DEAD = Report(Progress.DEFERRED, "4.4.1", "no answer from mx.test [192.0.2.1]", of_host=True)
DEADLINE = 10.0  # seconds: only a test that fails waits so long


class MovedClock:
    """See model.ports.Clock."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


@dataclass
class FakeCarrier:
    """`answer` says what becomes of a recipient; `gate`, where it is set, is waited for before each answer."""

    answer: Callable[[Address], Report] = lambda address: SENT
    gate: Callable[[str], asyncio.Event | None] = lambda next_hop: None
    hop: Callable[[str], str] = lambda domain: domain
    parcels: list[tuple[str, Parcel]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    closed: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def next_hop(self, domain: str) -> str:
        return self.hop(domain)

    def line(self, next_hop: str) -> FakeLine:
        self.opened.append(next_hop)
        return FakeLine(self, next_hop)

    @property
    def recipients(self) -> list[str]:
        return [str(one.forward_path) for _, parcel in self.parcels for one in parcel.envelope.recipients]


@dataclass
class FakeLine:
    """See model.relay.Line."""

    carrier: FakeCarrier
    next_hop: str

    async def send(self, parcel: Parcel) -> list[Report]:
        self.carrier.parcels.append((self.next_hop, parcel))
        self.carrier.at_once += 1
        self.carrier.most_at_once = max(self.carrier.most_at_once, self.carrier.at_once)
        try:
            gate = self.carrier.gate(self.next_hop)
            if gate is not None:
                await gate.wait()
            return [self.carrier.answer(one.forward_path) for one in parcel.envelope.recipients]
        finally:
            self.carrier.at_once -= 1

    async def close(self) -> None:
        self.carrier.closed += 1


class FailingDelivery(Delivery):
    """Refuses as often as it is told to, then delivers."""

    failures = 0

    async def deliver_all(self, recipients, letter) -> list[MailError | None]:  # type: ignore[no-untyped-def]
        if self.failures:
            self.failures -= 1
            return [TryLater("no space is left", meaning=Meaning.STORAGE_FULL)] * len(recipients)
        return await super().deliver_all(recipients, letter)


@dataclass
class World:
    """`relay` are the settings in force."""

    adapters: Adapters
    clock: MovedClock
    carrier: FakeCarrier
    delivery: FailingDelivery
    feed: QueueFeed
    relay: RelaySettings = field(default=RelaySettings())

    def runner(self, owner: str = "worker-0", workers: int = 1) -> QueueRunner:
        """One that is not running yet."""
        reporter = Reporter(self.adapters.directory, self.clock, SmtpSettings)
        outcome = Outcome(self.adapters.queue, reporter, self.clock, lambda: self.relay, lambda: 0.0)
        hands = Hands(self.carrier, LocalHand(self.adapters.directory, self.delivery), outcome)
        directory = self.adapters.directory
        return QueueRunner(self.adapters.queue, hands, (directory, self.clock), lambda: self.relay, owner, workers)

    @contextlib.asynccontextmanager
    async def running(self, owner: str = "worker-0", workers: int = 1) -> AsyncIterator[QueueRunner]:
        """A runner at work, which hears of what is enqueued; ended as a worker ends it."""
        runner = self.runner(owner, workers)
        self.feed.give_to(runner)
        task = asyncio.get_running_loop().create_task(runner.run())
        try:
            async with asyncio.timeout(DEADLINE):
                while not runner.is_ready:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            yield runner
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def enqueue(
        self,
        *recipients: str,
        message: bytes = MESSAGE,
        sender: Address | None = SENDER,
        dsn: DsnRequest | None = None,
        **words: object,
    ) -> list[QueueItem]:
        """As dispatch does it."""
        staged = self.adapters.staging.start()
        staged.write(message)
        content = await staged.finish()
        paths = tuple(EnvelopeRecipient(parse_address(text), dsn or DsnRequest()) for text in recipients)
        try:
            return await self.feed.enqueue(Envelope(sender, paths, **words), content, TRACE)  # type: ignore[arg-type]
        finally:
            staged.discard()

    async def waiting(self) -> dict[str, QueueItem]:
        """What is in the queue, by address."""
        return {str(item.recipient.forward_path): item for item in await self.adapters.queue.items()}

    async def until(self, holds: Callable[[], bool]) -> None:
        """Fails where it does not hold in time."""
        async with asyncio.timeout(DEADLINE):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    async def until_waiting(self, *addresses: str, idle: bool = True) -> dict[str, QueueItem]:
        """Until exactly these wait, nobody at them where `idle`."""
        async with asyncio.timeout(DEADLINE):
            while True:
                found = await self.waiting()
                if set(found) == set(addresses) and not (idle and any(item.leased_until for item in found.values())):
                    return found
                await asyncio.sleep(0.002)

    async def messages(self, address: str) -> list[bytes]:
        """Whole messages in an INBOX, trace fields first."""
        account_id = (await self.adapters.directory.route(parse_address(address)))[0].account_id
        assert account_id is not None
        inbox = await self.adapters.store.mailbox_with_role(account_id, MailboxRole.INBOX)
        assert inbox is not None
        columns = (Column.PREFIX, Column.CONTENT, Column.CONTENT_PATH, Column.SIZE)
        found = []
        for prefix, content, path, size in await self.adapters.store.fetch(
            account_id, inbox.mailbox_id, ((1, 2**32 - 1),), columns
        ):
            body = (
                content
                if path is None
                else await self.adapters.store.read_content(account_id, path, 0, size - len(prefix))
            )
            found.append(prefix + body)
        return found


@contextlib.asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """example.test with alice and bob; everybody else is far."""
    adapters = build_adapters(DataFolder(folder), must_exist=False)
    try:
        proof = changes.credential("alice-password")
        await adapters.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
        for name in ("alice", "bob"):
            address = parse_address(f"{name}@example.test")
            account_id = await adapters.database.write(
                lambda transaction, address=address: changes.add_account(transaction, address, proof, Role.USER, "", 0)
            )
            await adapters.store.prepare_account(account_id)
        clock = MovedClock(adapters.clock.now())
        queue = DatabaseQueue(adapters.database, adapters.data.queue, adapters.pool, clock)
        adapters = replace(adapters, queue=queue)
        yield World(adapters, clock, FakeCarrier(), FailingDelivery(adapters.store, clock), QueueFeed(adapters.queue))
    finally:
        await adapters.close()
