"""LocalAdministration: accounts, domains, groups and aliases of the server's own database, for administrators; see admin/ports/accounts.py."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.directory import account_changes, app_passwords, changes, domain_changes, groups, lists, second_factor
from postroom.directory.app_passwords import NewAppPassword
from postroom.directory.changing import Changing
from postroom.directory.domain_keys import activate_keys, add_keys, domain_keys
from postroom.directory.passwords import app_password_digest, check_policy, new_app_password
from postroom.model.account import Account, DomainKey, MailProtocol
from postroom.model.address import Address
from postroom.model.administration import (
    AccountChange,
    AccountGuard,
    AccountRow,
    AliasRow,
    AppPassword,
    AuditNote,
    DomainChange,
    DomainRow,
    Group,
    GroupChange,
    GroupGuard,
    Known,
    Listed,
    NewAccount,
    Selection,
    Unchanged,
)
from postroom.model.database import Transaction
from postroom.model.errors import Conflict, NotFound
from postroom.model.ids import AccountId, AppPasswordId, GroupId


class LocalAdministration:
    """Lists are read off the loop; each change is one transaction."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing
        self._database = changing.database

    # accounts

    async def accounts(self, selection: Selection) -> Listed[AccountRow]:
        return await lists.accounts(self._changing.scan, selection)

    async def account(self, account_id: AccountId, domains: frozenset[str] | None) -> AccountRow:
        rows = await lists.account_rows(self._changing.scan, [account_id], domains)
        if not rows:
            raise NotFound("there is no such account")
        return rows[0]

    async def account_at(self, address: Address) -> AccountId:
        return changes.find_account(self._database.read, address).account_id

    async def known(self, addresses: Sequence[Address]) -> Known:
        keys = [address.key for address in addresses]
        rows = await lists.found_addresses(self._changing.scan, keys)
        ids = [AccountId(account_id) for _, account_id in rows if account_id is not None]
        found = await lists.account_rows(self._changing.scan, ids, None)
        return Known(
            {row.account.address.key: row for row in found},
            frozenset(key for key, account_id in rows if account_id is None),
            frozenset(row[0] for row in self._database.read("SELECT name FROM domain")),
        )

    def check_password(self, password: str) -> None:
        check_policy(password)

    async def add_account(self, new: NewAccount, note: AuditNote) -> Account:
        proof = await self._changing.credential(new.password) if new.password is not None else changes.no_credential()

        def operation(transaction: Transaction) -> Account:
            account_id = changes.add_account(
                transaction, new.address, proof, new.role, new.display_name, self._changing.clock.now()
            )
            quota = new.quota
            if isinstance(quota, Unchanged):
                quota = transaction.execute("SELECT account_quota FROM domain WHERE name = ?", (new.address.domain,))[
                    0
                ][0]
            transaction.execute(
                "UPDATE account SET quota = ?, is_disabled = ? WHERE account_id = ?",
                (quota, int(new.is_disabled), account_id),
            )
            return changes.account_by_id(transaction.execute, account_id)

        return await self._changing.write([note], operation)

    async def change_account(
        self, account_id: AccountId, change: AccountChange, guard: AccountGuard, notes: Sequence[AuditNote]
    ) -> Account:
        proof = None
        if not isinstance(change.password, Unchanged):
            proof = await self._changing.credential(change.password, self._salt(account_id))

        def operation(transaction: Transaction) -> Account:
            account_changes.change_account(transaction, account_id, change, proof, guard)
            return changes.account_by_id(transaction.execute, account_id)

        return await self._changing.write(notes, operation, ends_sessions=change.is_disabled is True)

    async def remove_account(
        self, account_id: AccountId, guard: AccountGuard, note: AuditNote, domains: frozenset[str] | None
    ) -> Account:
        def operation(transaction: Transaction) -> Account:
            account = self._guarded(transaction, account_id, guard)
            changes.remove_account(transaction, account.address, domains)
            return account

        return await self._changing.write([note], operation, ends_sessions=True)

    async def app_passwords(self, account_id: AccountId) -> list[AppPassword]:
        return app_passwords.app_passwords(self._database.read, account_id)

    async def add_app_password(
        self,
        account_id: AccountId,
        name: str,
        protocols: frozenset[MailProtocol],
        guard: AccountGuard,
        note: AuditNote,
    ) -> tuple[AppPassword, str]:
        password = new_app_password()
        proof = await self._changing.credential(password, self._salt(account_id))
        new = NewAppPassword(name, protocols, proof, app_password_digest(account_id, password))

        def operation(transaction: Transaction) -> AppPassword:
            self._guarded(transaction, account_id, guard)
            return app_passwords.add_app_password(transaction, account_id, new, self._changing.clock.now())

        return await self._changing.write([note], operation), password

    async def remove_app_password(
        self, account_id: AccountId, app_password_id: AppPasswordId, guard: AccountGuard, note: AuditNote
    ) -> None:
        def operation(transaction: Transaction) -> None:
            self._guarded(transaction, account_id, guard)
            app_passwords.remove_app_password(transaction, account_id, app_password_id)

        await self._changing.write([note], operation, ends_sessions=True)

    async def reset_second_factor(self, account_id: AccountId, guard: AccountGuard, note: AuditNote) -> None:
        def operation(transaction: Transaction) -> None:
            self._guarded(transaction, account_id, guard)
            if not second_factor.remove(transaction, account_id):
                raise NotFound("this account has no second factor")

        await self._changing.write([note], operation)

    def _guarded(self, transaction: Transaction, account_id: AccountId, guard: AccountGuard) -> Account:
        account = changes.account_by_id(transaction.execute, account_id)
        guard(account, account_changes.administered(transaction.execute, account_id))
        return account

    def _salt(self, account_id: AccountId) -> bytes | None:
        rows = self._database.read("SELECT scram_salt FROM account WHERE account_id = ?", (account_id,))
        return bytes(rows[0][0]) if rows else None

    # domains

    async def domains(self, selection: Selection) -> Listed[DomainRow]:
        return await lists.domains(self._changing.scan, selection)

    async def domain(self, name: str) -> DomainRow:
        found = await lists.domains(self._changing.scan, Selection(domains=frozenset([name])))
        if not found.items:
            raise NotFound(f"there is no domain {name}; `postroom domain list` shows them")
        return found.items[0]

    async def add_domain(self, name: str, keys: Sequence[DomainKey], note: AuditNote) -> None:
        def operation(transaction: Transaction) -> None:
            changes.add_domain(transaction, name)
            add_keys(transaction, keys)

        await self._changing.write([note], operation)

    async def change_domain(self, name: str, change: DomainChange, notes: Sequence[AuditNote]) -> None:
        await self._changing.write(notes, lambda transaction: domain_changes.change_domain(transaction, name, change))

    async def remove_domain(self, name: str, note: AuditNote) -> None:
        await self._changing.write([note], lambda transaction: changes.remove_domain(transaction, name))

    async def keys(self, name: str) -> list[DomainKey]:
        return domain_keys(self._database.read, name)

    async def add_keys(self, keys: Sequence[DomainKey], note: AuditNote) -> None:
        def operation(transaction: Transaction) -> None:
            if not add_keys(transaction, keys):
                raise _keys_changed(keys[0].domain)

        await self._changing.write([note], operation)

    async def activate_keys(self, name: str, pair: Sequence[DomainKey], note: AuditNote) -> None:
        now = self._changing.clock.now()

        def operation(transaction: Transaction) -> None:
            if (pair and not add_keys(transaction, pair)) or not activate_keys(transaction, name, now):
                raise _keys_changed(name)

        await self._changing.write([note], operation)

    # groups

    async def groups(self, selection: Selection) -> Listed[Group]:
        return await lists.groups(self._changing.scan, selection)

    async def group(self, group_id: GroupId) -> Group:
        return groups.find_group(self._database.read, group_id)

    async def group_at(self, address: Address) -> GroupId:
        return groups.group_at(self._database.read, address)

    async def add_group(
        self, address: Address, name: str, description: str, members: Sequence[Address], note: AuditNote
    ) -> GroupId:
        def operation(transaction: Transaction) -> GroupId:
            group_id = groups.add_group(transaction, address, name, description, self._changing.clock.now())
            group = groups.find_group(transaction.execute, group_id)
            groups.change_group(transaction, group, GroupChange(add=tuple(members)))
            return group_id

        return await self._changing.write([note], operation)

    async def change_group(
        self, group_id: GroupId, change: GroupChange, guard: GroupGuard, notes: Sequence[AuditNote]
    ) -> Group:
        def operation(transaction: Transaction) -> Group:
            group = groups.find_group(transaction.execute, group_id)
            guard(group)
            groups.change_group(transaction, group, change)
            return groups.find_group(transaction.execute, group_id)

        return await self._changing.write(notes, operation)

    async def remove_group(self, group_id: GroupId, guard: GroupGuard, note: AuditNote) -> None:
        def operation(transaction: Transaction) -> None:
            group = groups.find_group(transaction.execute, group_id)
            guard(group)
            groups.remove_group(transaction, group)

        await self._changing.write([note], operation)

    # aliases

    async def aliases(self, selection: Selection) -> Listed[AliasRow]:
        return await lists.aliases(self._changing.scan, selection)

    async def add_alias(self, address: Address, target: Address, note: AuditNote) -> None:
        await self._changing.write([note], lambda transaction: changes.add_alias(transaction, address, target))

    async def remove_alias(self, address: Address, target: Address | None, note: AuditNote) -> None:
        await self._changing.write([note], lambda transaction: changes.remove_alias(transaction, address, target))


def _keys_changed(domain: str) -> Conflict:
    return Conflict(f"the keys of {domain} were changed meanwhile; look at them: postroom domain keys {domain}")
