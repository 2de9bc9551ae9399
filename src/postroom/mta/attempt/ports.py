"""What an attempt asks of the network: a Dialer that opens conversations with hosts. Implemented by servers/relay; the tests have doubles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from postroom.mailauth.transport.tls_reports import FailureType
from postroom.model.dns import TlsaRecord
from postroom.model.relaying.relay import Parcel, Report


@dataclass(frozen=True, slots=True)
class TlsDemand:
    """How a connection has to be protected."""

    wanted: bool = True
    """Use it where it is offered."""
    required: bool = False
    """No mail without it."""
    implicit: bool = False
    """From the first octet (RFC 8314)."""
    verified: bool = False
    """The certificate is the host's by a public authority (RFC 8461 §4.1)."""
    tlsa: tuple[TlsaRecord, ...] = ()
    """The certificate is what these promise (RFC 7672)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address of one host, and how to speak to it."""

    host: str
    """Its name in A-labels, or the address itself."""
    address: str
    port: int
    hello: str
    """What we call ourselves."""
    tls: TlsDemand = TlsDemand()
    source: str | None = None
    """The address to send from."""
    login: tuple[str, str] | None = None
    domain: str = ""
    """The one whose mail this is: a name that a certificate may have under DANE (RFC 7672 §3.2.2)."""
    policy: str = "no-policy-found"
    """What asked for the protection, in the words of RFC 8460 §4.4: `sts`, `tlsa`."""

    @property
    def label(self) -> str:
        return f"{self.host} [{self.address}]"


class Unusable(Exception):
    """This address can't take mail now. `tls` says what of TLS was wrong, where that was it."""

    def __init__(self, reply: str, status: str, *, is_remote: bool = False, tls: FailureType | None = None) -> None:
        super().__init__(reply)
        self.reply = reply
        self.status = status
        self.is_remote = is_remote
        self.tls = tls


class Hop(Protocol):
    """A conversation with a host that has greeted us, knows our name and is as protected as was demanded."""

    @property
    def label(self) -> str: ...

    @property
    def tls(self) -> str:
        """Version and cipher; empty in clear."""

    @property
    def is_open(self) -> bool:
        """False where another message needs another connection."""

    def offers(self, keyword: str) -> bool: ...

    @property
    def size_limit(self) -> int | None:
        """Octets, None for no limit that is told."""

    async def transfer(self, parcel: Parcel, *, smtputf8: bool, body_8bit: bool) -> list[Report]:
        """One transaction. Raises Unusable only where the connection was gone before anything of it was sent."""

    async def close(self) -> None: ...


class Dialer(Protocol):
    async def dial(self, target: Target) -> Hop:
        """Raises Unusable."""
