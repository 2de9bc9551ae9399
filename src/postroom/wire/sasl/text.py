"""Names and passwords out of responses: bounded UTF-8 without NUL.

That they are not empty is asked by each mechanism, where it matters. RFC 4616 §2, RFC 3629.
"""

from __future__ import annotations

from postroom.wire.sasl.steps import Failed

NAME_LIMIT = 255  # octets; RFC 4616 §2 hints at it, and no directory here has longer names
PASSWORD_LIMIT = 4096  # octets: an argon2 or PBKDF2 run over more only burns time

MALFORMED = Failed("malformed response", malformed=True)
EMPTY = Failed("empty name or password")


def read_text(octets: bytes, limit: int) -> str | None:
    """The text, or None when it is too long, not UTF-8 or holds NUL."""
    if len(octets) > limit or b"\0" in octets:
        return None
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
