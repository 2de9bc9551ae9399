"""Dialect: how the doors differ; everything else is one session."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Protocol

from postroom.model.address import Address
from postroom.mta.client import Client, MailOptions
from postroom.mta.transaction import MailTransaction
from postroom.net.limits import UnknownRecipients
from postroom.servers.authentication import LoginGate
from postroom.servers.live import Live
from postroom.servers.smtp.patience import PatienceLimits


class Login(enum.Enum):
    """Whether a door takes logins."""

    NEVER = "never"
    IF_ALLOWED = "if allowed"
    """When the settings allow it on the plain listener, and over TLS only (SPEC 1.1)."""
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class SmtpDoor:
    """One kind of listener. `needs_tls`: nothing but STARTTLS before TLS (RFC 6409 with SPEC 1.1)."""

    name: str
    protocol: str
    login: Login
    needs_tls: bool = False
    lmtp: bool = False
    patience: PatienceLimits = field(default=PatienceLimits())
    content_seconds: float = 600.0
    """For one message, besides a second for each 10 KB of it (THREATS A1): a modem sent more."""


class MailService(Protocol):
    """Reception or Submission."""

    async def mail(self, client: Client, reverse_path: Address | None, options: MailOptions) -> MailTransaction: ...


@dataclass(frozen=True, slots=True)
class SmtpServices:
    """What sessions ask."""

    live: Live
    gate: LoginGate
    reception: MailService
    submission: MailService
    unknown: UnknownRecipients = field(default_factory=UnknownRecipients)


MX = SmtpDoor("mx", "smtp", Login.IF_ALLOWED)
SUBMISSION = SmtpDoor("submission", "submission", Login.REQUIRED, needs_tls=True)
LMTP = SmtpDoor("lmtp", "lmtp", Login.NEVER, lmtp=True)
SUBMISSIONS = SmtpDoor("submissions", "submission", Login.REQUIRED)
