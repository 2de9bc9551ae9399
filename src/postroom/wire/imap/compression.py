"""Compression: raw DEFLATE between the connection and the core, both ways. RFC 4978 §3, RFC 1951.

What came compressed is kept compressed and inflated a piece at a time, so that a stream that grows a thousandfold costs the
memory of one piece; the core's own bounds hold for what comes out. Input is cut behind each sync marker: a client that leaves
compression (RFC 8437 §4.1) does so behind one, and what follows is then still as it was sent (`leave`).

    receive_data(octets)   take_inflated(limit) -> octets, until `pending` is false     deflated(octets) -> octets
"""

from __future__ import annotations

import zlib

_MARKER = b"\x00\x00\xff\xff"
# 8 KiB of window and 32 KiB of tables: a mailbox listing shrinks to a fifth as with the full 32 KiB, at a quarter of the memory
# that each idle connection keeps (zlib.h: (1 << (windowBits + 2)) + (1 << (memLevel + 9)) octets).
_WINDOW_BITS = -13
_MEM_LEVEL = 6
_LEVEL = 2


class NotDeflate(ValueError):
    """The peer's octets are no DEFLATE stream, or the stream has ended; nothing after this point can be read."""


class Compression:
    """See the module; one for the life of a compressed connection."""

    __slots__ = ("_deflate", "_full", "_inflate", "_input", "_part")

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEM_LEVEL)
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._input = bytearray()
        self._part = b""
        self._full = False

    def receive_data(self, data: bytes) -> None:
        """Keep octets of the peer, as they came."""
        self._input += data

    @property
    def pending(self) -> bool:
        """Whether `take_inflated` may give something without more octets of the peer."""
        return bool(self._full or self._part or self._input)

    def take_inflated(self, limit: int) -> bytes:
        """At most `limit` octets of what the peer means, perhaps none yet. Raises NotDeflate."""
        if not self._part and not self._full:
            marker = self._input.find(_MARKER)
            end = len(self._input) if marker < 0 else marker + len(_MARKER)
            self._part = bytes(self._input[:end])
            del self._input[:end]
        try:
            inflated = self._inflate.decompress(self._part, limit)
        except zlib.error as error:
            raise NotDeflate(str(error)) from error
        # With no room left zlib may hold back what it has read already.
        self._full = len(inflated) == limit
        if self._inflate.eof:
            # The client closed its stream: legal only where it leaves compression, and what follows is not compressed.
            self._input[:0] = self._inflate.unused_data
            self._part = b""
            self._full = False
            if not inflated:
                raise NotDeflate("the stream has ended")
            return inflated
        self._part = self._inflate.unconsumed_tail
        return inflated

    def deflated(self, data: bytes) -> bytes:
        """What to send for these octets, flushed: the peer can read all of them."""
        return self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def leave(self) -> bytes:
        """What came behind the last part, not compressed; this object is of no more use."""
        return bytes(self._input)
