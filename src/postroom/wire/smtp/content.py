"""Message content on its way in: dots removed, ends found, line ends watched.

`DotReader` is for DATA, `CountedReader` for BDAT; both share `LineWatch`, which only counts. Nothing here looks at
single lines: the only search is for CRLF-dot. Only CRLF.CRLF ends DATA. RFC 5321 §4.5.2, RFC 3030 §2.
"""

from __future__ import annotations

from postroom.wire.buffer import ReceiveBuffer

_BLOCK = 24576  # octets looked at at once: larger copies cost page faults, and it bounds what an early end re-reads


class LineWatch:
    """Notices bare CR, bare LF, NUL and 8-bit over pieces of one content, however it was split."""

    __slots__ = ("_after_cr", "bare_cr", "bare_lf", "eight_bit", "nul", "size")

    def __init__(self) -> None:
        self.size = 0
        self.bare_cr = self.bare_lf = self.nul = self.eight_bit = False
        self._after_cr = False

    def see(self, piece: bytes) -> None:
        """Count the next piece."""
        if not piece:
            return
        self.size += len(piece)
        if not self.eight_bit:
            self.eight_bit = not piece.isascii()
        if not self.nul:
            self.nul = b"\0" in piece
        if self.bare_cr and self.bare_lf:
            return
        # Three plain passes tell what one pass of a pattern would, at five times its speed: every line end of any kind
        # counts once in `line_ends`, so it equals the number of CRs when no LF is bare, and the LFs when no CR is.
        first, last = piece[0], piece[-1]
        line_ends = len(piece.splitlines()) - (last not in b"\r\n")
        carriage_returns = piece.count(b"\r")
        line_feeds = piece.count(b"\n")
        if self._after_cr:
            if first == 0x0A:
                line_ends -= 1
                line_feeds -= 1
            else:
                self.bare_cr = True
        self._after_cr = last == 0x0D
        if line_ends > carriage_returns:
            self.bare_lf = True
        if line_ends - self._after_cr > line_feeds:
            self.bare_cr = True

    def end(self) -> None:
        """No piece follows: a CR still waiting for its LF is bare."""
        if self._after_cr:
            self.bare_cr = True


class DotReader:
    """Takes DATA content out of a buffer, up to and with its end.

    The content is read as if a CRLF stood before it, so that a dot on the first line is like any other.
    """

    __slots__ = ("_carry", "_lead", "ended", "watch")

    def __init__(self) -> None:
        self._carry = b"\r\n"
        self._lead = 2
        self.ended = False
        self.watch = LineWatch()

    def read(self, buffer: ReceiveBuffer) -> bytes:
        """What of the content is certain now (perhaps nothing); sets `ended`, and then leaves what follows in `buffer`.

        At most four bytes, a possible start of CRLF.CRLF, are held back.
        """
        waiting = min(len(buffer), _BLOCK)
        if not waiting:
            return b""
        text = self._carry + buffer.peek(waiting)
        parts: list[bytes] = []
        start = 0
        at = text.find(b"\r\n.")
        while at >= 0:
            after = text[at + 3 : at + 5]
            if after == b"\r\n" or after in (b"", b"\r"):
                break
            parts.append(text[start : at + 2])
            start = at + 3
            at = text.find(b"\r\n.", start)
        if at >= 0 and text[at + 3 : at + 5] == b"\r\n":
            self.ended = True
            parts.append(text[start : at + 2])
            buffer.skip(at + 5 - len(self._carry))
        else:
            keep = at if at >= 0 else len(text) - _unfinished(text)
            parts.append(text[start:keep])
            self._carry = text[keep:]
            buffer.skip(waiting)
        return self._deliver(parts[0] if len(parts) == 1 else b"".join(parts))

    def _deliver(self, piece: bytes) -> bytes:
        if self._lead and piece:
            piece = piece[self._lead :]
            self._lead = 0
        self.watch.see(piece)
        if self.ended:
            self.watch.end()
        return piece


def _unfinished(text: bytes) -> int:
    """How many bytes at the end of `text` may be the start of CRLF-dot."""
    if text.endswith(b"\r\n"):
        return 2
    return 1 if text.endswith(b"\r") else 0


class CountedReader:
    """Takes BDAT chunks out of a buffer: exactly as many octets as were announced."""

    __slots__ = ("remaining", "watch")

    def __init__(self) -> None:
        self.remaining = 0
        self.watch = LineWatch()

    def read(self, buffer: ReceiveBuffer) -> bytes:
        """What of the chunk is there."""
        piece = buffer.take(min(self.remaining, _BLOCK))
        self.remaining -= len(piece)
        self.watch.see(piece)
        return piece
