"""ReceiveBuffer: bytes that have arrived and are not yet understood.

Bounded by its users, which take or skip before they let it grow; amortised O(n) however the peer splits its bytes:
a search for the line end starts where the last one stopped, and consumed bytes are dropped in one piece.
"""

from __future__ import annotations

_COMPACT_AT = 65536  # bytes already taken before the front is cut off: keeps one copy per 64 KiB, not per line


class ReceiveBuffer:
    """A byte queue with line and length access."""

    __slots__ = ("_data", "_searched", "_start")

    def __init__(self) -> None:
        self._data = bytearray()
        self._start = 0
        self._searched = 0

    def __len__(self) -> int:
        return len(self._data) - self._start

    def append(self, data: bytes) -> None:
        """Add what arrived."""
        self._data += data

    def clear(self) -> int:
        """Forget everything (STARTTLS: what came in clear is never run); return how many bytes that were."""
        count = len(self)
        self._data.clear()
        self._start = self._searched = 0
        return count

    def peek(self, count: int) -> bytes:
        """The first `count` bytes, or as many as there are, without taking them."""
        return bytes(self._data[self._start : self._start + count])

    def find(self, needle: bytes, start: int = 0) -> int:
        """Offset of `needle` from the front at or after `start`, or -1; does not move the line search."""
        at = self._data.find(needle, self._start + start)
        return -1 if at < 0 else at - self._start

    def take(self, count: int) -> bytes:
        """Remove and return the first `count` bytes, or as many as there are."""
        end = min(self._start + count, len(self._data))
        if self._start == 0 and end == len(self._data):
            taken = bytes(self._data)
        else:
            with memoryview(self._data) as view:  # a slice of the bytearray itself would be a second copy
                taken = bytes(view[self._start : end])
        self._advance(end)
        return taken

    def skip(self, count: int) -> int:
        """Remove up to `count` bytes without copying them; return how many."""
        end = min(self._start + count, len(self._data))
        skipped = end - self._start
        self._advance(end)
        return skipped

    def take_line(self) -> bytes | None:
        """Remove and return the first line with its LF, or None when there is no LF yet."""
        at = self._data.find(b"\n", max(self._searched, self._start))
        if at < 0:
            self._searched = len(self._data)
            return None
        line = bytes(self._data[self._start : at + 1])
        self._advance(at + 1)
        return line

    def _advance(self, end: int) -> None:
        self._start = end
        self._searched = end
        if end == len(self._data):
            self._data.clear()
            self._start = self._searched = 0
        elif end >= _COMPACT_AT:
            del self._data[:end]
            self._start = self._searched = 0
