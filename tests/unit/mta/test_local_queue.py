"""The queue for local recipients: tried again until delivered, never lost, at the right times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from postroom.app import Adapters, DataFolder, build_adapters
from postroom.directory import changes
from postroom.mda.delivery import Delivery
from postroom.model.account import Role
from postroom.model.address import Address, parse_address
from postroom.model.email import Column
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.errors import MailError, Meaning, TryLater
from postroom.model.mailbox import MailboxRole
from postroom.mta.local_queue import LocalQueue

ALICE = parse_address("alice@example.test")
FAR = parse_address("friend@elsewhere.test")
MESSAGE = b"From: bob@example.test\r\nSubject: waits\r\n\r\nhello\r\n"


class Clock:
    def __init__(self) -> None:
        self.time = 1_800_000_000

    def now(self) -> int:
        return self.time


class FailingDelivery(Delivery):
    """Refuses as often as it is told to, then delivers."""

    failures = 0

    async def deliver_all(self, recipients, letter) -> list[MailError | None]:  # type: ignore[no-untyped-def]
        if self.failures:
            self.failures -= 1
            return [TryLater("no space is left", meaning=Meaning.STORAGE_FULL)] * len(recipients)
        return await super().deliver_all(recipients, letter)


@pytest.fixture
async def adapters(tmp_path: Path) -> AsyncIterator[Adapters]:
    built = build_adapters(DataFolder(tmp_path), must_exist=False)
    proof = changes.credential("alice-password")
    await built.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    account_id = await built.database.write(
        lambda transaction: changes.add_account(transaction, ALICE, proof, Role.USER, "", 0)
    )
    await built.store.prepare_account(account_id)
    yield built
    await built.close()


async def enqueue(adapters: Adapters, *recipients: Address, message: bytes = MESSAGE) -> None:
    staged = adapters.staging.start()
    staged.write(message)
    content = await staged.finish()
    envelope = Envelope(parse_address("bob@example.test"), tuple(EnvelopeRecipient(address) for address in recipients))
    await adapters.queue.enqueue(envelope, content, b"Received: here\r\n")
    staged.discard()


async def inbox(adapters: Adapters) -> list[tuple[bytes, bytes | None, str | None]]:
    recipient = (await adapters.directory.route(ALICE))[0]
    assert recipient.account_id is not None
    mailbox = await adapters.store.mailbox_with_role(recipient.account_id, MailboxRole.INBOX)
    assert mailbox is not None
    columns = (Column.PREFIX, Column.CONTENT, Column.CONTENT_PATH)
    return await adapters.store.fetch(recipient.account_id, mailbox.mailbox_id, [(1, 100)], columns)  # type: ignore[return-value]


async def test_what_failed_is_tried_again_later_and_delivered_once(adapters: Adapters) -> None:
    clock = Clock()
    delivery = FailingDelivery(adapters.store, clock)
    delivery.failures = 2
    clock.time = adapters.clock.now() + 1
    queue = LocalQueue(adapters.queue, adapters.directory, delivery, clock)
    await enqueue(adapters, ALICE)
    assert await queue.turn() == 0
    assert await queue.turn() == 0, "it waits its time"
    assert delivery.failures == 1
    clock.time += 61
    assert await queue.turn() == 0
    clock.time += 61
    assert await queue.turn() == 0, "the second wait is longer"
    clock.time += 61
    assert await queue.turn() == 1
    assert await adapters.queue.count() == 0
    rows = await inbox(adapters)
    assert [row[1] for row in rows] == [MESSAGE]
    assert rows[0][0].endswith(b"Received: here\r\n")


async def test_a_large_message_leaves_no_file_behind(adapters: Adapters) -> None:
    await enqueue(adapters, ALICE, message=MESSAGE + b"x" * 100_000)
    clock = Clock()
    clock.time = adapters.clock.now() + 1
    queue = LocalQueue(adapters.queue, adapters.directory, Delivery(adapters.store, clock), clock)
    assert await queue.turn() == 1
    assert [row[2] is not None for row in await inbox(adapters)] == [True]
    assert [path for path in adapters.data.queue.rglob("*") if path.is_file()] == []


async def test_recipients_of_other_hosts_and_unknown_names_stay(adapters: Adapters) -> None:
    clock = Clock()
    clock.time = adapters.clock.now() + 1
    queue = LocalQueue(adapters.queue, adapters.directory, Delivery(adapters.store, clock), clock)
    await enqueue(adapters, ALICE, FAR, parse_address("gone@example.test"))
    assert await queue.turn() == 1
    left = {str(item.recipient.forward_path): item.last_reply for item in await adapters.queue.items()}
    assert set(left) == {"friend@elsewhere.test", "gone@example.test"}
    assert left["friend@elsewhere.test"] == ""
    assert left["gone@example.test"] != ""


async def test_a_name_that_now_leads_elsewhere_is_not_called_delivered(adapters: Adapters) -> None:
    clock = Clock()
    clock.time = adapters.clock.now() + 1
    away = parse_address("away@example.test")
    await adapters.database.write(lambda transaction: changes.add_alias(transaction, away, FAR))
    queue = LocalQueue(adapters.queue, adapters.directory, Delivery(adapters.store, clock), clock)
    await enqueue(adapters, away)
    assert await queue.turn() == 0
    assert await adapters.queue.count() == 1
