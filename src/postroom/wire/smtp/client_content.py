"""Content on its way out by DATA: dots added, line ends made CRLF, the end marked.

A stored message may hold bare CRs or LFs (it came by another door); sent as they are they would be another server's
smuggled message, so they become CRLF. RFC 5321 §2.3.8, §4.5.2.
"""

from __future__ import annotations

import re

_ANY_END = re.compile(rb"\r\n|\r|\n")


class DotWriter:
    """Encodes one content, piece by piece."""

    __slots__ = ("_after_cr", "_at_line_start")

    def __init__(self) -> None:
        self._at_line_start = True
        self._after_cr = False

    def write(self, piece: bytes) -> bytes:
        """The octets to send for the next piece; a CR at its end waits for what follows."""
        if self._after_cr:
            piece = b"\r" + piece
            self._after_cr = False
        if piece.endswith(b"\r"):
            piece = piece[:-1]
            self._after_cr = True
        if not piece:
            return b""
        ends = piece.count(b"\r\n")
        if piece.count(b"\n") != ends or piece.count(b"\r") != ends:
            piece = _ANY_END.sub(b"\r\n", piece)
        encoded = piece.replace(b"\r\n.", b"\r\n..")
        if self._at_line_start and encoded.startswith(b"."):
            encoded = b"." + encoded
        self._at_line_start = encoded.endswith(b"\r\n")
        return encoded

    def end(self) -> bytes:
        """What ends the content; a last line without CRLF gets one."""
        tail = b"\r\n" if self._after_cr or not self._at_line_start else b""
        return tail + b".\r\n"
