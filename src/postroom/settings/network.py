"""Service › Protocol › Network interface (SPEC 1.2)."""

from __future__ import annotations

import ipaddress
import re

from pydantic import field_validator

from postroom.settings.page import Page, setting

_SERVER = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<v4>[0-9.]{7,15}))(?::(?P<port>[0-9]{1,5}))?\Z")
_MOST_SERVERS = 5


def dns_server(text: str) -> tuple[str, int]:
    """Address and port of `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`. Raises ValueError."""
    found = _SERVER.match(text)
    address, port = (found["v6"] or found["v4"], int(found["port"] or 53)) if found else (text, 53)
    if not 1 <= port <= 65535:
        raise ValueError("a port is 1 to 65535")
    try:
        return str(ipaddress.ip_address(address)), port
    except ValueError:
        raise ValueError("a DNS server looks like 192.0.2.53 or [2001:db8::53]:5353") from None


class NetworkSettings(Page):
    interface: str = setting(
        "all",
        "Network interface",
        "The interface whose addresses the mail listeners bind to, or all; loopback stays.",
        max_length=64,
    )
    dns_servers: tuple[str, ...] = setting(
        (),
        "DNS servers",
        "Asked for MX, SPF, DKIM and the like, in this order; none: those that the machine uses. DANE needs one on loopback that validates.",
        max_length=_MOST_SERVERS,
    )

    @field_validator("dns_servers")
    @classmethod
    def _check_servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            dns_server(text)
        return value
