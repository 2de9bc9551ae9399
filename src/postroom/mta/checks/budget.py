"""BudgetResolver: the Resolver of one message, which gives up when the message has waited long enough (THREATS A1.17).

Every check has bounds of its own; together they could still hold a client for minutes. After the deadline each lookup has failed, so that every check
ends with the temporary error that it would have had anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from postroom.model.dns import Answer, MxRecord, Outcome, Resolver, SrvRecord, TlsaRecord

Record = TypeVar("Record")

SENDER_SECONDS = 10.0
"""For all that is asked of the sender before the first recipient is answered."""

CONTENT_SECONDS = 8.0
"""For keys and policies at the end of the content: with the other less than 20 seconds for one message."""


class BudgetResolver:
    """See model.dns.Resolver; `start` before lookups are made."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._end = 0.0

    def start(self, seconds: float) -> None:
        """Lookups may take so long from now on, all together."""
        self._end = asyncio.get_running_loop().time() + seconds

    async def a(self, name: str) -> Answer[IPv4Address]:
        return await self._bounded(self._resolver.a(name))

    async def aaaa(self, name: str) -> Answer[IPv6Address]:
        return await self._bounded(self._resolver.aaaa(name))

    async def mx(self, name: str) -> Answer[MxRecord]:
        return await self._bounded(self._resolver.mx(name))

    async def txt(self, name: str) -> Answer[bytes]:
        return await self._bounded(self._resolver.txt(name))

    async def ptr(self, address: IPv4Address | IPv6Address) -> Answer[str]:
        return await self._bounded(self._resolver.ptr(address))

    async def tlsa(self, name: str) -> Answer[TlsaRecord]:
        return await self._bounded(self._resolver.tlsa(name))

    async def cname(self, name: str) -> Answer[str]:
        return await self._bounded(self._resolver.cname(name))

    async def srv(self, name: str) -> Answer[SrvRecord]:
        return await self._bounded(self._resolver.srv(name))

    async def _bounded(self, lookup: Awaitable[Answer[Record]]) -> Answer[Record]:
        try:
            async with asyncio.timeout_at(self._end):
                return await lookup
        except TimeoutError:
            return Answer(Outcome.FAILED, reason="no answer in time")
