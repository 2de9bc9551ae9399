"""When the disk, a mailbox or the queue fails: nothing is lost, little is doubled, the session lives on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness_smtp import MESSAGE, client, running
from postroom.app import Adapters
from postroom.mda.delivery import Delivery
from postroom.model.errors import Meaning, OverLimit, TryLater
from postroom.mta.dispatch import Dispatch
from postroom.mta.transaction import Rooms

FULL = TryLater("the disk is full", meaning=Meaning.STORAGE_FULL)


class FailingStore:
    """The real store, but for accounts whose appends fail."""

    def __init__(self, adapters: Adapters, failures: dict[int, Exception]) -> None:
        self._store = adapters.store
        self.failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, account_id: int, arrivals: Any) -> Any:
        if account_id in self.failures:
            raise self.failures[account_id]
        return await self._store.append(account_id, arrivals)


class FailingQueue:
    """The real queue, but for the first `calls` it is asked."""

    def __init__(self, adapters: Adapters, calls: int) -> None:
        self._queue = adapters.queue
        self._calls = calls

    async def enqueue(self, *arguments: Any) -> Any:
        self._calls -= 1
        if self._calls >= 0:
            raise FULL
        return await self._queue.enqueue(*arguments)


class FullStaged:
    """Staged content that the disk has `room` octets for."""

    def __init__(self, staged: Any, room: int) -> None:
        self._staged = staged
        self._room = room

    def write(self, data: bytes) -> None:
        if self._staged.size + len(data) > self._room:
            raise FULL
        self._staged.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._staged, name)


class FullStaging:
    """Takes `room` octets of each message."""

    def __init__(self, adapters: Adapters, room: int) -> None:
        self._staging = adapters.staging
        self.room = room

    def start(self) -> Any:
        return FullStaged(self._staging.start(), self.room)


def failing(failures: dict[int, Exception], queue_calls: int = 0) -> Any:
    """Behind the services: accounts 1 to 3 are alice, bob and carol."""

    def patch(rooms: Rooms, adapters: Adapters) -> Rooms:
        delivery = Delivery(FailingStore(adapters, failures), adapters.clock)  # type: ignore[arg-type]
        return replace(rooms, dispatch=Dispatch(delivery, FailingQueue(adapters, queue_calls)))  # type: ignore[arg-type]

    return patch


@pytest.mark.parametrize("room", [0, 60, 100_000])
async def test_a_full_disk_while_content_comes_in(tmp_path: Path, room: int) -> None:
    def patch(rooms: Rooms, adapters: Adapters) -> Rooms:
        return replace(rooms, staging=FullStaging(adapters, room))

    async with running(tmp_path, patch=patch) as house, client(house) as talk:
        large = MESSAGE + b"more\r\n" * 30_000
        assert (await talk.message(["alice@example.test"], large)).startswith(b"452 4.3.1 ")
        await talk.command("MAIL FROM:<s@remote.test>")
        await talk.command("RCPT TO:<alice@example.test>")
        assert (await talk.send(b"BDAT %d\r\n" % len(large) + large)).startswith(b"452 4.3.1 ")
        assert (await talk.command("RSET")).startswith(b"250")
        assert await house.messages("alice") == []
        assert list(house.adapters.data.staging.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (FULL, b"452 4.3.1 "),
        (TryLater("locked"), b"451 4.3.0 "),
        (OverLimit("the mailbox is full", meaning=Meaning.OVER_QUOTA), b"452 4.2.2 "),
        (RuntimeError("broken"), b"451 4.3.0 "),
    ],
)
async def test_one_recipient_whose_mailbox_fails(tmp_path: Path, error: Exception, reply: bytes) -> None:
    failures: dict[int, Exception] = {1: error}
    async with running(tmp_path, patch=failing(failures)) as house, client(house) as talk:
        assert (await talk.message(["alice@example.test"])).startswith(reply)
        assert await house.queued() == []
        failures.clear()
        assert (await talk.message(["alice@example.test"])).startswith(b"250")
        assert len(await house.messages("alice")) == 1


async def test_who_fails_while_others_have_it_waits_in_the_queue(tmp_path: Path) -> None:
    async with running(tmp_path, patch=failing({2: FULL})) as house, client(house) as talk:
        recipients = ["alice@example.test", "bob+x@example.test", "away@example.test"]
        assert (await talk.message(recipients)).startswith(b"250")
        assert len(await house.messages("alice")) == 1
        assert sorted(await house.queued()) == ["bob+x@example.test", "far@remote.test"]


async def test_all_fail(tmp_path: Path) -> None:
    full = OverLimit("the mailbox is full", meaning=Meaning.OVER_QUOTA)
    async with running(tmp_path, patch=failing({1: FULL, 2: full, 3: full})) as house, client(house) as talk:
        assert (await talk.message(["alice@example.test", "team@example.test"])).startswith(b"452")
        assert await house.queued() == []


async def test_the_queue_fails_before_anything_is_done(tmp_path: Path) -> None:
    async with running(tmp_path, patch=failing({}, 1)) as house, client(house) as talk:
        assert (await talk.message(["alice@example.test", "away@example.test"])).startswith(b"452 4.3.1 ")
        assert await house.messages("alice") == []
        assert (await talk.message(["alice@example.test", "away@example.test"])).startswith(b"250")


async def test_mailbox_and_queue_fail(tmp_path: Path) -> None:
    async with running(tmp_path, patch=failing({2: FULL}, 1)) as house, client(house) as talk:
        assert (await talk.message(["alice@example.test", "bob@example.test"])).startswith(b"452 4.3.1 ")
        assert len(await house.messages("alice")) == 1
        assert await house.queued() == []


async def test_an_account_without_a_store_is_tried_again(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await house.adapters.store.remove_account(house.accounts["alice@example.test"])
        assert (await talk.message(["alice@example.test"])).startswith(b"451 4.3.0 ")


async def test_a_defect_is_told_as_temporary_and_the_session_goes_on(tmp_path: Path) -> None:
    class BrokenDirectory:
        def __init__(self, adapters: Adapters) -> None:
            self._directory = adapters.directory
            self.broken = True

        def __getattr__(self, name: str) -> Any:
            if self.broken and name == "route":
                raise RuntimeError("broken")
            return getattr(self._directory, name)

    doubles = []

    def patch(rooms: Rooms, adapters: Adapters) -> Rooms:
        doubles.append(BrokenDirectory(adapters))
        return replace(rooms, directory=doubles[0])  # type: ignore[arg-type]

    async with running(tmp_path, patch=patch) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"451 4.3.0 ")
        doubles[0].broken = False
        assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"250")
        assert (await talk.command("DATA")).startswith(b"354")
        assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
