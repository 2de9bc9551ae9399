"""Limits of one worker: connections per address and in all, unknown recipients per address, and the growing delay after wrong passwords.

A delay belongs to (address, account): the right password from elsewhere never waits, and from the same place it waits seconds at most. Trusted networks
(loopback by default) are exempt. Time is the loop's monotonic time, given by the caller.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict

from postroom.model.session import IpAddress, IpNetwork, Peer

_FREE_FAILURES = 3  # wrong passwords that cost nothing: people mistype
_LONGEST_DELAY = 8.0  # seconds: slows a guesser to some ten thousand tries a day and keeps the owner's wait bearable
_FORGET_AFTER = 900.0  # seconds without a failure
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


class LoginDelays:
    """How long the next try of an account from an address waits."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def delay(self, limit_key: str, login_name: str, now: float) -> float:
        """Seconds to wait before a password is looked at; the same for right and wrong ones."""
        count, last = self._failures.get((limit_key, login_name), (0, 0.0))
        if count <= _FREE_FAILURES or now - last > _FORGET_AFTER:
            return 0.0
        return min(_LONGEST_DELAY, 0.25 * 2.0 ** min(count - _FREE_FAILURES, 10))

    def failed(self, limit_key: str, login_name: str, now: float) -> None:
        key = (limit_key, login_name)
        count, last = self._failures.pop(key, (0, now))
        self._failures[key] = (1 if now - last > _FORGET_AFTER else count + 1, now)
        if len(self._failures) > _MAX_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, limit_key: str, login_name: str) -> None:
        self._failures.pop((limit_key, login_name), None)


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
