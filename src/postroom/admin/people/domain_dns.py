"""What a domain publishes in the DNS, and what the world sees of it now."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable
from dataclasses import dataclass

from postroom.admin.operator import Operator
from postroom.admin.people.domains import Domains
from postroom.model.dns import Resolver
from postroom.msa.dns_records import Shown, WantedRecord, look_up, wanted_records
from postroom.settings.document import Settings


class DnsState(enum.StrEnum):
    OK = "ok"
    MISSING = "missing"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


_STATES = {
    Shown.PUBLISHED: DnsState.OK,
    Shown.MISSING: DnsState.MISSING,
    Shown.DIFFERENT: DnsState.DIFFERENT,
    Shown.UNKNOWN: DnsState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record to publish; `found` is what stands in its place."""

    record: WantedRecord
    state: DnsState
    found: list[str]


class DomainDns:
    """`resolver` keeps no answers: who has just published a record wants to see it."""

    def __init__(self, domains: Domains, resolver: Resolver, settings: Callable[[], Settings]) -> None:
        self._domains = domains
        self._resolver = resolver
        self._settings = settings

    async def wanted(self, operator: Operator, name: str) -> list[SeenRecord]:
        """What to publish, without a look at what is there. Raises NotFound, NotPermitted."""
        return [SeenRecord(record, DnsState.UNKNOWN, []) for record in await self._records(operator, name)]

    async def look(self, operator: Operator, name: str) -> list[SeenRecord]:
        """Side by side, each within the resolver's time. Raises NotFound, NotPermitted."""
        records = await self._records(operator, name)
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(look_up(record, self._resolver)) for record in records]
        return [
            SeenRecord(record, _STATES[shown], found)
            for record, (shown, found) in zip(records, (look.result() for look in looks), strict=True)
        ]

    async def _records(self, operator: Operator, name: str) -> list[WantedRecord]:
        keys = await self._domains.keys(operator, name)
        settings = self._settings()
        listeners = {
            "submissions": settings.smtp.submissions,
            "submission": settings.smtp.submission,
            "imaps": settings.imap_pop3.imaps,
            "pop3s": settings.imap_pop3.pop3s,
        }
        ports = {listener: one.port for listener, one in listeners.items() if one.enabled}
        return wanted_records(name, settings.smtp.server_name, keys, ports)
