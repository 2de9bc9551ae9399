"""A certificate as people see it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CertificateSource(enum.StrEnum):
    """Where it comes from."""

    SELF_SIGNED = "self-signed"
    UPLOAD = "upload"
    ACME = "acme"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What stands in the first certificate of a chain; times in Unix seconds. `problems` are phrases ("expires soon") of what some clients mind."""

    subject: str
    names: tuple[str, ...]
    issuer: str
    not_before: int
    not_after: int
    self_signed: bool
    key: str
    fingerprint: str
    """SHA-256 of the whole, in hex."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptCertificate:
    """One in the folder; without `facts` it can't be read, and `fault` says why."""

    name: str
    facts: CertificateFacts | None
    fault: str = ""
