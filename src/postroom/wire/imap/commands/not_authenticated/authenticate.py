"""AUTHENTICATE: RFC 3501 §6.2.2; the initial response is RFC 4959.

authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class AuthStarted:
    """AUTHENTICATE: answer `challenge` (an `AuthResponse` or `AuthCancelled` follows) or `reply`.

    `mechanism` is in upper case; `initial` is None when the client sent no initial response.
    """

    tag: bytes
    mechanism: bytes
    initial: bytes | None = field(repr=False)


def parse_authenticate(scan: Scanner) -> AuthStarted:
    """The mechanism and perhaps its first response."""
    scan.space()
    mechanism = scan.name()
    if not scan.take(b" "):
        return AuthStarted(scan.tag, mechanism, None)
    encoded = scan.text[scan.position :]
    scan.position = len(scan.text)
    initial = b"" if encoded == b"=" else decode_base64(encoded)
    if initial is None or not encoded:
        scan.fail("Invalid base64")
    return AuthStarted(scan.tag, mechanism, initial)


def decode_base64(encoded: bytes) -> bytes | None:
    """Strict base64 (RFC 4648 §4): alphabet, padding and its zero bits; None for anything else."""
    try:
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error:
        return None
    return decoded if base64.b64encode(decoded) == encoded else None
