"""TransferDecoder: a transfer encoding taken off piece by piece, in memory of the piece's size (RFC 2045 §6.7, RFC 2045 §6.8).

However the octets are cut, the result is that of `text.decode_body` on all of them: what is not base64 is left out, padding in the middle starts a new run;
what is not quoted-printable is passed.
"""

from __future__ import annotations

import binascii
import re

from postroom.message.entities import Encoding
from postroom.message.fields.words import BASE64_NOISE

# Blanks at a line's end were put there on the way and are no content (RFC 2045 §6.7, rule 3). A line has at most 998 octets (RFC 5322 §2.1.1), so that a longer
# run of them is not such a thing, and a decoder need not hold more back.
_MOST_BLANKS = 998
_BLANKS = re.compile(rb"(?<![ \t])[ \t]{1,%d}+(?=\r?\n)" % _MOST_BLANKS)
_BLANKS_AT_END = re.compile(rb"(?<![ \t])[ \t]{1,%d}+\Z" % _MOST_BLANKS)
# As many whole tokens as there are; what is left may go on in the next piece.
_QUOTED = re.compile(rb"(?:[^=]++|==|=[0-9A-Fa-f]{2}|=\r?\n|=(?=[^\r\n=][\x00-\xff]))*+")


def decode_quoted(raw: bytes) -> bytes:
    """Quoted-printable taken off (RFC 2045 §6.7); what is none is passed."""
    return binascii.a2b_qp(_BLANKS_AT_END.sub(b"", _BLANKS.sub(b"", raw)))


class _LineEnds:
    """The same blanks left out piece by piece; what may be followed by a line end in the next piece is held back."""

    __slots__ = ("_held", "_in_long_run")

    def __init__(self) -> None:
        self._held = b""
        self._in_long_run = False

    def cleaned(self, data: bytes) -> bytes:
        data = self._held + data
        kept = b""
        if self._in_long_run:
            rest = data.lstrip(b" \t")
            kept, data = data[: len(data) - len(rest)], rest
            self._in_long_run = not rest
        end = len(data) - data.endswith(b"\r")
        start = len(data[:end].rstrip(b" \t"))
        if start == end or end - start > _MOST_BLANKS:
            self._in_long_run = self._in_long_run or start < end == len(data)
            start = len(data)
        self._held = data[start:]
        return kept + _BLANKS.sub(b"", data[:start])

    def rest(self) -> bytes:
        """The end: blanks alone are at a line's end too."""
        held, self._held = self._held, b""
        return held if held.endswith(b"\r") else b""


class TransferDecoder:
    """Feed pieces to `decode`, then call `rest` once."""

    __slots__ = ("_encoding", "_held", "_line_ends", "_skipping")

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._held = b""
        self._skipping = False
        self._line_ends = _LineEnds()

    def decode(self, data: bytes | memoryview) -> bytes:
        """What is certain of this piece."""
        if self._encoding is Encoding.BASE64:
            return self._base64(bytes(data))
        if self._encoding is Encoding.QUOTED_PRINTABLE:
            return self._quoted(self._line_ends.cleaned(bytes(data)))
        return bytes(data)

    def rest(self) -> bytes:
        """The end: what was held back."""
        last = self._quoted(self._line_ends.rest()) if self._encoding is Encoding.QUOTED_PRINTABLE else b""
        held, self._held = self._held, b""
        return _group(held) if self._encoding is Encoding.BASE64 else last + binascii.a2b_qp(held)

    def _base64(self, data: bytes) -> bytes:
        decoded: list[bytes] = []
        *runs, last = data.split(b"=")
        for run in runs:
            decoded += (self._letters(run), _group(self._held))
            self._held = b""
        decoded.append(self._letters(last))
        return b"".join(decoded)

    def _letters(self, run: bytes) -> bytes:
        letters = self._held + run.translate(None, BASE64_NOISE)
        whole = len(letters) - len(letters) % 4
        self._held = letters[whole:]
        return binascii.a2b_base64(letters[:whole])

    def _quoted(self, data: bytes) -> bytes:
        data = self._held + data
        self._held = b""
        decoded: list[bytes] = []
        while data:
            if self._skipping:
                end = data.find(b"\n")
                if end < 0:
                    break
                self._skipping, data = False, data[end + 1 :]
            found = _QUOTED.match(data)
            assert found is not None
            decoded.append(binascii.a2b_qp(found[0]))
            data = data[found.end() :]
            if data[:2] == b"=\r" and len(data) > 2:
                self._skipping = True  # a soft line break goes on to the line's end, whatever stands there
            else:
                self._held = data
                break
        return b"".join(decoded)


def _group(letters: bytes) -> bytes:
    """The last letters of a run, two or three of four; one alone says nothing."""
    return binascii.a2b_base64(letters + b"=" * (4 - len(letters))) if len(letters) > 1 else b""
