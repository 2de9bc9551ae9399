"""Envelope: what a mail transaction says about a message, apart from the message (RFC 5321 §2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from postroom.model.address import Address


@dataclass(frozen=True, slots=True)
class DsnRequest:
    """RFC 3461 parameters as given: `notify` is None where NOTIFY was absent; `original_recipient` is ORCPT, still xtext-decoded text."""

    notify: tuple[str, ...] | None = None
    original_recipient: str | None = None


@dataclass(frozen=True, slots=True)
class EnvelopeRecipient:
    """One forward-path with its own parameters."""

    forward_path: Address
    dsn: DsnRequest = field(default=DsnRequest())


@dataclass(frozen=True, slots=True)
class Envelope:
    """`reverse_path` None is the null path <>."""

    reverse_path: Address | None
    recipients: tuple[EnvelopeRecipient, ...]
    envelope_id: str | None = None
    ret: str | None = None
    body_8bit: bool = False
    smtputf8: bool = False
    require_tls: bool = False
    """REQUIRETLS (RFC 8689)."""
    release_at: int | None = None
    """Not to leave before this Unix time (RFC 4865)."""
