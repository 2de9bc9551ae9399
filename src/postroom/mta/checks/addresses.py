"""The client's address as the checks count and compare it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from postroom.model.session import IpAddress, IpNetwork


def plain(address: IpAddress) -> IpAddress:
    """An IPv4-mapped IPv6 address is the IPv4 address in it."""
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def holds(networks: Iterable[IpNetwork], address: IpAddress) -> bool:
    """Whether one of them has this (plain) address."""
    return any(address.version == network.version and address in network for network in networks)


def network_of(address: IpAddress, *, v4: int, v6: int) -> str:
    """The network of so many bits around a (plain) address."""
    return str(ipaddress.ip_network(f"{address}/{v4 if address.version == 4 else v6}", strict=False))
