"""Base64 of SASL exchanges, strictly: canonical alphabet, right padding, bounded. RFC 4648 §4.

The protocols share two conventions: an initial response of `=` is an empty one, a response of `*` cancels
(RFC 4954 §4, RFC 9051 §6.2.2, RFC 5034 §4).
"""

from __future__ import annotations

import binascii
import re

RESPONSE_LIMIT = 12288  # octets decoded; RFC 4954 §4 asks for 12,288 of a line, and no mechanism here needs more
CANCEL = b"*"

_CANONICAL = re.compile(rb"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")


def decode_base64(text: bytes) -> bytes | None:
    """The octets, or None when `text` is not canonical base64 or too long. The empty text is the empty response."""
    if len(text) > (RESPONSE_LIMIT + 2) // 3 * 4 or _CANONICAL.match(text) is None:
        return None
    data = binascii.a2b_base64(text)
    if text.endswith(b"=") and binascii.b2a_base64(data, newline=False) != text:
        return None
    return data


def decode_initial_response(text: bytes) -> bytes | None:
    """As `decode_base64`, where `=` stands for an empty response and nothing at all is a mistake."""
    if text == b"=":
        return b""
    return decode_base64(text) if text else None


def encode_base64(data: bytes) -> bytes:
    """One line without its end."""
    return binascii.b2a_base64(data, newline=False)


def encode_initial_response(data: bytes) -> bytes:
    """As `encode_base64`; an empty response is written `=`."""
    return encode_base64(data) or b"="
