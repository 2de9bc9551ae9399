"""Modified UTF-7, the encoding of mailbox names: RFC 3501 §5.1.3, on RFC 2152.

Strict: one name has one spelling. Needless encoding (`&AGE-`), an unterminated shift, padding bits and surrogate
halves are refused, because two spellings of one name would be two mailboxes or one that cannot be reached.
"""

from __future__ import annotations

import base64
import binascii
import re

_RUNS = re.compile("[ -~]+|[^ -~]+")
_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*+)-")


class NotModifiedUtf7(ValueError):
    """The bytes are not the one modified UTF-7 spelling of a text."""


def encode(text: str) -> bytes:
    """`text` in modified UTF-7; raises UnicodeEncodeError for a surrogate half, which no decoder here lets in."""
    if text.isascii() and text.isprintable() and "&" not in text:
        return text.encode("ascii")
    return b"".join(
        run.replace("&", "&-").encode("ascii") if " " <= run[0] <= "~" else _shift(run) for run in _RUNS.findall(text)
    )


def _shift(run: str) -> bytes:
    packed = base64.b64encode(run.encode("utf-16-be"), altchars=b"+,")
    return b"&" + packed.rstrip(b"=") + b"-"


def decode(name: bytes) -> str:
    """The text `name` spells; raises NotModifiedUtf7."""
    if not name.isascii():
        raise NotModifiedUtf7("8-bit character")
    if b"&" not in name:
        text = name.decode("ascii")
        if text and not text.isprintable():
            raise NotModifiedUtf7("control character")
        return text
    pieces: list[str] = []
    at = 0
    while (shift := name.find(b"&", at)) >= 0:
        pieces.append(name[at:shift].decode("ascii"))
        found = _SHIFTED.match(name, shift)
        if found is None:
            raise NotModifiedUtf7("unterminated shift")
        pieces.append(_unshift(found[1]) if found[1] else "&")
        at = found.end()
    pieces.append(name[at:].decode("ascii"))
    text = "".join(pieces)
    if encode(text) != name:
        raise NotModifiedUtf7("not the one spelling of its text")
    return text


def _unshift(packed: bytes) -> str:
    padding = b"=" * (-len(packed) % 4)
    try:
        return base64.b64decode(packed + padding, altchars=b"+,", validate=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotModifiedUtf7("invalid shift") from error
