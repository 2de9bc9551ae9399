"""Messages in multi-line responses: dots put in front and taken off, in chunks of any size.

    multi-line = *([ "." ] line CRLF) "." CRLF        ; RFC 1939 §3

The bytes of a message go out as they are. A dot after any LF is doubled, also after one without its CR, so that no
client can be made to see an early end. A message that does not end with CRLF gets one, or its last LF becomes one.
"""

from __future__ import annotations

_END = b".\r\n"
_STUFFED, _PLAIN = b"\r\n..", b"\r\n."
_TERMINATOR = b"\r\n.\r\n"


class ContentWriter:
    """Doubles dots in what passes through."""

    __slots__ = ("_after_cr", "_held", "_line_start")

    def __init__(self) -> None:
        self._line_start = True
        self._after_cr = False
        self._held = False

    def write(self, data: bytes) -> bytes:
        """The next piece of the message, as it goes out."""
        if not data:
            return b""
        if self._held:
            data = b"\n" + data
            self._held = False
        out = data.replace(b"\n.", b"\n..")
        if self._line_start and out.startswith(b"."):
            out = b"." + out
        if data.endswith(b"\n"):
            self._held = not (data.endswith(b"\r\n") or (len(data) == 1 and self._after_cr))
            self._line_start = not self._held
        else:
            self._line_start = False
        self._after_cr = data.endswith(b"\r")
        return out[:-1] if self._held else out

    def end(self) -> bytes:
        """The end of the message and of the response."""
        return _END if self._line_start else _TERMINATOR


class ContentReader:
    """Takes dots off what a server sends; tells the end."""

    __slots__ = ("_ended", "_first", "_tail")

    def __init__(self) -> None:
        self._tail = b"\r\n"
        self._first = True
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the line with the single dot has come."""
        return self._ended

    def read(self, data: bytes) -> tuple[bytes, bytes]:
        """(content, what follows the end): the second is empty until `ended`."""
        if self._ended:
            return b"", data
        waiting = self._tail + data
        end = waiting.find(_TERMINATOR)
        rest = b""
        if end >= 0:
            self._ended = True
            cut = end + 2
            rest = waiting[end + len(_TERMINATOR) :]
        else:
            cut = max(len(waiting) - 4, 0)
            line_end = waiting.rfind(b"\r", max(cut - 3, 0), cut)
            if line_end >= 0:
                cut = line_end
            self._tail = waiting[cut:]
        content = waiting[:cut].replace(_STUFFED, _PLAIN)
        if self._first and content:
            self._first = False
            content = content[2:]
        return content, rest


def end_of_lines(body: bytes, count: int) -> int:
    """Offset after the first `count` lines of a body: what TOP sends of it (RFC 1939 §7)."""
    at = 0
    for _ in range(count):
        found = body.find(b"\n", at)
        if found < 0:
            return len(body)
        at = found + 1
    return at
