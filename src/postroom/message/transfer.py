"""TransferDecoder: a transfer encoding taken off piece by piece, in memory of the piece's size (RFC 2045 §6.7, RFC 2045 §6.8).

However the octets are cut, the result is that of `text.decode_body` on all of them: what is not base64 is left out, padding in the middle starts a new run;
what is not quoted-printable is passed.
"""

from __future__ import annotations

import binascii
import re

from postroom.message.entities import Encoding
from postroom.message.fields.words import BASE64_NOISE

# As many whole tokens as there are; what is left may go on in the next piece.
_QUOTED = re.compile(rb"(?:[^=]++|==|=[0-9A-Fa-f]{2}|=\r?\n|=(?=[^\r\n=][\x00-\xff]))*+")


class TransferDecoder:
    """Feed pieces to `decode`, then call `rest` once."""

    __slots__ = ("_encoding", "_held", "_skipping")

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._held = b""
        self._skipping = False

    def decode(self, data: bytes | memoryview) -> bytes:
        """What is certain of this piece."""
        if self._encoding is Encoding.BASE64:
            return self._base64(bytes(data))
        if self._encoding is Encoding.QUOTED_PRINTABLE:
            return self._quoted(bytes(data))
        return bytes(data)

    def rest(self) -> bytes:
        """The end: what was held back."""
        held, self._held = self._held, b""
        if self._encoding is Encoding.BASE64:
            return _group(held)
        return binascii.a2b_qp(held)

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
