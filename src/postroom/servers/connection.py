"""Connection: bytes between one socket and its session, with deadlines, back-pressure and STARTTLS.

A session reads with `read(seconds)`, which gives what has arrived (b"" at the end of the stream), and writes with `write` and `drain`; a peer that does not
read what it asked for is dropped when the write deadline passes. The loop stops reading from the socket while the session has not taken what came.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from postroom.model.session import IpAddress, Peer

_HIGH_WATER = 256 * 1024  # octets received and not yet taken; then the kernel's buffer holds the peer back
_WRITE_HIGH_WATER = 256 * 1024  # octets waiting to be sent before drain() waits
_WRITE_DEADLINE = 120.0  # seconds for a peer to take what waits; a stalled reader costs a buffer until then
_HANDSHAKE_DEADLINE = 10.0  # seconds (THREATS A6)


class ConnectionLost(Exception):
    """The peer is gone, or too slow; the session ends without a word."""


class ServerClosing(Exception):
    """The server is shutting down and this session is between two commands: it says good-bye in its protocol's words."""


class Woken(Exception):
    """Something other than the peer wants the session's attention (`Connection.wake`)."""


class Connection(asyncio.Protocol):
    """One accepted socket; made by the listener, which knows the peer (a PROXY front may have told it)."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._transport: asyncio.Transport | None = None
        self._chunks: list[bytes] = []
        self._waiting_size = 0
        self._reader: asyncio.Future[None] | None = None
        self._drainer: asyncio.Future[None] | None = None
        self._ended = False
        self._write_paused = False
        self._read_paused = False
        self._closing_server = False
        self._woken = False
        self._successor_closing: Callable[[], None] | None = None

    # what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._waiting_size += len(data)
        if self._waiting_size > _HIGH_WATER and not self._read_paused and self._transport is not None:
            self._read_paused = True
            self._transport.pause_reading()
        self._wake_reader()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake_reader()
        return False  # a mail client that closes its side has no use for an answer

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._write_paused = False
        self._wake_reader()
        if self._drainer is not None and not self._drainer.done():
            self._drainer.set_exception(ConnectionLost())
            self._drainer.exception()

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._drainer is not None and not self._drainer.done():
            self._drainer.set_result(None)

    # what the session calls

    async def read(self, seconds: float, *, between_commands: bool = False, wakeable: bool = False) -> bytes:
        """What has arrived, at least one octet; b"" at the end of the stream.

        Raises TimeoutError; ServerClosing where the session says that nothing is in flight and the server wants to end; Woken where it is `wakeable`
        and `wake` was called since it was last told.
        """
        if between_commands and self._closing_server and not self._chunks:
            raise ServerClosing
        if wakeable and self._take_wake():
            raise Woken
        if not self._chunks and not self._ended:
            if not between_commands:
                self._acknowledge_now()
            await self._wait(seconds)
        if not self._chunks:
            if between_commands and self._closing_server and not self._ended:
                raise ServerClosing
            if self._ended:
                return b""
            return await self.read(seconds, between_commands=between_commands, wakeable=wakeable)
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._waiting_size = 0
        if self._read_paused and self._transport is not None and not self._ended:
            self._read_paused = False
            self._transport.resume_reading()
        return data

    async def hears(self, seconds: float) -> bool:
        """Whether the peer sends anything within the time; nothing is taken. What lies in the kernel's buffer is heard of in any case."""
        await asyncio.sleep(0)
        try:
            while not self._chunks:
                if self._ended or self._closing_server:
                    return False
                await self._wait(seconds)
        except TimeoutError:
            return False
        return True

    async def _wait(self, seconds: float) -> None:
        """Until something happens that a reader wants to know. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        self._reader = loop.create_future()
        timer = loop.call_later(seconds, expire, self._reader)
        try:
            await self._reader
        finally:
            timer.cancel()
            self._reader = None

    def _acknowledge_now(self) -> None:
        """The rest of a command is on its way: a client that sends it in two pieces waits for the first one's acknowledgement, which would take 40 ms."""
        sock = self._transport.get_extra_info("socket") if self._transport is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):  # the connection may be gone by now
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def hand_over(self, successor: asyncio.Protocol, server_closing: Callable[[], None]) -> None:
        """Another protocol takes the connection, with what has arrived; `server_closing` tells it that the worker wants to end. Raises ConnectionLost."""
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ConnectionLost
        self._successor_closing = server_closing
        transport.set_protocol(successor)
        successor.connection_made(transport)
        data = b"".join(self._chunks)
        self._chunks.clear()
        if self._read_paused:
            self._read_paused = False
            transport.resume_reading()
        if data:
            successor.data_received(data)
        if self._ended:
            successor.eof_received()

    def server_closing(self) -> None:
        """The worker wants to end: wake a session that waits between commands."""
        if self._successor_closing is not None:
            self._successor_closing()
        self._closing_server = True
        self._wake_reader()

    def wake(self) -> None:
        """Make a `wakeable` read, this one or the next, raise Woken."""
        self._woken = True
        self._wake_reader()

    @property
    def has_data(self) -> bool:
        """Whether `read` would return at once."""
        return bool(self._chunks) or self._ended

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send when possible; what a lost peer would have got is dropped."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was written. Raises ConnectionLost."""
        if self.is_lost:
            raise ConnectionLost
        if not self._write_paused:
            return
        loop = asyncio.get_running_loop()
        self._drainer = loop.create_future()
        timer = loop.call_later(_WRITE_DEADLINE, expire, self._drainer)
        try:
            await self._drainer
        except TimeoutError:
            self.abort()
            raise ConnectionLost from None
        finally:
            timer.cancel()
            self._drainer = None

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Become TLS; whatever came in clear and was not taken is dropped, never run. Raises ConnectionLost."""
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ConnectionLost
        self._chunks.clear()
        self._waiting_size = 0
        self._read_paused = False
        loop = asyncio.get_running_loop()
        try:
            new = await loop.start_tls(
                transport, self, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_DEADLINE
            )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            self.abort()
            raise ConnectionLost from error
        if new is None:
            raise ConnectionLost
        self._transport = new
        self._transport.set_write_buffer_limits(high=_WRITE_HIGH_WATER)

    def hold_reading(self) -> None:
        """Read nothing from the socket until start_tls or release_reading: before STARTTLS is answered, so that no octet of the
        handshake is taken for a command."""
        if self._transport is not None and not self._read_paused and not self._transport.is_closing():
            self._transport.pause_reading()
            self._read_paused = True

    def release_reading(self) -> None:
        if self._transport is not None and self._read_paused and not self._transport.is_closing():
            self._read_paused = False
            self._transport.resume_reading()

    @property
    def tls_version(self) -> str:
        """Such as "TLSv1.3"; empty on a clear connection."""
        found = self._tls_object()
        return (found.version() or "") if found is not None else ""

    @property
    def tls_cipher(self) -> str:
        found = self._tls_object()
        cipher = found.cipher() if found is not None else None
        return cipher[0] if cipher else ""

    def _tls_object(self) -> Any:
        return self._transport.get_extra_info("ssl_object") if self._transport is not None else None

    @property
    def is_lost(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """Send what waits, then close."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take_wake(self) -> bool:
        woken, self._woken = self._woken, False
        return woken

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def expire(future: asyncio.Future[None]) -> None:
    """What a deadline's timer calls."""
    if not future.done():
        future.set_exception(TimeoutError())


@lru_cache(1024)  # senders come in bursts, and our own address is always the same
def address_of(text: str) -> IpAddress:
    """An address as sockets give it: without scope, IPv4-mapped as IPv4."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address
