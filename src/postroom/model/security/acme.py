"""Orders of certificates from an authority (ACME, RFC 8555)."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ChallengeKind(enum.StrEnum):
    """How we show that a name is ours (RFC 8555 §8, RFC 8737)."""

    HTTP = "http-01"
    TLS_ALPN = "tls-alpn-01"
    DNS = "dns-01"


@dataclass(frozen=True, slots=True)
class AcmeAccount:
    """Who we are at one authority; `key` in PEM."""

    directory: str
    key: bytes
    uri: str
    email: str


@dataclass(frozen=True, slots=True)
class AcmeOrder:
    """A certificate that is ordered, and renewed as long as this is kept. Times in Unix seconds."""

    certificate: str
    """Its name in the folder."""
    names: tuple[str, ...]
    challenge: ChallengeKind
    directory: str
    email: str
    next_try_at: int
    renew_at: int | None = None
    """None until it was issued."""
    failures: int = 0
    """Since the last success."""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """Chain and key in PEM."""

    chain: bytes
    key: bytes
