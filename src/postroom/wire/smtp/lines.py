"""Command lines out of a buffer: bounded, ended by CRLF alone.

A line that is too long or ends with a bare LF is refused at once and then skipped up to the next CRLF, so that nothing
hidden in it is ever run as a command of its own. RFC 5321 §2.3.8, §4.5.3.1.4.
"""

from __future__ import annotations

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.violations import Mistake, Violation, violation

LINE_LIMIT = 2048  # RFC 5321 §4.5.3.1.4 asks for 512; extensions add to it, and real clients stay below this
AUTH_LINE_LIMIT = 12288 + 64  # RFC 4954 §4: 12,288 octets of base64, and the words before them

_TOO_LONG = Reply.of(500, "5.5.2", "Line too long")
_AUTH_TOO_LONG = Reply.of(500, "5.5.6", "Authentication exchange line is too long")
_BARE_LF = Reply.of(500, "5.5.2", "A line ends with CRLF")


class LineReader:
    """Takes one line after another."""

    __slots__ = ("_skipping",)

    def __init__(self) -> None:
        self._skipping = False

    def read(self, buffer: ReceiveBuffer, *, in_auth: bool) -> bytes | Violation | None:
        """A line without its CRLF, what is wrong with it, or None until more has come."""
        if self._skipping and not self._skip(buffer):
            return None
        limit = LINE_LIMIT
        waiting = len(buffer)
        if waiting > LINE_LIMIT and (in_auth or buffer.peek(5).upper() == b"AUTH "):
            limit = AUTH_LINE_LIMIT
        line = buffer.take_line()
        if line is None:
            if waiting <= limit:
                return None
            self._skipping = True
        elif line.endswith(b"\r\n"):
            if len(line) <= limit:
                return line[:-2]
        else:
            self._skipping = True
            if len(line) <= limit:
                return violation(Mistake.BARE_LF, _BARE_LF, line)
        return violation(Mistake.LINE_TOO_LONG, _TOO_LONG if limit == LINE_LIMIT else _AUTH_TOO_LONG)

    def _skip(self, buffer: ReceiveBuffer) -> bool:
        at = buffer.find(b"\r\n")
        if at < 0:
            buffer.skip(max(0, len(buffer) - 1))  # the last octet may be the CR
            return False
        buffer.skip(at + 2)
        self._skipping = False
        return True
