"""Changes of a domain: limits, catch-all, address format, which one is primary, and who administers it; inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.directory.changes import find_account
from postroom.model.account import Role
from postroom.model.address import Address
from postroom.model.administration import DomainChange, Unchanged
from postroom.model.database import Transaction
from postroom.model.errors import Fault, Malformed, NotFound


def change_domain(transaction: Transaction, name: str, change: DomainChange) -> None:
    """Raises NotFound, Malformed."""
    if not transaction.execute("SELECT 1 FROM domain WHERE name = ?", (name,)):
        raise NotFound(f"there is no domain {name}; `postroom domain list` shows them")
    if not isinstance(change.catch_all, Unchanged):
        _set(transaction, name, "catch_all", str(change.catch_all) if change.catch_all else None)
    for column, value in (
        ("sending_limit", change.sending_limit),
        ("account_quota", change.account_quota),
        ("largest_attachment", change.largest_attachment),
        ("address_format", change.address_format),
    ):
        if not isinstance(value, Unchanged):
            _set(transaction, name, column, value)
    if change.is_primary:
        transaction.execute("UPDATE domain SET is_primary = 0 WHERE name <> ?", (name,))
        _set(transaction, name, "is_primary", 1)
    if not isinstance(change.administrators, Unchanged):
        _set_administrators(transaction, name, change.administrators)


def _set_administrators(transaction: Transaction, name: str, administrators: Sequence[Address]) -> None:
    """Users become domain administrators; who administers nothing any more becomes a user again."""
    before = {
        row[0] for row in transaction.execute("SELECT account_id FROM domain_administrator WHERE domain = ?", (name,))
    }
    accounts = [find_account(transaction.execute, address) for address in administrators]
    for account in accounts:
        if account.role is Role.ADMINISTRATOR:
            text = f"{account.address} administers the whole server already"
            raise Malformed(f"administrators: {text}", faults=[Fault("administrators", text)])
    after = {account.account_id for account in accounts}
    transaction.execute("DELETE FROM domain_administrator WHERE domain = ?", (name,))
    transaction.execute_many(
        "INSERT INTO domain_administrator (domain, account_id) VALUES (?, ?)", [(name, one) for one in sorted(after)]
    )
    for one in sorted(after - before):
        _set_role(transaction, one, Role.DOMAIN_ADMINISTRATOR)
    for one in sorted(before - after):
        if not transaction.execute("SELECT 1 FROM domain_administrator WHERE account_id = ? LIMIT 1", (one,)):
            _set_role(transaction, one, Role.USER)


def _set_role(transaction: Transaction, account_id: int, role: Role) -> None:
    transaction.execute(
        "UPDATE account SET role = ?, credential_version = credential_version + 1 WHERE account_id = ? AND role <> ?",
        (role.value, account_id, role.value),
    )


def _set(transaction: Transaction, name: str, column: str, value: object) -> None:
    transaction.execute(f"UPDATE domain SET {column} = ? WHERE name = ?", (value, name))
