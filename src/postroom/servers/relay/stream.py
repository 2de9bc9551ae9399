"""Stream: bytes to and from another server, each wait with its deadline, what was received and not read bounded."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, cast

from postroom.servers.connection import expire

_HIGH_WATER = 64 * 1024  # octets received and not yet taken: replies are small
_WRITE_HIGH_WATER = 256 * 1024


class StreamLost(Exception):
    """The other side is gone, or the deadline has passed; the text says which."""


class Stream(asyncio.Protocol):
    """One connection that we opened."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._reading_paused = False
        self._writing_paused = False
        self._reason = "the connection was closed"

    # what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _HIGH_WATER and not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._writing_paused = False
        if exc is not None:
            self._reason = f"the connection broke: {exc}"
        self._wake()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._wake()

    # what the conversation calls

    async def read(self, seconds: float) -> bytes:
        """What has come, at least one octet; b"" at the end. Raises StreamLost at the deadline."""
        while not self._received and not self._ended:
            await self._wait(seconds)
        data = bytes(self._received)
        self._received.clear()
        if self._reading_paused and self._transport is not None and not self._ended:
            self._reading_paused = False
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self, seconds: float) -> None:
        """Until most of what was written has been taken, or the other side says something. Raises StreamLost."""
        while self._writing_paused and not self._received and not self._ended:
            await self._wait(seconds)
        if self._ended and not self._received:
            raise StreamLost(self._reason)

    async def start_tls(self, context: ssl.SSLContext, name: str | None, seconds: float) -> None:
        """Raises OSError, ssl.SSLError, TimeoutError: the connection is of no use then."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            new = await loop.start_tls(
                self._transport, self, context, server_hostname=name, ssl_handshake_timeout=seconds
            )
        if new is None:
            raise ConnectionResetError("the connection was closed")
        self._transport = new
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)

    @property
    def is_open(self) -> bool:
        """Nothing has been said and nobody has hung up."""
        return (
            not self._ended and not self._received and self._transport is not None and not self._transport.is_closing()
        )

    @property
    def tls_object(self) -> Any:
        return self._transport.get_extra_info("ssl_object") if self._transport is not None else None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, expire, self._waiter)
        try:
            await self._waiter
        except TimeoutError:
            raise StreamLost("no answer in time") from None
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
