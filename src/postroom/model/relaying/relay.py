"""What the queue hands to the next hop, and what comes back: one Parcel on a Line, one Report for each of its recipients.

The queue (mta.queue) decides when; the carrier (mta.attempt) decides where to and how safely; neither raises for what the world does: it is in the Reports.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from postroom.model.email import Content
from postroom.model.envelope import Envelope

REPLY_LENGTH = 500
"""Characters of a reply that are kept: what people need of it, however long the other server made it."""


class Progress(enum.Enum):
    """What became of one recipient in one attempt."""

    DELIVERED = "delivered"
    """The next hop said 2xx for it after the content."""
    DEFERRED = "deferred"
    FAILED = "failed"
    """For good: 5xx, null MX, no such domain, or what no later attempt changes."""


@dataclass(frozen=True, slots=True)
class Report:
    """Of one recipient. `reply` is one line of at most REPLY_LENGTH printable characters: the server's reply with its code, or our own reason."""

    progress: Progress
    status: str
    """Enhanced status code, RFC 3463."""
    reply: str
    host: str = ""
    """Name and address of who said so, `mx.example.net [192.0.2.1]`; empty where the reason is our own."""
    is_remote: bool = False
    """The reply is the other server's own: Diagnostic-Code `smtp; …` (RFC 3464 §2.3.6)."""
    takes_dsn: bool = False
    """The host offered DSN: it was given NOTIFY, ORCPT, RET and ENVID, and reports from here on (RFC 3461 §5.2.1)."""
    of_host: bool = False
    """Nothing of this recipient or message: the hop as a whole could not be reached or used, and others need not try it now."""
    tls: str = ""
    """Version and cipher of the connection, empty in clear."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for some recipients of one next hop. `prefix` stands in front of the content; both are CRLF lines."""

    envelope: Envelope
    content: Content
    prefix: bytes

    @property
    def size(self) -> int:
        return self.content.size + len(self.prefix)


class Line(Protocol):
    """One connection's worth of work to a next hop: opened at the first parcel, used again for the next ones, opened anew when it has been lost."""

    async def send(self, parcel: Parcel) -> list[Report]:
        """One for each recipient, in order. DELIVERED only after the reply to the whole content was read. Raises nothing but cancellation."""

    async def close(self) -> None:
        """Say QUIT, where there is a connection; bounded in time."""


class Carrier(Protocol):
    """Who knows the way."""

    def next_hop(self, domain: str) -> str:
        """The name of the lane that mail for this domain takes: the domain, or the smart host; settings may change it at any time."""

    def line(self, next_hop: str) -> Line: ...
