"""All checks of one message that arrives: SPF when the sender is named, the rest when the content is there.

    spf = await check_sender(sender, resolver, now)          # at MAIL FROM, or later
    reader = MessageReader() ... message = reader.finish()
    found = await authenticate(message, spf, resolver, now)
    prefix = found.field("mx.example.test")                  # Authentication-Results, to be put in front

Each stage ends within limits.EVALUATION_SECONDS, with temporary errors where the DNS did not answer. What follows from the results is up to `mta`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from postroom.mailauth import findings, limits, results
from postroom.mailauth.arc.verify import ArcResult
from postroom.mailauth.arc.verify import verify as verify_arc
from postroom.mailauth.dkim.verify import DkimResult
from postroom.mailauth.dkim.verify import verify as verify_dkim
from postroom.mailauth.dmarc import author
from postroom.mailauth.dmarc.evaluate import DmarcResult, DmarcStatus, evaluate
from postroom.mailauth.results import MethodResult
from postroom.mailauth.spf.check import SpfResult, check_host, for_helo, for_reverse_path
from postroom.mailauth.stream import SignedMessage
from postroom.model.address import Address
from postroom.model.dns import Resolver


@dataclass(frozen=True, slots=True)
class Sender:
    """The client as the SMTP session knows it; `receiver` is our own name."""

    address: IPv4Address | IPv6Address
    helo: str
    reverse_path: Address | None
    receiver: str


@dataclass(frozen=True, slots=True)
class SenderResults:
    helo: SpfResult
    reverse_path: SpfResult
    shown_path: str
    """The reverse path as the result field shows it; postmaster at the HELO name for the empty one (RFC 7208 §2.4)."""


@dataclass(frozen=True, slots=True)
class Authentication:
    spf: SenderResults
    dkim: tuple[DkimResult, ...]
    arc: ArcResult
    dmarc: DmarcResult

    def methods(self) -> list[MethodResult]:
        """For the result field, and for ARC's (arc.seal)."""
        return [
            *findings.of_dkim(self.dkim),
            findings.of_spf(self.spf.reverse_path, self.spf.shown_path),
            findings.of_spf(self.spf.helo, self.spf.helo.domain),
            findings.of_arc(self.arc),
            findings.of_dmarc(self.dmarc),
        ]

    def field(self, authserv_id: str) -> bytes:
        return results.build(authserv_id, self.methods())


async def check_sender(sender: Sender, resolver: Resolver, now: int) -> SenderResults:
    """Both identities at the same time; never raises."""
    helo = for_helo(sender.address, sender.helo, receiver=sender.receiver, now=now)
    path = for_reverse_path(sender.address, sender.reverse_path, sender.helo, receiver=sender.receiver, now=now)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(check_host(helo, resolver))
        second = group.create_task(check_host(path, resolver))
    shown = str(sender.reverse_path) if sender.reverse_path else f"postmaster@{sender.helo}"
    return SenderResults(first.result(), second.result(), shown)


async def authenticate(message: SignedMessage, spf: SenderResults, resolver: Resolver, now: int) -> Authentication:
    """DKIM and ARC at the same time, then DMARC; never raises."""
    end = asyncio.get_running_loop().time() + limits.EVALUATION_SECONDS
    async with asyncio.TaskGroup() as group:
        signatures = group.create_task(verify_dkim(message, resolver, now))
        chain = group.create_task(verify_arc(message, resolver))
    who = author.read(message.header)
    try:
        async with asyncio.timeout_at(end):
            dmarc = await evaluate(who, spf.reverse_path, signatures.result(), resolver)
    except TimeoutError:
        dmarc = DmarcResult(DmarcStatus.TEMPERROR, who.domain, reason="no answer in time")
    return Authentication(spf, signatures.result(), chain.result(), dmarc)
