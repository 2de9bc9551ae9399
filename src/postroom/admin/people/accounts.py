"""Accounts: list, add, change, remove, and their app passwords. What a domain administrator may is decided here.

Such a one sees the accounts of own domains alone; those of others are not there. An account that administers anything is out of reach, whoever asks for what: with
its password one would have its domains too. Roles, and what an account may send, are the whole server's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from postroom.admin.operator import Operator, Scope
from postroom.admin.people import bounds
from postroom.admin.people.address_formats import address_for
from postroom.admin.ports.accounts import AccountMail, AccountStore, DomainStore
from postroom.model.account import Account, MailProtocol, Role
from postroom.model.address import Address
from postroom.model.administration import (
    UNCHANGED,
    AccountChange,
    AccountGuard,
    AccountRow,
    AppPassword,
    AuditNote,
    Listed,
    NewAccount,
    Selection,
    Unchanged,
)
from postroom.model.errors import MailError, NotFound, NotPermitted
from postroom.model.ids import AccountId, AppPasswordId

_CHOICES = 99  # people of one name in one domain


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account with what its mail store holds; None where it can't be told, or there is no store yet."""

    row: AccountRow
    used: int | None
    messages: int | None


def audit_note(operator: Operator, what: str, subject: str) -> AuditNote:
    return AuditNote(operator.name, what, subject, operator.address)


def narrowed(operator: Operator, selection: Selection, domain: str | None = None) -> Selection:
    """Of the operator's domains, and of one of them where it is named. Raises NotFound."""
    if domain is not None:
        operator.require_domain(domain)
        return replace(selection, domains=frozenset([domain]))
    return replace(selection, domains=operator.domains)


class Accounts:
    """One per process."""

    def __init__(self, store: AccountStore, domains: DomainStore, mail: AccountMail) -> None:
        self._store = store
        self._domains = domains
        self._mail = mail

    async def page(self, operator: Operator, selection: Selection, domain: str | None = None) -> Listed[AccountView]:
        """Mail stores are asked for the accounts of the page alone. Raises Malformed, NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        found = await self._store.accounts(narrowed(operator, selection, domain))
        return Listed([await self._view(row) for row in found.items], found.total)

    async def one(self, operator: Operator, account_id: AccountId) -> AccountView:
        """Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        return await self._view(await self._row(operator, account_id))

    async def at(self, operator: Operator, address: Address) -> AccountId:
        """By its own address. Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        operator.require_address(address)
        return await self._store.account_at(address)

    async def free_address(self, operator: Operator, domain: str, display_name: str) -> Address:
        """Made of the name as the domain wants, the first that nobody has. Raises NotFound, Malformed."""
        operator.require(Scope.ACCOUNTS_READ)
        operator.require_domain(domain)
        form = (await self._domains.domain(domain)).address_format
        choices = [address_for(display_name, domain, form, number) for number in range(1, _CHOICES + 1)]
        known = await self._store.known(choices)
        for choice in choices:
            if choice.key not in known.accounts and choice.key not in known.taken:
                return choice
        raise bounds.refused("display_name", "too many have this name; give the address")

    async def add(self, operator: Operator, new: NewAccount, administers: Iterable[str] = ()) -> AccountId:
        """The row, then the mail store; killed between the two, the next login or delivery makes the store.

        Raises NotFound (domain), Conflict (taken), Malformed, NotPermitted.
        """
        operator.require(Scope.ACCOUNTS_WRITE)
        operator.require_address(new.address)
        new = replace(new, display_name=bounds.text("display_name", new.display_name))
        if new.role is not Role.USER:
            operator.require_everything()
        if not isinstance(new.quota, Unchanged):
            await self._check_quota(operator, new.address.domain, new.quota)
        account = await self._store.add_account(new, audit_note(operator, "account added", str(new.address)))
        if new.role is Role.DOMAIN_ADMINISTRATOR:
            change = AccountChange(administers=frozenset(administers) or frozenset([new.address.domain]))
            await self._store.change_account(
                account.account_id, change, _guard(operator), self._notes(operator, account, change)
            )
        await self._mail.prepare_account(account.account_id)
        if account.quota is not None:
            await self._mail.set_quota(account.account_id, account.quota)
        return account.account_id

    async def change(self, operator: Operator, account_id: AccountId, change: AccountChange) -> AccountView:
        """All or nothing. Raises NotFound, Conflict, Malformed, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        row = await self._row(operator, account_id)
        change = await self._checked(operator, row.account, change)
        account = await self._store.change_account(
            account_id, change, _guard(operator), self._notes(operator, row.account, change)
        )
        if not isinstance(change.quota, Unchanged):
            await self.keep_quota(account)
        return await self._view(await self._store.account(account_id, operator.domains))

    async def keep_quota(self, account: Account) -> None:
        """The mail store counts, so it must know. Raises TryLater."""
        try:
            if (await self._mail.usage(account.account_id)).quota == account.quota:
                return
        except NotFound:
            pass  # it has no mail store yet
        await self._mail.prepare_account(account.account_id)
        await self._mail.set_quota(account.account_id, account.quota)

    async def remove(self, operator: Operator, account_id: AccountId) -> Account:
        """With all its mail. Raises NotFound, Conflict (an alias leads to it), NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        row = await self._row(operator, account_id)
        note = audit_note(operator, "account removed", str(row.account.address))
        account = await self._store.remove_account(account_id, _guard(operator), note, operator.domains)
        await self._mail.remove_account(account_id)
        return account

    async def app_passwords(self, operator: Operator, account_id: AccountId) -> list[AppPassword]:
        """Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_READ)
        await self._row(operator, account_id)
        return await self._store.app_passwords(account_id)

    async def add_app_password(
        self, operator: Operator, account_id: AccountId, name: str, protocols: Iterable[MailProtocol]
    ) -> tuple[AppPassword, str]:
        """With the password, told this once. Raises NotFound, Malformed, OverLimit, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        row = await self._row(operator, account_id)
        plain, good_for = bounds.text("name", name, 100), frozenset(protocols)
        if not plain:
            raise bounds.refused("name", "an app password has a name, such as that of the program")
        if not good_for:
            raise bounds.refused("protocols", "at least one of smtp, imap, pop3")
        note = audit_note(operator, f"app password {plain} added", str(row.account.address))
        return await self._store.add_app_password(account_id, plain, good_for, _guard(operator, own=True), note)

    async def remove_app_password(
        self, operator: Operator, account_id: AccountId, app_password_id: AppPasswordId
    ) -> None:
        """Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        row = await self._row(operator, account_id)
        note = audit_note(operator, "app password removed", str(row.account.address))
        await self._store.remove_app_password(account_id, app_password_id, _guard(operator, own=True), note)

    async def reset_second_factor(self, operator: Operator, account_id: AccountId) -> None:
        """For somebody who has lost it. Raises NotFound, NotPermitted."""
        operator.require(Scope.ACCOUNTS_WRITE)
        row = await self._row(operator, account_id)
        note = audit_note(operator, "second factor removed", str(row.account.address))
        await self._store.reset_second_factor(account_id, _guard(operator), note)

    async def _row(self, operator: Operator, account_id: AccountId) -> AccountRow:
        row = await self._store.account(account_id, operator.domains)
        _check_own(operator, row.account)
        return row

    async def _view(self, row: AccountRow) -> AccountView:
        try:
            usage = await self._mail.usage(row.account.account_id)
        except MailError:  # one that is out of order must not hide the others
            return AccountView(row, None, None)
        return AccountView(row, usage.size, usage.message_count)

    async def _checked(self, operator: Operator, account: Account, change: AccountChange) -> AccountChange:
        if not isinstance(change.role, Unchanged) or not isinstance(change.administers, Unchanged):
            operator.require_everything()
        if not isinstance(change.sending_limit, Unchanged):
            operator.require_everything()
            bounds.count("sending_limit", change.sending_limit, 0)
        domain = account.address.domain
        if not isinstance(change.address, Unchanged):
            operator.require_address(change.address)
            domain = change.address.domain
        if not isinstance(change.quota, Unchanged):
            await self._check_quota(operator, domain, change.quota)
        if not isinstance(change.display_name, Unchanged):
            change = replace(change, display_name=bounds.text("display_name", change.display_name))
        becomes = change.role is Role.DOMAIN_ADMINISTRATOR and account.role is not Role.DOMAIN_ADMINISTRATOR
        if becomes and isinstance(change.administers, Unchanged):
            change = replace(change, administers=frozenset([domain]))
        return change

    async def _check_quota(self, operator: Operator, domain: str, quota: int | None) -> None:
        """A domain administrator gives at most what the domain gives."""
        bounds.octets("quota", quota)
        if operator.domains is None:
            return
        largest = (await self._domains.domain(domain)).account_quota
        if largest is not None and (quota is None or quota > largest):
            raise NotPermitted(f"quota: an account of {domain} may hold at most {largest} octets")

    def _notes(self, operator: Operator, account: Account, change: AccountChange) -> list[AuditNote]:
        return [audit_note(operator, what, str(account.address)) for what in _told(change)]


