"""What TOP sends of a message: the header, the empty line, and so many lines of the body (RFC 1939 §7), cut while it streams."""

from __future__ import annotations

import re

_HEADER_END = re.compile(rb"\n\r?\n")
_CARRY = 2  # octets of the piece before that may be the start of the header's end


class TopCutter:
    """Takes the pieces of a message in order and gives what belongs to TOP."""

    __slots__ = ("_before", "_in_header", "_left", "complete")

    def __init__(self, lines: int) -> None:
        self._left = lines
        self._in_header = True
        self._before = b"\n"
        self.complete = False
        """Nothing more of the message is wanted."""

    def cut(self, piece: bytes) -> bytes:
        """As much of this piece as is wanted."""
        body = 0
        if self._in_header:
            seen = self._before + piece
            end = _HEADER_END.search(seen)
            if end is None:
                self._before = seen[-_CARRY:]
                return piece
            self._in_header = False
            body = end.end() - len(self._before)
        return piece[: self._end_of_lines(piece, body)]

    def _end_of_lines(self, piece: bytes, at: int) -> int:
        lines = piece.count(b"\n", at)
        if lines < self._left:
            self._left -= lines
            return len(piece)
        for _ in range(self._left):
            at = piece.index(b"\n", at) + 1
        self._left = 0
        self.complete = True
        return at
