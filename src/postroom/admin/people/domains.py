"""Domains: list, add, remove, their limits, administrators and keys. A domain administrator sees own ones, and changes what concerns their mail alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from postroom.admin.operator import Operator, Scope
from postroom.admin.people import bounds
from postroom.admin.people.accounts import audit_note, narrowed
from postroom.admin.ports.accounts import DomainStore
from postroom.model.account import DomainKey, KeyState
from postroom.model.administration import UNCHANGED, DomainChange, DomainRow, Listed, Selection, Unchanged
from postroom.model.errors import Conflict
from postroom.model.ports import Clock
from postroom.msa.key_rotation import new_pair

_MAX_ADMINISTRATORS = 100  # of one domain


@dataclass(frozen=True, slots=True)
class Rotation:
    """`pair` are the keys whose records are to be published."""

    pair: list[DomainKey]
    is_active: bool


class Domains:
    """One per process."""

    def __init__(self, store: DomainStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, operator: Operator, selection: Selection) -> Listed[DomainRow]:
        """Raises Malformed, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        return await self._store.domains(narrowed(operator, selection))

    async def one(self, operator: Operator, name: str) -> DomainRow:
        """Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        operator.require_domain(name)
        return await self._store.domain(name)

    async def add(self, operator: Operator, name: str) -> None:
        """`name` as normal_domain gives it; with the keys that sign its mail. The first one becomes primary. Raises Conflict, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_everything()
        pair = await asyncio.to_thread(new_pair, name, KeyState.ACTIVE, self._clock.now())
        await self._store.add_domain(name, pair, audit_note(operator, "domain added", name))

    async def change(self, operator: Operator, name: str, change: DomainChange) -> DomainRow:
        """All or nothing. Raises NotFound, Malformed, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_domain(name)
        limits = (change.sending_limit, change.account_quota, change.largest_attachment, change.administrators)
        if change.is_primary or any(one is not UNCHANGED for one in limits):
            operator.require_everything()
        if not isinstance(change.sending_limit, Unchanged):
            bounds.count("sending_limit", change.sending_limit, 1)
        if not isinstance(change.account_quota, Unchanged):
            bounds.octets("account_quota", change.account_quota)
        if not isinstance(change.largest_attachment, Unchanged):
            bounds.octets("largest_attachment", change.largest_attachment)
        if not isinstance(change.administrators, Unchanged):
            bounds.number_of("administrators", change.administrators, _MAX_ADMINISTRATORS)
        notes = [audit_note(operator, what, name) for what in _told(change)]
        await self._store.change_domain(name, change, notes)
        return await self._store.domain(name)

    async def remove(self, operator: Operator, name: str) -> None:
        """With its aliases and groups. Raises NotFound, Conflict (accounts, or something leads to it), NotPermitted (the primary one)."""
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_everything()
        await self._store.remove_domain(name, audit_note(operator, "domain removed", name))

    async def keys(self, operator: Operator, name: str) -> list[DomainKey]:
        """Raises NotFound, NotPermitted."""
        await self.one(operator, name)
        return await self._store.keys(name)

    async def rotate_keys(self, operator: Operator, name: str, *, at_once: bool) -> Rotation:
        """Make the next pair; with `at_once` sign with it now, published or not. Raises NotFound, Conflict, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        held = await self.keys(operator, name)
        waiting = [key for key in held if key.state is KeyState.NEXT]
        if waiting and not at_once:
            raise Conflict(
                f"the next keys of {name} wait for their records: publish those that `postroom domain keys {name}` shows, or give --now"
            )
        taken = [key.selector for key in held]
        made = [] if waiting else await asyncio.to_thread(new_pair, name, KeyState.NEXT, self._clock.now(), taken)
        if at_once:
            await self._store.activate_keys(name, made, audit_note(operator, "domain keys made active", name))
        else:
            await self._store.add_keys(made, audit_note(operator, "next domain keys made", name))
        return Rotation(waiting or made, at_once)


def _told(change: DomainChange) -> list[str]:
    """What changes, in the audit log's words."""
    told: list[str] = []
    for what, value in (
        ("catch-all", change.catch_all),
        ("sending limit", change.sending_limit),
        ("quota of accounts", change.account_quota),
        ("largest attachment", change.largest_attachment),
        ("address format", change.address_format),
    ):
        if not isinstance(value, Unchanged):
            told.append(f"{what} set to {'none' if value is None else value}")
    if change.is_primary:
        told.append("made the primary domain")
    if not isinstance(change.administrators, Unchanged):
        told.append(f"administrators set to {', '.join(map(str, change.administrators)) or 'none'}"[:1000])
    return told
