"""INPROGRESS: said only where a command takes long, and no more often than the interval allows."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from postroom.model.errors import NotFound
from postroom.servers.connection import ConnectionLost
from postroom.servers.imap.searching.progress import INTERVAL, Progress


class Heard:
    """A session as far as Progress knows one."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.flushed = 0
        self.spoken = asyncio.Event()
        self.core = self

    def send(self, *pieces: bytes) -> None:
        self.sent += pieces

    async def flush(self) -> None:
        self.flushed += 1
        self.spoken.set()


async def test_nothing_is_said_of_a_quick_command_and_a_slow_one_speaks_every_ten_seconds() -> None:
    heard = Heard()
    now = [100.0]
    progress = Progress(cast(Any, heard), b'A"1', now=lambda: now[0])
    for moment in (100.0, 109.9, 110.0, 111.0, 119.9, 120.0):
        now[0] = moment
        await progress(int(moment), 500)
    await progress(121, 500)
    assert heard.sent == [
        b'* OK [INPROGRESS ("A\\"1" 110 500)] Still at it\r\n',
        b'* OK [INPROGRESS ("A\\"1" 120 500)] Still at it\r\n',
    ]
    assert heard.flushed == 2


async def test_an_unknown_total_is_nil() -> None:
    heard = Heard()
    progress = Progress(cast(Any, heard), b"a", interval=0.0, now=lambda: 1.0)
    await progress(7, 0)
    assert heard.sent == [b'* OK [INPROGRESS ("a" 7 NIL)] Still at it\r\n']


async def test_a_change_of_many_messages_speaks_until_it_is_made() -> None:
    heard = Heard()
    progress = Progress(cast(Any, heard), b"a", interval=0.001)

    async def work() -> str:
        for _ in range(3):
            await heard.spoken.wait()
            heard.spoken.clear()
        return "made"

    assert await asyncio.wait_for(progress.during(1000, work()), 30) == "made"
    assert set(heard.sent) == {b'* OK [INPROGRESS ("a" NIL NIL)] Still at it\r\n'}
    told = len(heard.sent)
    await asyncio.sleep(0.02)
    assert len(heard.sent) == told, "nothing is said once it is through"


async def test_what_goes_wrong_comes_as_it_is_and_a_small_change_says_nothing() -> None:
    heard = Heard()
    progress = Progress(cast(Any, heard), b"a", interval=0.0)

    async def work() -> None:
        await asyncio.sleep(0.001)
        raise NotFound("gone")

    for messages in (1, 1000):
        heard.sent.clear()
        with pytest.raises(NotFound):
            await progress.during(messages, work())
        assert bool(heard.sent) == (messages == 1000)


async def test_who_has_gone_does_not_end_the_change() -> None:
    class Gone(Heard):
        async def flush(self) -> None:
            await super().flush()
            raise ConnectionLost

    heard = Gone()

    async def work() -> str:
        await heard.spoken.wait()
        await asyncio.sleep(0.01)
        return "made"

    progress = Progress(cast(Any, heard), b"a", interval=0.0)
    assert await asyncio.wait_for(progress.during(5000, work()), 30) == "made"
    assert heard.flushed == 1


def test_ten_seconds() -> None:
    assert INTERVAL == 10.0
