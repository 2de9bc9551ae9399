"""Cut the byte stream into lines and literal headers, before anything is parsed.

A command is lines with literals between them. `Fragments` knows only where a line ends and whether it announces a
literal; whether that literal is wanted is decided by the core, before one byte of it has been kept.

    literal  = "{" number ["+"] "}" CRLF *CHAR8     ; RFC 3501 §9, RFC 7888 §8
    literal8 = "~{" number ["+"] "}" CRLF *OCTET    ; RFC 3516 §7, RFC 9051 §9

A number of more digits than 32 bits have is kept as "too large", not as a number. `{-1}`, `{ 5}`, `{5_0}` are no
literals; the line stays whole and its parser refuses the brace.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.imap.limits import MAX_NUMBER

# 40 digits: enough to recognise an absurd size as a size, so that its sender is cut off and its bytes never run.
_HEADER = re.compile(rb"(~?)\{([0-9]{1,40})(\+?)\}\r?\n\Z")
_HEADER_SPAN = 48


@dataclass(frozen=True, slots=True)
class LiteralHeader:
    """An announced literal; `size` is at most `TOO_LARGE`."""

    size: int
    non_sync: bool
    literal8: bool


TOO_LARGE = MAX_NUMBER + 1
"""The size of every literal whose number does not fit 32 bits."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: with its header and line end when a literal follows, without its line end when not."""

    text: bytes
    literal: LiteralHeader | None


class Cut(enum.Enum):
    """Why there is no line."""

    INCOMPLETE = "incomplete"
    TOO_LONG = "too long"


def literal_header(line: bytes) -> LiteralHeader | None:
    """The header that ends `line` (line end included), if one does."""
    found = _HEADER.search(line, max(0, len(line) - _HEADER_SPAN))
    if found is None:
        return None
    digits = found[2].lstrip(b"0")
    size = min(int(digits or b"0"), TOO_LARGE) if len(digits) <= 10 else TOO_LARGE
    return LiteralHeader(size, bool(found[3]), bool(found[1]))


class Fragments:
    """Lines and literal bytes out of a receive buffer."""

    __slots__ = ("buffer",)

    def __init__(self) -> None:
        self.buffer = ReceiveBuffer()

    def line(self, limit: int) -> Line | Cut:
        """The next line, if it has arrived and is at most `limit` bytes long, line end included."""
        text = self.buffer.take_line()
        if text is None:
            return Cut.TOO_LONG if len(self.buffer) >= limit else Cut.INCOMPLETE
        if len(text) > limit:
            return Cut.TOO_LONG
        if text.endswith((b"}\r\n", b"}\n")):
            header = literal_header(text)
            if header is not None:
                return Line(text, header)
        return Line(text[:-2] if text.endswith(b"\r\n") else text[:-1], None)
