"""Ports of accounts, domains, groups and aliases; directory/administration.py implements them.

A guard is asked inside the transaction, with what is there then: between a check and a change nobody can make an administrator of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

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
)
from postroom.model.email import Usage
from postroom.model.ids import AccountId, AppPasswordId, GroupId


class AccountStore(Protocol):
    """Accounts and their app passwords."""

    async def accounts(self, selection: Selection) -> Listed[AccountRow]:
        """Raises Malformed for a sort or a limit that is none."""

    async def account(self, account_id: AccountId, domains: frozenset[str] | None) -> AccountRow:
        """Aliases, groups and domains to administer of `domains` only, None for all. Raises NotFound."""

    async def account_at(self, address: Address) -> AccountId:
        """By its own address. Raises NotFound."""

    async def known(self, addresses: Sequence[Address]) -> Known:
        """What these addresses, some hundreds at most, are here."""

    def check_password(self, password: str) -> None:
        """Raises Malformed where the policy refuses it."""

    async def add_account(self, new: NewAccount, note: AuditNote) -> Account:
        """Raises NotFound (domain), Conflict (taken), Malformed (password)."""

    async def change_account(
        self, account_id: AccountId, change: AccountChange, guard: AccountGuard, notes: Sequence[AuditNote]
    ) -> Account:
        """All or nothing; returns it as it is then. Raises NotFound, Conflict, Malformed, NotPermitted (the last administrator)."""

    async def remove_account(
        self, account_id: AccountId, guard: AccountGuard, note: AuditNote, domains: frozenset[str] | None
    ) -> Account:
        """A refusal names aliases in `domains` only. Raises NotFound, Conflict (IN_USE), NotPermitted (the last administrator)."""

    async def app_passwords(self, account_id: AccountId) -> list[AppPassword]: ...

    async def add_app_password(
        self,
        account_id: AccountId,
        name: str,
        protocols: frozenset[MailProtocol],
        guard: AccountGuard,
        note: AuditNote,
    ) -> tuple[AppPassword, str]:
        """With the password, which nobody can read again. Raises OverLimit."""

    async def remove_app_password(
        self, account_id: AccountId, app_password_id: AppPasswordId, guard: AccountGuard, note: AuditNote
    ) -> None:
        """Raises NotFound."""

    async def reset_second_factor(self, account_id: AccountId, guard: AccountGuard, note: AuditNote) -> None:
        """Raises NotFound where there is none."""


class AccountMail(Protocol):
    """What of the mail store an account's administration needs; model.ports.MailStore has it."""

    async def prepare_account(self, account_id: AccountId) -> None: ...

    async def set_quota(self, account_id: AccountId, quota: int | None) -> None: ...

    async def remove_account(self, account_id: AccountId) -> None: ...

    async def usage(self, account_id: AccountId) -> Usage: ...


class DomainStore(Protocol):
    async def domains(self, selection: Selection) -> Listed[DomainRow]: ...

    async def domain(self, name: str) -> DomainRow:
        """Raises NotFound."""

    async def add_domain(self, name: str, keys: Sequence[DomainKey], note: AuditNote) -> None:
        """With the keys that sign its mail. Raises Conflict."""

    async def change_domain(self, name: str, change: DomainChange, notes: Sequence[AuditNote]) -> None:
        """All or nothing. Raises NotFound (also an administrator who is no account), Malformed."""

    async def remove_domain(self, name: str, note: AuditNote) -> None:
        """Raises NotFound, Conflict (IN_USE), NotPermitted (the primary one)."""

    async def keys(self, name: str) -> list[DomainKey]: ...

    async def add_keys(self, keys: Sequence[DomainKey], note: AuditNote) -> None:
        """The next pair. Raises Conflict where there is one already."""

    async def activate_keys(self, name: str, pair: Sequence[DomainKey], note: AuditNote) -> None:
        """Sign with the next pair at once, which is `pair` where there is none yet. Raises Conflict where it was changed meanwhile."""


class GroupStore(Protocol):
    async def groups(self, selection: Selection) -> Listed[Group]:
        """Without their members."""

    async def group(self, group_id: GroupId) -> Group:
        """Raises NotFound."""

    async def group_at(self, address: Address) -> GroupId:
        """Raises NotFound."""

    async def add_group(
        self, address: Address, name: str, description: str, members: Sequence[Address], note: AuditNote
    ) -> GroupId:
        """Raises NotFound (domain, member), Conflict, OverLimit."""

    async def change_group(
        self, group_id: GroupId, change: GroupChange, guard: GroupGuard, notes: Sequence[AuditNote]
    ) -> Group:
        """All or nothing; returns it as it is then."""

    async def remove_group(self, group_id: GroupId, guard: GroupGuard, note: AuditNote) -> None: ...


class AliasStore(Protocol):
    async def aliases(self, selection: Selection) -> Listed[AliasRow]: ...

    async def add_alias(self, address: Address, target: Address, note: AuditNote) -> None:
        """Raises NotFound (domain), Conflict."""

    async def remove_alias(self, address: Address, target: Address | None, note: AuditNote) -> None:
        """One target, or all. Raises NotFound."""


Progress = Callable[[int, int], None]
"""Done, and in all."""
