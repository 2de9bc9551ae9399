"""Single changes of the directory, inside a transaction, and its rows as they are: for tests that need a state, and no administrator who makes it."""

from __future__ import annotations

from postroom.directory.account_changes import change_account, set_proof
from postroom.directory.changes import Credential, find_account
from postroom.directory.domain_changes import change_domain
from postroom.model.account import Account, Alias
from postroom.model.address import Address, parse_address
from postroom.model.administration import AccountChange, DomainChange
from postroom.model.database import Read, Transaction
from postroom.model.ids import AccountId


def anybody(account: Account, administers: frozenset[str]) -> None:
    """The guard of a test."""


def change(transaction: Transaction, address: Address, wanted: AccountChange) -> AccountId:
    account_id = find_account(transaction.execute, address).account_id
    change_account(transaction, account_id, wanted, None, anybody)
    return account_id


def set_disabled(transaction: Transaction, address: Address, *, disabled: bool) -> None:
    change(transaction, address, AccountChange(is_disabled=disabled))


def set_quota(transaction: Transaction, address: Address, quota: int | None) -> AccountId:
    return change(transaction, address, AccountChange(quota=quota))


def set_account_limit(transaction: Transaction, address: Address, limit: int | None) -> None:
    change(transaction, address, AccountChange(sending_limit=limit))


def set_password(transaction: Transaction, address: Address, proof: Credential) -> None:
    set_proof(transaction, find_account(transaction.execute, address).account_id, proof)


def set_domain_limit(transaction: Transaction, domain: str, limit: int | None) -> None:
    change_domain(transaction, domain, DomainChange(sending_limit=limit))


def set_catch_all(transaction: Transaction, domain: str, target: Address | None) -> None:
    change_domain(transaction, domain, DomainChange(catch_all=target))


def domains(read: Read) -> dict[str, bool]:
    """Whether each is the primary one."""
    return {row[0]: bool(row[1]) for row in read("SELECT name, is_primary FROM domain ORDER BY name", ())}


def aliases(read: Read) -> list[Alias]:
    rows = read("SELECT address, target FROM address WHERE target IS NOT NULL ORDER BY key, seq", ())
    return [Alias(parse_address(row[0]), parse_address(row[1])) for row in rows]
