"""Groups: an address with members. A domain administrator has those of own domains; their members may be anywhere, as with an alias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from postroom.admin.operator import Operator, Scope
from postroom.admin.people import bounds
from postroom.admin.people.accounts import audit_note, narrowed
from postroom.admin.ports.accounts import GroupStore
from postroom.model.address import Address
from postroom.model.administration import MAX_MEMBERS, Group, GroupChange, GroupGuard, Listed, Selection, Unchanged
from postroom.model.errors import NotFound
from postroom.model.ids import GroupId


class Groups:
    """One per process."""

    def __init__(self, store: GroupStore) -> None:
        self._store = store

    async def page(self, operator: Operator, selection: Selection, domain: str | None = None) -> Listed[Group]:
        """Without members, which are many. Raises Malformed, NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        return await self._store.groups(narrowed(operator, selection, domain))

    async def one(self, operator: Operator, group_id: GroupId) -> Group:
        """Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        group = await self._store.group(group_id)
        _guard(operator)(group)
        return group

    async def at(self, operator: Operator, address: Address) -> GroupId:
        """Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        operator.require_address(address)
        return await self._store.group_at(address)

    async def add(
        self, operator: Operator, address: Address, name: str, description: str, members: Sequence[Address]
    ) -> GroupId:
        """Raises NotFound (domain, member), Conflict (taken), Malformed, OverLimit, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_address(address)
        bounds.number_of("members", members, MAX_MEMBERS)
        return await self._store.add_group(
            address,
            bounds.text("name", name) or address.local_part,
            bounds.text("description", description, bounds.MAX_DESCRIPTION, lines=True),
            members,
            audit_note(operator, "group added", str(address)),
        )

    async def change(self, operator: Operator, group_id: GroupId, change: GroupChange) -> Group:
        """All or nothing. Raises NotFound, Conflict, Malformed, OverLimit, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        group = await self.one(operator, group_id)
        if not isinstance(change.address, Unchanged):
            operator.require_address(change.address)
        if not isinstance(change.name, Unchanged):
            change = replace(change, name=bounds.text("name", change.name) or group.address.local_part)
        if not isinstance(change.description, Unchanged):
            text = bounds.text("description", change.description, bounds.MAX_DESCRIPTION, lines=True)
            change = replace(change, description=text)
        for members in (change.members, change.add, change.remove):
            if not isinstance(members, Unchanged):
                bounds.number_of("members", members, MAX_MEMBERS)
        notes = [audit_note(operator, what, str(group.address)) for what in _told(change)]
        return await self._store.change_group(group_id, change, _guard(operator), notes)

    async def remove(self, operator: Operator, group_id: GroupId) -> Group:
        """Raises NotFound, Conflict (an alias leads to it), NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        group = await self.one(operator, group_id)
        note = audit_note(operator, "group removed", str(group.address))
        await self._store.remove_group(group_id, _guard(operator), note)
        return group


def _guard(operator: Operator) -> GroupGuard:
    def guard(group: Group) -> None:
        if not operator.has_domain(group.address.domain):
            raise NotFound("there is no such group")

    return guard


def _told(change: GroupChange) -> list[str]:
    told = [
        what
        for what, value in (("group name changed", change.name), ("group description changed", change.description))
        if not isinstance(value, Unchanged)
    ]
    if not isinstance(change.address, Unchanged):
        told.append(f"group address changed to {change.address}")
    if not isinstance(change.members, Unchanged):
        told.append(f"group members set, {len(change.members)}")
    told += [f"group member {member} added" for member in change.add]
    told += [f"group member {member} removed" for member in change.remove]
    return told
