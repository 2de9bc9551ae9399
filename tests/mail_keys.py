"""Keys, messages and zones for the tests of mail authentication, made once in a process."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from postroom.mailauth.dkim import keys
from postroom.mailauth.dkim.keys import SigningKey

NOW = 1_750_000_000  # in the past, since dkimpy reads the clock and refuses what is signed in the future

LETTER = (
    b"Received: from a.test by b.test; Wed, 25 Nov 2026 10:00:00 +0000\r\n"
    b"From: Alice <alice@example.test>\r\n"
    b"To: bob@other.test,\r\n\tcarol@other.test\r\n"
    b"Subject:  A   subject\r\n  that is folded \r\n"
    b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@example.test>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"Hello  Bob,\t \r\n\r\n  this is a  letter. \r\n.\r\n\r\n\r\n"
)


@cache
def rsa_key(domain: str = "example.test", selector: str = "rsa") -> SigningKey:
    return keys.generate(domain, selector, "rsa")


@cache
def ed25519_key(domain: str = "example.test", selector: str = "ed") -> SigningKey:
    return keys.generate(domain, selector, "ed25519")


@cache
def rsa_of(bits: int) -> SigningKey:
    return SigningKey("example.test", f"rsa{bits}", generate_private_key(65537, bits))


def published(*signing_keys: SigningKey, change: Any = lambda text: text) -> dict[str, Any]:
    """The zone that has their records, each changed as wanted."""
    return {key.record_name: {"TXT": [change(key.record_text)]} for key in signing_keys}
