"""Resolver: the port through which everything asks the DNS, and what it answers.

An answer says which of four things happened, because mail treats them differently: a name that is not there bounces, a server that is silent is tried
again. Nothing raises. Names are given and told in lower-case A-labels without the last dot. What is asked, and how the answer is judged, is the business of
`mailauth` and `mta`; `net.resolver` asks real servers.

RFC 1035 (records), RFC 2308 §2 (NXDOMAIN and NODATA), RFC 4035 §3.2.3 (the AD bit), RFC 6698 §2 (TLSA).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Generic, NamedTuple, Protocol, TypeVar

Record = TypeVar("Record")


class Outcome(enum.Enum):
    """How a lookup ended."""

    FOUND = "found"
    NO_DATA = "no data"
    """The name is there, records of this type are not."""
    NO_SUCH_NAME = "no such name"
    """NXDOMAIN: neither the name nor anything below it is there."""
    FAILED = "failed"
    """No answer worth the name: silence, SERVFAIL, refusal, a loop of aliases. It may work later."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[Record]):
    """`records` are there exactly when the outcome is FOUND.

    `ttl` is seconds that the answer may be kept, already bounded. `aliases` are the names that CNAME records led through, the one that was asked first
    and the last one the owner of the records; empty without CNAME. `is_authentic` is the AD bit of a resolver that may be believed.
    """

    outcome: Outcome
    records: tuple[Record, ...] = ()
    ttl: int = 0
    is_authentic: bool = False
    aliases: tuple[str, ...] = ()
    reason: str = ""
    """Of a failure, for the log."""

    @property
    def has_failed(self) -> bool:
        return self.outcome is Outcome.FAILED

    @property
    def is_void(self) -> bool:
        """No data or no such name: RFC 7208 §4.6.4 counts these."""
        return self.outcome in (Outcome.NO_DATA, Outcome.NO_SUCH_NAME)


class MxRecord(NamedTuple):
    """RFC 5321 §5.1; a null MX (RFC 7505 §3) has the empty host."""

    preference: int
    host: str


class TlsaRecord(NamedTuple):
    """RFC 6698 §2.1: certificate usage, selector, matching type, association."""

    usage: int
    selector: int
    matching_type: int
    association: bytes


class SrvRecord(NamedTuple):
    """RFC 2782; a service that is not there has the empty host."""

    priority: int
    weight: int
    port: int
    host: str


class Resolver(Protocol):
    """Lookups, each bounded in time by the adapter; a CNAME is followed by all but `cname`."""

    async def a(self, name: str) -> Answer[IPv4Address]: ...

    async def aaaa(self, name: str) -> Answer[IPv6Address]: ...

    async def mx(self, name: str) -> Answer[MxRecord]:
        """By rising preference; equal ones in the order of the answer."""

    async def txt(self, name: str) -> Answer[bytes]:
        """The strings of one record joined (RFC 7208 §3.3, RFC 6376 §3.6.2.2)."""

    async def ptr(self, address: IPv4Address | IPv6Address) -> Answer[str]: ...

    async def tlsa(self, name: str) -> Answer[TlsaRecord]: ...

    async def cname(self, name: str) -> Answer[str]:
        """The one step that a CNAME leads; `aliases` stays empty."""

    async def srv(self, name: str) -> Answer[SrvRecord]: ...
