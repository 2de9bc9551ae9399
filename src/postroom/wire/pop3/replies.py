"""Status lines and response codes.

response = ("+OK" / "-ERR") [SP "[" resp-code "]"] [SP text] CRLF        ; RFC 2449 §8, at most 512 octets (RFC 2449 §4)
"""

from __future__ import annotations

import enum
import re

from postroom.wire.core import CoreMisuse

_LINE = 512  # octets of a status line with its CRLF, RFC 2449 §4
_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]")


class ResponseCode(enum.Enum):
    """The registered codes that we use."""

    LOGIN_DELAY = "LOGIN-DELAY"
    """RFC 2449 §8.1.1: logged in too soon after the last time."""
    IN_USE = "IN-USE"
    """RFC 2449 §8.1.2: another session holds the maildrop."""
    SYS_TEMP = "SYS/TEMP"
    """RFC 3206 §4: try again later, the password was not the reason."""
    SYS_PERM = "SYS/PERM"
    """RFC 3206 §4: somebody has to repair something."""
    AUTH = "AUTH"
    """RFC 3206 §5: the credentials are wrong."""


def status_line(ok: bool, text: str, code: ResponseCode | None = None) -> bytes:
    """One status line; raises CoreMisuse when our own text has control characters."""
    line = b"+OK" if ok else b"-ERR"
    if code is not None:
        line += b" [" + code.value.encode() + b"]"
    if text:
        encoded = text.encode("utf-8", "replace")
        if _UNSAFE.search(encoded):
            raise CoreMisuse("control characters in a reply")
        line += b" " + encoded
    return line[: _LINE - 2] + b"\r\n"
