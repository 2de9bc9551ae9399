"""What is known of one connection, and of one place taken by a login."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from postroom.model.ids import AccountId, SessionId

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end: the socket's address, or what a trusted PROXY front reports."""

    address: IpAddress
    port: int
    local_address: IpAddress
    local_port: int
    tls_by_front: bool = False
    """A trusted front reports that the client reached it by TLS: the connection counts as such."""

    @property
    def limit_key(self) -> str:
        """What limits count by: an IPv4 address, or an IPv6 /64 (one customer's network)."""
        if isinstance(self.address, ipaddress.IPv6Address):
            mapped = self.address.ipv4_mapped
            if mapped is not None:
                return str(mapped)
            return str(ipaddress.IPv6Network((int(self.address) >> 64 << 64, 64)))
        return str(self.address)


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One logged-in session as the console and `postroom status` show it. `since` in Unix seconds, `tls` a version or empty."""

    session_id: SessionId
    worker: int
    account_id: AccountId
    account: str
    protocol: str
    address: str
    limit_key: str
    client: str
    tls: str
    since: int


@dataclass(frozen=True, slots=True)
class LockOut:
    """Tries of a login that wait after wrong passwords. `login` empty: all names from there; `until` in Unix seconds, unless it fails again."""

    limit_key: str
    login: str
    failures: int
    until: int
    delay: float
    """Seconds that each try waits now."""
