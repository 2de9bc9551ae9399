"""Row 11b: thousands of connections of one account from one address idle, and each is told of a new message."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Iterator
from typing import Any

from bench.measure import Result, pss

_HELD = 5000
_AT_ONCE = 50
_ROUNDS = 5
_PATIENCE = 60.0


class _Idler(asyncio.Protocol):
    """Logs in, selects, idles; `told` is when EXISTS came."""

    def __init__(self, login: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._login = login
        self._pending = b""
        self.ready: asyncio.Future[None] = loop.create_future()
        self.told: asyncio.Future[float] = loop.create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        # all at once: what a command answers need not be seen to send the next
        transport.write(self._login + b"S SELECT INBOX\r\nI IDLE\r\n")

    def data_received(self, data: bytes) -> None:
        if self.ready.done():
            if b" EXISTS\r\n" in data and not self.told.done():
                self.told.set_result(time.perf_counter())
            return
        self._pending += data
        if b"\r\n+ " in self._pending:
            self.ready.set_result(None)
        elif b"L NO" in self._pending or b"* BYE" in self._pending:
            self.ready.set_exception(AssertionError(self._pending[-200:]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(exc or AssertionError(self._pending[-200:]))


def held(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """5,000 IDLE connections of one account from one address, each told of a new message"""
    before = pss(ours.pids())
    medians, latest, after = asyncio.run(_measured(ours))
    memory = (after - before) / _HELD
    yield Result("11b", f"{_HELD} idle: the last is told after", "s", latest, [], 1.0, more_is_better=False)
    yield Result("11b", f"{_HELD} idle: the median is told after", "s", medians, [], 1.0, more_is_better=False)
    yield Result("11b", f"{_HELD} idle: memory of a connection", "KiB PSS", [memory], [], 39.0, more_is_better=False)


async def _measured(ours: Any) -> tuple[list[float], list[float], float]:
    name, password = ours.user(61)
    login = f"L LOGIN {name} {password}\r\n".encode()
    loop = asyncio.get_running_loop()
    idlers: list[_Idler] = []
    while len(idlers) < _HELD:
        some = await asyncio.gather(
            *(loop.create_connection(lambda: _Idler(login), "127.0.0.1", ours.imap_port) for _ in range(_AT_ONCE))
        )
        idlers += [protocol for _, protocol in some]
        await asyncio.wait_for(asyncio.gather(*(protocol.ready for _, protocol in some)), _PATIENCE)
    after = pss(ours.pids())
    medians: list[float] = []
    latest: list[float] = []
    for _ in range(_ROUNDS):
        for idler in idlers:
            idler.told = loop.create_future()
        await asyncio.sleep(1)
        begun = time.perf_counter()
        await _append(ours.imap_port, login)
        told = await asyncio.wait_for(asyncio.gather(*(idler.told for idler in idlers)), _PATIENCE)
        medians.append(statistics.median(told) - begun)
        latest.append(max(told) - begun)
    for idler in idlers:
        assert idler.transport is not None
        idler.transport.close()
    return medians, latest, after


async def _append(port: int, login: bytes) -> None:
    # from another address: the idlers have all the places of theirs
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
    message = b"Subject: news\r\n\r\nnews\r\n"
    writer.write(login + b"A APPEND INBOX {%d+}\r\n%b\r\n" % (len(message), message))
    while not (line := await reader.readline()).startswith(b"A "):
        assert line
    assert line.startswith(b"A OK"), line
    writer.close()
