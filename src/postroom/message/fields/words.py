"""Encoded words: field bytes to readable text.

    encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="    ; RFC 2047 §2, RFC 2231 §5

Neighbouring words of one charset are joined before they are decoded, because mailers cut inside a character although
RFC 2047 §5 forbids it. Words inside quoted strings or touching other text are decoded too, and spaces inside a word are
let pass: senders do both. Bytes outside words are UTF-8, or the charset the caller has seen in the message, or a guess.
Decoded text has no control characters: what decodes to CR LF cannot become a second field.
"""

from __future__ import annotations

import binascii
import re

from postroom.message import limits
from postroom.message.fields import charsets

_WORD = re.compile(rb"=\?([!-)+->@-~]{1,60})(?:\*[!->@-~]{0,60})?\?([BbQq])\?([^?\r\n]*)\?=")
_CONTROLS = dict.fromkeys((*range(32), 127, *range(128, 160), 8232, 8233), " ")
BASE64_NOISE = bytes(
    byte for byte in range(256) if byte not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)


def clean(text: str) -> str:
    """Text on one line: each control character and line separator becomes a space."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def decode(value: bytes, fallback: str | None = None, most: int = limits.ENCODED_TEXT) -> str:
    """The readable text of an unfolded value; `fallback` is the charset for raw 8-bit bytes that are not UTF-8."""
    if len(value) > most:
        value = value[:most]
    if b"=?" not in value:
        return clean(_plain(value, fallback))
    return clean("".join(_pieces(value, fallback)))


def _plain(raw: bytes, fallback: str | None) -> str:
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return charsets.decode(raw, fallback)


def _pieces(value: bytes, fallback: str | None) -> list[str]:
    pieces: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    at = 0
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        charset = word[1].decode("ascii").lower()
        follows = at > 0 and not between.strip(b" \t")
        if pending and not (follows and charset == pending_charset):
            pieces.append(charsets.decode(b"".join(pending), pending_charset))
            pending = []
        if not follows and between:
            pieces.append(_plain(between, fallback))
        pending.append(decode_text(word[3], word[2]))
        pending_charset = charset
        at = word.end()
    if pending:
        pieces.append(charsets.decode(b"".join(pending), pending_charset))
    pieces.append(_plain(value[at:], fallback))
    return pieces


def decode_text(encoded: bytes, encoding: bytes) -> bytes:
    """The bytes of an encoded-text, "B" or "Q" (RFC 2047 §4); what is not base64 in it is left out."""
    if encoding in b"Qq":
        return binascii.a2b_qp(encoded, header=True)
    return decode_base64(encoded)


def decode_base64(encoded: bytes) -> bytes:
    """Base64 with anything between, before or after its alphabet; a broken last group gives what it can.

    Padding in the middle (parts encoded one by one and joined) starts a new run.
    """
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error:
        pass
    return b"".join([_decode_run(run) for run in encoded.split(b"=")])


def _decode_run(run: bytes) -> bytes:
    letters = run.translate(None, BASE64_NOISE)
    rest = len(letters) % 4
    if rest == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"==="[: -len(letters) % 4])
