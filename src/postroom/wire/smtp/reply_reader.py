"""Replies of another server, bounded: one line at a time, however long the server goes on.

What breaks the form is a `BadReply`, after which the connection can't be trusted any more. RFC 5321 §4.2, RFC 2034.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.smtp.replies import Reply

_LINE_LIMIT = 2048  # RFC 5321 §4.5.3.1.5 says 512; servers write longer ones, with URLs in them
_LINES_LIMIT = 100  # the longest EHLO answers have about 30

# Reply-line = Reply-code ( "-" / SP ) textstring CRLF, where the last line may be the code alone
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |\Z)")


@dataclass(frozen=True, slots=True)
class BadReply:
    """The server does not speak SMTP; close. `reason` is ours, nothing of the server's text is in it."""

    reason: str


class ReplyReader:
    """Takes one reply after another."""

    __slots__ = ("_code", "_lines")

    def __init__(self) -> None:
        self._code = 0
        self._lines: list[str] = []

    @property
    def in_reply(self) -> bool:
        """The lines so far want another one."""
        return bool(self._lines)

    def read(self, buffer: ReceiveBuffer) -> Reply | BadReply | None:
        """The next reply, or None until more has come."""
        while True:
            waiting = len(buffer)
            line = buffer.take_line()
            if line is None:
                return BadReply("reply line too long") if waiting > _LINE_LIMIT else None
            if len(line) > _LINE_LIMIT:
                return BadReply("reply line too long")
            found = _LINE.match(line[:-2]) if line.endswith(b"\r\n") else None
            if found is None or b"\r" in found[0] or b"\0" in found[0]:
                return BadReply("malformed reply line")
            code = int(found[1])
            if self._lines and code != self._code:
                return BadReply("reply code changed between lines")
            if len(self._lines) == _LINES_LIMIT:
                return BadReply("reply has too many lines")
            self._code = code
            self._lines.append(_visible(found[3] or b""))
            if found[2] != b"-":
                return self._whole()

    def _whole(self) -> Reply:
        lines, self._lines = self._lines, []
        enhanced = ""
        first = _ENHANCED.match(lines[0])
        if first is not None and int(first[1][0]) == self._code // 100:
            enhanced = first[1]
            lines = [line.removeprefix(enhanced).lstrip(" ") for line in lines]
        return Reply(self._code, enhanced, tuple(lines))


def _visible(text: bytes) -> str:
    """The text of a line, fit for a log and a bounce."""
    line = text.decode("utf-8", "replace")
    return line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)
