"""INPROGRESS: said only where a command takes long, and no more often than the interval allows."""

from __future__ import annotations

from typing import Any, cast

from postroom.servers.imap.searching.progress import INTERVAL, Progress


class Heard:
    """A session as far as Progress knows one."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.flushed = 0
        self.core = self

    def send(self, *pieces: bytes) -> None:
        self.sent += pieces

    async def flush(self) -> None:
        self.flushed += 1


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


def test_ten_seconds() -> None:
    assert INTERVAL == 10.0
