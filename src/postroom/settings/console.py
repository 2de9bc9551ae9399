"""The console: where administrators reach this server with a browser, and how long they stay logged in. A listener apart from those of mail (SPEC 1.2)."""

from __future__ import annotations

import ipaddress

from pydantic import field_validator

from postroom.settings.page import Listener, Networks, Page, listener, setting

ALL = "all"
LOOPBACK = "loopback"


class ConsoleSettings(Page):
    https: Listener = listener(
        8443, "Enable the console", "The administrator's console and its API; always with TLS from the first octet."
    )
    address: str = setting(
        ALL,
        "Address of the console",
        "Where the console listens: all, loopback, or one address of this machine. The network interface of mail does not matter here.",
        max_length=64,
    )
    networks: Networks = setting(
        (),
        "Networks that may open the console",
        "Everybody else is turned away before a password is asked for; empty for no limit.",
    )
    idle_time: int = setting(
        30,
        "Log out when idle",
        "After so long without a request a person logs in again.",
        unit="minutes",
        ge=5,
        le=1440,
    )
    session_life: int = setting(
        12, "Longest login", "After so long a person logs in again in any case.", unit="hours", ge=1, le=168
    )
    second_factor_required: bool = setting(
        False,
        "Administrators need a second factor",
        "Who has none yet is led to set it up at the next login, and may do nothing else before.",
    )
    metrics_networks: Networks = setting(
        (),
        "Networks that may read the metrics",
        "Who may read /metrics without a token; empty for nobody.",
    )

    @field_validator("address")
    @classmethod
    def _check_address(cls, value: str) -> str:
        value = value.strip().lower()
        if value in (ALL, LOOPBACK):
            return value
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValueError("all, loopback or an address such as 192.0.2.1 is wanted") from None
