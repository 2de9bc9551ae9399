"""LineEndRepair: CR or LF alone becomes CRLF, over any split of the octets.

For what the server's own users submit (RFC 6409 §8): scripts and command-line tools that send a Unix file as it is. Mail from strangers is refused instead,
since a relay that repairs line ends lets a second message be smuggled in (RFC 5321 §2.3.8).
"""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


class LineEndRepair:
    """Feed pieces to `repair`, then call `rest` once."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def repair(self, data: bytes) -> bytes:
        """What is certain of this piece: a CR at its end waits for the next one."""
        data = self._held + data
        self._held = b""
        if data.endswith(b"\r"):
            data, self._held = data[:-1], b"\r"
        pairs = data.count(b"\r\n")
        if pairs == data.count(b"\n") == data.count(b"\r"):
            return data
        return _LINE_END.sub(b"\r\n", data)

    def rest(self) -> bytes:
        """The end: a CR that was held back."""
        held, self._held = self._held, b""
        return b"\r\n" if held else b""
