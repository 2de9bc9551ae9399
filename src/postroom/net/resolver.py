"""DnsResolver: the Resolver port on real servers, with a cache and limits of time.

Names that can't be asked for (empty or long labels, 8-bit) don't exist: the servers aren't troubled with them. The AD bit is believed from a server on
loopback only, since anybody on the way from another can set it (RFC 7672 §2.1).
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from postroom.model.dns import Answer, MxRecord, Outcome, SrvRecord, TlsaRecord
from postroom.net.answer_cache import AnswerCache

Server = tuple[str, int]
"""Address and port."""

LONGEST_TTL = 86_400  # seconds: a mistake in a zone is not believed for longer
LONGEST_NEGATIVE_TTL = 3_600  # seconds; RFC 2308 §5 suggests one to three hours
FAILURE_TTL = 5  # seconds in which a failure isn't tried again (RFC 9520 §3.2: at least one, at most 300)
_TRY_SECONDS = 3.0  # one question to one server: three lost packets' worth of a slow path
_LOOKUP_SECONDS = 8.0  # all servers together: RFC 7208 §4.6.4 gives a whole evaluation 20
_ROUNDS = 2
_MOST_AT_ONCE = 200  # sockets of one worker; others wait their turn inside their own limit of time
_NAME = re.compile(r"(?:[\x21-\x2d\x2f-\x7e]{1,63}\.)*+[\x21-\x2d\x2f-\x7e]{1,63}\Z")


def system_servers(text: str | None = None) -> list[Server]:
    """Those that the machine uses (resolv.conf), loopback first; loopback alone where none are named."""
    if text is None:
        try:
            text = Path("/etc/resolv.conf").read_text("utf-8", "replace")
        except OSError:
            text = ""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                ipaddress.ip_address(words[1].partition("%")[0])
            except ValueError:
                continue
            found.append((words[1], 53))
    return found[:3] or [("127.0.0.1", 53)]


class DnsResolver:
    """One per worker. Servers are asked in the order given, twice round; where `servers` is a function, a change of its answer empties the cache."""

    def __init__(
        self,
        servers: Sequence[Server] | Callable[[], Sequence[Server]],
        *,
        cache: AnswerCache | None = None,
        try_seconds: float = _TRY_SECONDS,
        lookup_seconds: float = _LOOKUP_SECONDS,
    ) -> None:
        self._choose = servers if callable(servers) else None
        self._servers: tuple[Server, ...] = () if callable(servers) else tuple(servers)
        self._cache = cache if cache is not None else AnswerCache()
        self._try_seconds = try_seconds
        self._lookup_seconds = lookup_seconds
        self._exchange: Any = None
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)

    async def a(self, name: str) -> Answer[IPv4Address]:
        return await self._lookup(name, "A")

    async def aaaa(self, name: str) -> Answer[IPv6Address]:
        return await self._lookup(name, "AAAA")

    async def mx(self, name: str) -> Answer[MxRecord]:
        return await self._lookup(name, "MX")

    async def txt(self, name: str) -> Answer[bytes]:
        return await self._lookup(name, "TXT")

    async def ptr(self, address: IPv4Address | IPv6Address) -> Answer[str]:
        return await self._lookup(address.reverse_pointer, "PTR")

    async def tlsa(self, name: str) -> Answer[TlsaRecord]:
        return await self._lookup(name, "TLSA")

    async def cname(self, name: str) -> Answer[str]:
        return await self._lookup(name, "CNAME")

    async def srv(self, name: str) -> Answer[SrvRecord]:
        return await self._lookup(name, "SRV")

    async def _lookup(self, name: str, record_type: str) -> Answer[Any]:
        name = name.lower().removesuffix(".")
        if len(name) > 253 or _NAME.match(name) is None:
            return Answer(Outcome.NO_SUCH_NAME, reason="no name of the DNS")
        loop = asyncio.get_running_loop()
        self._look_at_servers()
        key = (record_type, name)
        known = self._cache.get(key, loop.time())
        if known is not None:
            return known
        octets = 0
        if self._exchange is None:
            self._exchange = await asyncio.to_thread(_exchange)
        try:
            async with asyncio.timeout(self._lookup_seconds), self._turns:
                answer, octets = await self._ask_each(name.replace("\\", "\\\\"), record_type)
        except TimeoutError:
            answer = Answer(Outcome.FAILED, reason="no answer in time")
        answer = replace(answer, ttl=_bounded(answer))
        self._cache.put(key, answer, octets, loop.time())
        return answer

    def _look_at_servers(self) -> None:
        chosen = tuple(self._choose()) if self._choose is not None else self._servers
        if chosen != self._servers:
            self._servers = chosen
            self._cache.clear()

    async def _ask_each(self, name: str, record_type: str) -> tuple[Answer[Any], int]:
        exchange = self._exchange
        reason = "no server is configured"
        for server in self._servers * _ROUNDS:
            try:
                found: tuple[Answer[Any], int] = await exchange.ask(name, record_type, server, self._try_seconds)
                return found
            except exchange.Unanswered as error:
                reason = str(error)
        return Answer(Outcome.FAILED, reason=reason), 0


def _exchange() -> Any:
    """Imported at the first lookup: it takes a second, which a command or a worker without mail for others never spends."""
    from postroom.net import dns_exchange

    return dns_exchange


def _bounded(answer: Answer[Any]) -> int:
    if answer.has_failed:
        return FAILURE_TTL
    return max(0, min(answer.ttl, LONGEST_TTL if answer.records else LONGEST_NEGATIVE_TTL))
