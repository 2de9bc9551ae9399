"""The overview: health, mail by the hour, queue, storage, processes, interfaces, listeners; what monitoring asks too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from postroom.admin.health import Known, checks, worst
from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.health import Counters, Interfaces, Inventory, MailFlow, ServerStates
from postroom.admin.ports.settings import SettingsVersions
from postroom.model.errors import TryLater
from postroom.model.operation.health import HealthCheck, InterfaceState, ServerState, State, Storage
from postroom.model.operation.indexing import IndexStates, IndexTotals
from postroom.model.ports import Clock, SessionRegistry
from postroom.model.security.acme import AcmeOrder
from postroom.model.security.certificate import KeptCertificate

HOURS = 24
_HOUR = 3600


class Certificates(Protocol):
    def kept(self, now: int) -> list[KeptCertificate]: ...


class Orders(Protocol):
    def orders(self) -> list[AcmeOrder]: ...


@dataclass(frozen=True, slots=True)
class OverviewRooms:
    """What the overview asks."""

    server: ServerStates
    interfaces: Interfaces
    flow: MailFlow
    counters: Counters
    inventory: Inventory
    index: IndexStates
    certificates: Certificates
    orders: Orders
    sessions: SessionRegistry
    settings: SettingsVersions
    clock: Clock


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything of the first page, at one moment."""

    health: list[HealthCheck]
    flow_from: int
    """Unix seconds of the first hour."""
    flow: dict[str, list[int]]
    counts: dict[str, int]
    oldest_waiting: int | None
    storage: Storage
    certificate: KeptCertificate | None
    server: ServerState
    connections: int
    index: IndexTotals


class OverviewAdmin:
    def __init__(self, rooms: OverviewRooms) -> None:
        self._rooms = rooms

    async def overview(self, operator: Operator) -> Overview:
        operator.require(Scope.HEALTH_READ)
        rooms = self._rooms
        known, counts = await self._known()
        hour = known.now // _HOUR
        total, used, free = known.disk
        default = known.settings.certificates.default
        return Overview(
            health=checks(known),
            flow_from=(hour - HOURS + 1) * _HOUR,
            flow=rooms.flow.hours(hour - HOURS + 1, hour),
            counts=counts,
            oldest_waiting=known.oldest_waiting,
            storage=Storage(total, used, free, await rooms.inventory.mail_size()),
            certificate=next((one for one in known.certificates if one.name == default), None),
            server=known.server,
            connections=len(rooms.sessions.entries()),
            index=known.index,
        )

    async def health(self, operator: Operator) -> tuple[State, list[HealthCheck]]:
        operator.require(Scope.HEALTH_READ)
        known, _ = await self._known()
        found = checks(known)
        return worst(found), found

    def listeners(self, operator: Operator) -> ServerState:
        """Raises TryLater."""
        operator.require(Scope.SETTINGS_READ)
        return self._rooms.server.read()

    def interfaces(self, operator: Operator) -> tuple[list[InterfaceState], str]:
        """Every interface, and the one that is chosen."""
        operator.require(Scope.SETTINGS_READ)
        return self._rooms.interfaces(), self._rooms.settings.current()[1].network.interface

    def totals(self, operator: Operator) -> Mapping[tuple[str, str], float]:
        operator.require(Scope.HEALTH_READ)
        return self._rooms.counters.totals()

    async def _certificates(self, now: int) -> list[KeptCertificate]:
        try:
            return await asyncio.to_thread(self._rooms.certificates.kept, now)
        except TryLater:
            return []  # told as an error by the check of certificates

    async def _known(self) -> tuple[Known, dict[str, int]]:
        rooms = self._rooms
        now = rooms.clock.now()
        counts = await rooms.inventory.counts()
        known = Known(
            now=now,
            settings=rooms.settings.current()[1],
            server=rooms.server.read(),
            disk=rooms.server.disk(),
            interfaces=rooms.interfaces(),
            certificates=await self._certificates(now),
            waiting=counts["waiting"],
            oldest_waiting=rooms.inventory.oldest_waiting(),
            orders=rooms.orders.orders(),
            index=rooms.index.totals(),
        )
        return known, counts
