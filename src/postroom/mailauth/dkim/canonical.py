"""The forms in which header and body are hashed: simple and relaxed (RFC 6376 §3.4), the body while it streams.

Only CRLF ends a line; a bare CR or LF is text, as RFC 6376 §5.3 leaves it to whoever lets such mail in.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable

_ENDS = re.compile(rb"(?:\n\r)*+")
_BLOCK = b"\r\n" * 4096


class Canonicalisation(enum.Enum):
    SIMPLE = "simple"
    RELAXED = "relaxed"


def header_field(raw: bytes, how: Canonicalisation) -> bytes:
    """One field with its line end, as RFC 6376 §3.4.1 and RFC 6376 §3.4.2 want it."""
    if how is Canonicalisation.SIMPLE:
        return raw
    name, _, value = raw.partition(b":")
    value = _single_spaces(value.replace(b"\r\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value + b"\r\n"


def without_signature(raw: bytes) -> bytes:
    """A signature field with the value of its b= removed and no line end (RFC 6376 §3.5, RFC 6376 §3.7)."""
    name, colon, value = raw.removesuffix(b"\r\n").partition(b":")
    parts = value.split(b";")
    for number, part in enumerate(parts):
        tag, equals, _ = part.partition(b"=")
        if equals and tag.strip(b" \t\r\n") == b"b":
            parts[number] = tag + equals
    return name + colon + b";".join(parts)


class BodyDigest:
    """SHA-256 of a body in one form, taken chunk by chunk; nothing is held but spaces and line ends that may yet be dropped.

    `lengths` are the l= for which the digest of a beginning is wanted too. `write` as it comes, then `finish`, then `of`.
    """

    def __init__(self, how: Canonicalisation, lengths: Iterable[int] = ()) -> None:
        self._relaxed = how is Canonicalisation.RELAXED
        self._hash = hashlib.sha256()
        self._empty_lines = 0  # line ends seen since the last octet that was hashed
        self._tail = b""
        self._wanted = sorted(set(lengths), reverse=True)
        self._beginnings: dict[int, bytes] = {}
        self.length = 0
        """Octets hashed: the most that an l= can cover."""

    def write(self, chunk: bytes) -> None:
        data = self._tail + chunk if self._tail else chunk
        end = len(data) - data.endswith(b"\r")
        if self._relaxed:
            end = len(data[:end].rstrip(b" \t")) if data[:end].endswith((b" ", b"\t")) else end
            blank, cut = len(data) - end - data.endswith(b"\r"), data.endswith(b"\r")
            self._tail = (b" " if blank else b"") + (b"\r" if cut else b"")
            self._take(_relaxed(data[:end]))
        else:
            self._tail = data[end:]
            self._take(data[:end])

    def finish(self) -> None:
        if self._tail:
            self._take(b"" if self._tail == b" " else self._tail)
            self._tail = b""
        # RFC 6376 §3.4.3: an empty body is one line end; RFC 6376 §3.4.4: or nothing at all
        if self.length or not self._relaxed:
            self._update(b"\r\n")
        self._empty_lines = 0

    def of(self, length: int | None) -> bytes | None:
        """The digest of the whole body, or of its first octets; None where it is shorter, or that was not asked for."""
        if length is None or length == self.length:
            return self._hash.digest()
        if length == 0:
            return hashlib.sha256().digest()
        return self._beginnings.get(length)

    def _take(self, data: bytes) -> None:
        ending = data[len(data.rstrip(b"\r\n")) :] if data.endswith(b"\r\n") else b""
        found = _ENDS.match(ending[::-1])
        pairs = found.end() // 2 if found else 0
        content = data[: len(data) - 2 * pairs] if pairs else data
        if content:
            while self._empty_lines:
                count = min(self._empty_lines, len(_BLOCK) // 2)
                self._update(_BLOCK[: 2 * count])
                self._empty_lines -= count
            self._update(content)
        self._empty_lines += pairs

    def _update(self, data: bytes) -> None:
        while self._wanted and self._wanted[-1] <= self.length + len(data):
            wanted = self._wanted.pop()
            if wanted > self.length:
                beginning = self._hash.copy()
                beginning.update(memoryview(data)[: wanted - self.length])
                self._beginnings[wanted] = beginning.digest()
        self._hash.update(data)
        self.length += len(data)


def _relaxed(data: bytes) -> bytes:
    """Runs of white space as one space, none at the end of a line."""
    return _single_spaces(data).replace(b" \r\n", b"\r\n")


def _single_spaces(data: bytes) -> bytes:
    """A pass halves the runs, and is ten times faster than a pattern."""
    data = data.replace(b"\t", b" ")
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data
