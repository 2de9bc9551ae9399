"""Service › Protocol › Outgoing mail: the queue, and how other servers are reached (SPEC 1.1)."""

from __future__ import annotations

import enum
import re
from typing import Self

from pydantic import field_validator, model_validator

from postroom.model.address import normal_domain
from postroom.model.errors import Malformed
from postroom.settings.page import Page, Port, setting

_LOGIN = re.compile(r"[^\x00-\x1f\x7f]*\Z")


class SmartHostTls(enum.StrEnum):
    """How the connection to the smart host is protected; its name is checked against its certificate in all but the first two."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class RelaySettings(Page):
    enabled: bool = setting(
        True,
        "Send to other servers",
        "Off: mail for other servers is taken and waits in the queue; what is on its way is ended.",
    )
    first_retry: int = setting(
        5,
        "First retry",
        "How long after a first failure mail for another server is tried again; the wait grows by half each time.",
        unit="minutes",
        ge=1,
        le=1440,
    )
    longest_retry: int = setting(
        240, "Longest wait", "The wait between two attempts grows to this.", unit="minutes", ge=1, le=1440
    )
    warn_after: int = setting(
        4,
        "Delay warning",
        "After so long the sender is told that the message waits (RFC 3464, action delayed); 0 for no warning.",
        unit="hours",
        ge=0,
        le=240,
    )
    give_up_after: int = setting(
        120,
        "Give up",
        "After so long the message goes back to its sender (RFC 5321 §4.5.4.1: at least 4 to 5 days).",
        unit="hours",
        ge=1,
        le=720,
    )
    connections_per_host: int = setting(
        20,
        "Connections per next hop",
        "Simultaneous connections to one next hop; the first five at once, more only while it takes what it is given.",
        ge=1,
        le=100,
    )
    connections: int = setting(100, "Connections in all", "Simultaneous outgoing connections.", ge=1, le=2000)
    messages_per_connection: int = setting(
        100,
        "Messages per connection",
        "So many messages use one connection again before it is closed.",
        ge=1,
        le=10_000,
    )
    mta_sts: bool = setting(
        True, "MTA-STS", "Follow the policies of other domains (RFC 8461): certificate and names must be right."
    )
    dane: bool = setting(
        True,
        "DANE",
        "Follow TLSA records of other servers (RFC 7672); acts only where a resolver on loopback validates DNSSEC.",
    )
    tls_reports: bool = setting(
        True, "Keep TLS results", "Keep counts of TLS successes and failures for reports to other domains (RFC 8460)."
    )
    authorities: str = setting(
        "",
        "Certificate authorities",
        "A file (PEM) of those that certificates of other servers are checked against; empty for the machine's own.",
        max_length=4096,
    )
    policy_port: Port = setting(443, "Port of MTA-STS policies", "For closed networks and tests; policies lie on 443.")
    port: Port = setting(25, "Port of other servers", "For closed networks and tests; the world listens on 25.")
    private_addresses: bool = setting(
        False,
        "Send to private addresses",
        "Let names of other servers lead to loopback and private addresses: for closed networks and tests (THREATS A1.18).",
    )
    smart_host: str = setting(
        "", "Smart host", "Hand all mail for other servers to this host; empty to deliver it directly.", max_length=253
    )
    smart_host_port: Port = setting(587, "Port of the smart host", "587 with STARTTLS, 465 with implicit TLS, or 25.")
    smart_host_tls: SmartHostTls = setting(
        SmartHostTls.STARTTLS,
        "TLS to the smart host",
        "none; opportunistic (where offered, unchecked); starttls or implicit (required, certificate checked).",
    )
    smart_host_login: str = setting(
        "", "Login at the smart host", "Empty for none; it is never given without TLS.", max_length=255
    )
    smart_host_password: str = setting(
        "", "Password at the smart host", "Never shown again once it is set.", max_length=255, secret=True
    )

    @field_validator("smart_host")
    @classmethod
    def _check_host(cls, value: str) -> str:
        if not value or re.fullmatch(r"\[[0-9A-Fa-f.:]{2,45}\]", value):
            return value
        try:
            return normal_domain(value)
        except Malformed as error:
            raise ValueError(error.public) from None

    @field_validator("smart_host_login", "smart_host_password")
    @classmethod
    def _check_login(cls, value: str) -> str:
        if _LOGIN.match(value) is None:
            raise ValueError("control characters are not allowed")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.smart_host_login and self.smart_host_tls in (SmartHostTls.NONE, SmartHostTls.OPPORTUNISTIC):
            raise ValueError(
                "a login at the smart host needs starttls or implicit, so that the password is never shown"
            )
        if self.warn_after >= self.give_up_after:
            raise ValueError("warn_after must be less than give_up_after")
        return self
