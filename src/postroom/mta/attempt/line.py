"""HopLine: the way to one next hop. Hosts and addresses are tried in order until one takes the message; the conversation is kept for the next message.

A failure of an address or a host leads to the next one; what a host says of a recipient or a message holds. A conversation that was found closed when it was to be
used again is opened anew, once: nothing of the message had been sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from postroom.mailauth.transport.tls_reports import FailureType
from postroom.model.relaying.relay import REPLY_LENGTH, Parcel, Progress, Report
from postroom.mta.attempt.fitting import fit
from postroom.mta.attempt.ports import Dialer, Hop, Target, Unusable

log = structlog.get_logger()

Targets = Callable[[Parcel], AsyncIterator[Target | Report]]
"""The addresses to try for a parcel, in order; a Report is why there are none, or no more."""


class Calls(Protocol):
    """Who opens conversations, and who counts how they were protected (TlsTally.note)."""

    @property
    def dialer(self) -> Dialer: ...

    @property
    def note(self) -> Callable[[str, str, str, FailureType | None], None]: ...


@dataclass(slots=True)
class _Kept:
    """The conversation at hand, and how many messages it has carried."""

    hop: Hop
    target: Target
    used: int = 0


class HopLine:
    """See model.relaying.relay.Line. `targets` finds addresses, `most` is how many messages one connection carries."""

    def __init__(self, next_hop: str, calls: Calls, targets: Targets, most: Callable[[], int]) -> None:
        self._next_hop = next_hop
        self._calls = calls
        self._targets = targets
        self._most = most
        self._kept: _Kept | None = None

    async def send(self, parcel: Parcel) -> list[Report]:
        reports = await self._send_kept(parcel)
        return reports if reports is not None else await self._send_anew(parcel)

    async def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.hop.close()

    async def _send_kept(self, parcel: Parcel) -> list[Report] | None:
        """None where there is no conversation that can be used again."""
        kept = self._kept
        if kept is None:
            return None
        if not kept.hop.is_open or kept.used >= self._most() or parcel.envelope.require_tls:
            await self.close()
            return None
        try:
            return await self._transfer(kept, parcel)
        except Unusable:
            await self.close()
            return None

    async def _send_anew(self, parcel: Parcel) -> list[Report]:
        await self.close()
        last = Report(Progress.FAILED, "5.4.4", f"there is no host to be called for {self._next_hop}", of_host=True)
        async for target in self._targets(parcel):
            if isinstance(target, Report):
                last = _hopeful(last, target)
                continue
            try:
                hop = await self._dial(target)
            except Unusable as error:
                last = _hopeful(last, self._failed(target, error))
                continue
            self._kept = _Kept(hop, target)
            try:
                reports = await self._transfer(self._kept, parcel)
            except Unusable as error:
                last = _hopeful(last, self._failed(target, error))
                await self.close()
                continue
            if all(report.of_host for report in reports):
                last = _hopeful(last, reports[0])
                await self.close()
                continue
            return reports
        return [last] * len(parcel.envelope.recipients)

    async def _dial(self, target: Target) -> Hop:
        """TLS that is only wished for and fails is done without, on a connection of its own (RFC 7435 §3)."""
        try:
            hop = await self._calls.dialer.dial(target)
        except Unusable as error:
            if error.tls is not None:
                self._calls.note(target.domain, target.policy, target.host, error.tls)
            if error.tls is None or target.tls.required or not target.tls.wanted:
                raise
            log.info("TLS failed, sent in clear", host=target.label, reason=error.reply)
            return await self._calls.dialer.dial(replace(target, tls=replace(target.tls, wanted=False)))
        if target.tls.wanted:
            self._calls.note(
                target.domain, target.policy, target.host, None if hop.tls else FailureType.STARTTLS_NOT_SUPPORTED
            )
        return hop

    async def _transfer(self, kept: _Kept, parcel: Parcel) -> list[Report]:
        hop = kept.hop
        fitted = (
            await asyncio.to_thread(fit, parcel, hop.offers, hop.size_limit)
            if parcel.content.path
            else fit(parcel, hop.offers, hop.size_limit)
        )
        if isinstance(fitted, Report):
            told = replace(fitted, host=hop.label, tls=hop.tls)
            return [told] * len(parcel.envelope.recipients)
        reports = await hop.transfer(parcel, smtputf8=fitted.smtputf8, body_8bit=fitted.body_8bit)
        kept.used += 1
        return reports

    def _failed(self, target: Target, error: Unusable) -> Report:
        log.info("host not usable", next_hop=self._next_hop, host=target.label, reason=error.reply)
        reply = error.reply if error.is_remote else f"{target.label}: {error.reply}"
        return Report(
            Progress.DEFERRED,
            error.status,
            reply[:REPLY_LENGTH],
            target.label if error.is_remote else "",
            is_remote=error.is_remote,
            of_host=True,
        )


def _hopeful(earlier: Report, later: Report) -> Report:
    """What is told of several hosts: the newest, but a later attempt is made where any of them gives hope."""
    return earlier if earlier.progress is Progress.DEFERRED and later.progress is Progress.FAILED else later