def _told(change: AccountChange) -> list[str]:
    """What changes, in the audit log's words."""
    told: list[str] = []
    if not isinstance(change.display_name, Unchanged):
        told.append("name changed")
    if not isinstance(change.role, Unchanged):
        told.append(f"role set to {change.role.value}")
    if not isinstance(change.administers, Unchanged):
        told.append(f"domains to administer set to {', '.join(sorted(change.administers)) or 'none'}")
    if not isinstance(change.is_disabled, Unchanged):
        told.append("disabled" if change.is_disabled else "enabled")
    if not isinstance(change.quota, Unchanged):
        told.append(f"quota set to {'none' if change.quota is None else change.quota}")
    if not isinstance(change.sending_limit, Unchanged):
        usual = {None: "usual", 0: "none"}
        told.append(f"sending limit set to {usual.get(change.sending_limit, change.sending_limit)}")
    if change.password is not UNCHANGED:
        told.append("password set")
    if not isinstance(change.address, Unchanged):
        told.append(f"address changed to {change.address}")
    return told


def _check_own(operator: Operator, account: Account) -> None:
    """Raises NotFound: in the words for one that is not there."""
    if not operator.has_domain(account.address.domain):
        raise NotFound("there is no such account")


def _guard(operator: Operator, *, own: bool = False) -> AccountGuard:
    """`own`: the operator's own account may be meant."""

    def guard(account: Account, administers: frozenset[str]) -> None:
        _check_own(operator, account)
        if operator.domains is None or (own and account.account_id == operator.account_id):
            return
        if account.role is not Role.USER or administers:
            raise NotPermitted("only an administrator of the whole server may change the account of an administrator")

    return guard
