"""Limits of one worker: connections per address and in all, unknown recipients per address.

Trusted networks (loopback by default) are exempt. Time is the loop's monotonic time, given by the caller.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict

from postroom.model.session import IpAddress, IpNetwork, Peer

_MAX_REMEMBERED = 50_000  # entries of about 200 octets; the oldest go first


_OTHER_SERVERS = "smtp"


class ConnectionLimits:
    """Counts connections. The last tenth of the total is kept for trusted networks, and the tenth before it for those and for the
    doors of people: other servers come again, a person who can't reach the mail calls."""

    def __init__(self) -> None:
        self.memory_is_short = False
        """Then nobody new comes in but from trusted networks (servers/memory.py)."""
        self._by_address: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._total = 0

    def enter(self, protocol: str, peer: Peer, *, per_address: int, total: int, trusted: bool) -> bool:
        """Whether the connection may stay; when True, `leave` must follow."""
        key = (protocol, peer.limit_key)
        if self.memory_is_short and not trusted:
            return False
        room = total if trusted else total - total // 10 * (2 if protocol == _OTHER_SERVERS else 1)
        if self._total >= room or (not trusted and self._by_address[key] >= per_address):
            return False
        self._by_address[key] += 1
        self._total += 1
        return True

    def leave(self, protocol: str, peer: Peer) -> None:
        key = (protocol, peer.limit_key)
        self._total -= 1
        self._by_address[key] -= 1
        if self._by_address[key] <= 0:
            del self._by_address[key]


class UnknownRecipients:
    """How many recipients that are not here each address may still name: so many at once, and as many an hour come back."""

    def __init__(self) -> None:
        self._named: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def named(self, limit_key: str, per_hour: int, now: float) -> None:
        """One more."""
        self._named[limit_key] = (self._count(limit_key, per_hour, now) + 1.0, now)
        self._named.move_to_end(limit_key)
        if len(self._named) > _MAX_REMEMBERED:
            self._named.popitem(last=False)

    def are_too_many(self, limit_key: str, per_hour: int, now: float) -> bool:
        return self._count(limit_key, per_hour, now) > per_hour - 1  # not one whole is left

    def _count(self, limit_key: str, per_hour: int, now: float) -> float:
        count, last = self._named.get(limit_key, (0.0, now))
        return max(0.0, min(count, float(per_hour)) - (now - last) * per_hour / 3600)


def contains(networks: tuple[IpNetwork, ...], address: IpAddress) -> bool:
    """Whether any network holds the address; an IPv4-mapped IPv6 address counts as IPv4."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    return any(address.version == network.version and address in network for network in networks)
