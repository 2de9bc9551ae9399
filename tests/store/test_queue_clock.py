"""A clock that was wrong for a while neither loses nor delays what is queued (THREATS D8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from postroom.model.address import parse_address
from postroom.model.email import Content
from postroom.model.envelope import DsnRequest, Envelope, EnvelopeRecipient
from postroom.model.ids import BlobId
from postroom.model.relaying.queue import Attempt, Lease, QueueItem, Settlement
from postroom.model.relaying.relay import Progress, Report
from postroom.store.queue.database_queue import LONGEST_WAIT, DatabaseQueue
from postroom.store.server.database import open_server_database

_DAY = 86_400
_TEN_YEARS = 3653 * _DAY
_NOW = 1_700_000_000


@dataclass
class Clock:
    seconds: int = _NOW

    def now(self) -> int:
        return self.seconds


@pytest.mark.parametrize("jump", [_TEN_YEARS, -_DAY, 2**31 - _NOW + 5])
async def test_due_again_when_the_clock_is_right(tmp_path: Path, jump: int) -> None:
    pool, clock = ThreadPoolExecutor(1), Clock()
    database = open_server_database(tmp_path, pool, must_exist=False)
    queue = DatabaseQueue(database, tmp_path / "queue", pool, clock)
    recipient = EnvelopeRecipient(parse_address("bob@example.test"), DsnRequest(None, None))
    envelope = Envelope(None, (recipient,), None, None, False, False)
    clock.seconds += jump
    (item,) = await queue.enqueue(envelope, Content(BlobId(bytes(32)), 1, b"x", None), b"")

    async def postpone(until: int) -> None:
        later = Attempt(clock.now(), Report(Progress.DEFERRED, "4.0.0", "later"))
        await queue.settle([Settlement(item.queue_id, until, later)])

    async def due(now: int) -> list[QueueItem]:
        found = await queue.due_domains(now, 10)
        claimed = [one for domain in found for one in await queue.claim(domain, Lease("me", now + 1), now, 10)]
        await queue.free("me")
        return claimed

    await postpone(clock.now() + 3600)
    clock.seconds = _NOW
    assert [one.queue_id for one in await due(clock.now() + (0 if jump > 0 else 3600))] == [item.queue_id]
    await postpone(clock.now() + LONGEST_WAIT)
    assert await due(clock.now()) == [], "a long wait that was meant is kept"
    assert await queue.count() == 1
    database.close()
    pool.shutdown()
