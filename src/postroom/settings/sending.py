"""Service › Protocol › Sending: what is done to mail of our own people and to mail that is forwarded (SPEC 1.1, SPEC 2)."""

from __future__ import annotations

from postroom.settings.page import Page, setting

DAY = 86_400
"""Seconds."""


class SendingSettings(Page):
    dkim: bool = setting(
        True, "Sign with DKIM", "Mail from addresses of our domains is signed with both keys of the domain (RFC 6376)."
    )
    recipients_per_day: int = setting(
        10_000,
        "Recipients per day",
        "Recipients on other servers that one account may have in 24 hours, unless it has a limit of its own; 0 for no limit. "
        "A stolen password then does bounded harm.",
        ge=0,
        le=100_000_000,
    )
    longest_hold: int = setting(
        30,
        "Longest hold",
        "How far ahead a submitted message may name the moment it leaves (FUTURERELEASE, RFC 4865); 0 does not offer it.",
        unit="days",
        ge=0,
        le=366,
    )
    srs: bool = setting(
        True,
        "Rewrite senders of forwards (SRS)",
        "Mail that an alias leads to another server leaves with a reverse path of our domain, so that SPF passes there.",
    )
    arc: bool = setting(
        True, "Seal forwards (ARC)", "What we found when a forwarded message arrived is sealed into it (RFC 8617)."
    )
