"""Aliases: other addresses that lead to accounts, groups, or elsewhere. A domain administrator leads mail of own domains alone, wherever to."""

from __future__ import annotations

from postroom.admin.operator import Operator, Scope
from postroom.admin.people.accounts import audit_note, narrowed
from postroom.admin.ports.accounts import AliasStore
from postroom.model.address import Address
from postroom.model.administration import AliasRow, Listed, Selection


class Aliases:
    """One per process."""

    def __init__(self, store: AliasStore) -> None:
        self._store = store

    async def page(self, operator: Operator, selection: Selection, domain: str | None = None) -> Listed[AliasRow]:
        """Raises Malformed, NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        return await self._store.aliases(narrowed(operator, selection, domain))

    async def add(self, operator: Operator, address: Address, target: Address) -> None:
        """Again for more targets. Raises NotFound (domain), Conflict, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_address(address)
        await self._store.add_alias(address, target, audit_note(operator, "alias added", f"{address} → {target}"))

    async def remove(self, operator: Operator, address: Address, target: Address | None = None) -> None:
        """One target, or all. Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_address(address)
        leads = f"{address} → {target}" if target else str(address)
        await self._store.remove_alias(address, target, audit_note(operator, "alias removed", leads))
