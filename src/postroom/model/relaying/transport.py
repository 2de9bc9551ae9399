"""What is kept of how other domains want to be reached, and of how it went: MTA-STS policies, counts for TLS reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """An MTA-STS policy as it was fetched; `fetched_at` in Unix seconds."""

    policy_id: str
    body: bytes
    fetched_at: int


@dataclass(frozen=True, slots=True)
class TlsOutcome:
    """One kind of connection on one day (UTC, days since 1970), as a TLS report counts it (RFC 8460 §4.3)."""

    day: int
    domain: str
    policy: str
    """`sts`, `tlsa` or `no-policy-found`."""
    host: str
    failure: str
    """A result type, empty for success."""
