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
from postroom.store.queue import LONGEST_WAIT, DatabaseQueue
from postroom.store.server_database import open_server_database

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
    (queue_id,) = await queue.enqueue(envelope, Content(BlobId(bytes(32)), 1, b"x", None), b"")
    await queue.postpone(queue_id, clock.now() + 3600, "later")
    clock.seconds = _NOW
    due = await queue.due(["example.test"], clock.now() + (0 if jump > 0 else 3600), 10)
    assert [item.queue_id for item in due] == [queue_id]
    await queue.postpone(queue_id, clock.now() + LONGEST_WAIT, "later")
    assert await queue.due(["example.test"], clock.now(), 10) == [], "a long wait that was meant is kept"
    assert await queue.count() == 1
    database.close()
    pool.shutdown()
