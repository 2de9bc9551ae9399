"""Changes of one account, all that were asked for in one transaction: role and domains to administer, quota, password, name, and a new address.

A new address leaves the old one behind as an alias, so that mail and mail programs which know the old one go on.
"""

from __future__ import annotations

from collections.abc import Iterable

from postroom.directory import groups
from postroom.directory.changes import Credential, account_by_id, check_free, check_not_last
from postroom.model.account import Account, Role
from postroom.model.address import Address, fold
from postroom.model.administration import AccountChange, AccountGuard, Unchanged
from postroom.model.database import Read, Transaction
from postroom.model.errors import Fault, Malformed, NotFound
from postroom.model.ids import AccountId


def change_account(
    transaction: Transaction,
    account_id: AccountId,
    change: AccountChange,
    proof: Credential | None,
    guard: AccountGuard,
) -> Account:
    """Returns it as it was. `proof` is the new password. Raises what `guard` raises, NotFound, Conflict, NotPermitted."""
    account = account_by_id(transaction.execute, account_id)
    guard(account, administered(transaction.execute, account_id))
    _change_role(transaction, account, change)
    if not isinstance(change.is_disabled, Unchanged):
        if change.is_disabled:
            check_not_last(transaction, account, "disabled")
        _set(transaction, account, is_disabled=int(change.is_disabled))
        _new_version(transaction, account)
    if not isinstance(change.display_name, Unchanged):
        _set(transaction, account, display_name=change.display_name, name_key=fold(change.display_name))
    if not isinstance(change.quota, Unchanged):
        _set(transaction, account, quota=change.quota)
    if not isinstance(change.sending_limit, Unchanged):
        _set(transaction, account, sending_limit=change.sending_limit)
    if proof is not None:
        set_proof(transaction, account_id, proof)
    if not isinstance(change.address, Unchanged):
        rename(transaction, account, change.address)
    return account


def set_proof(transaction: Transaction, account_id: AccountId, proof: Credential) -> None:
    """A new password; whoever is remembered with the old one is not any more."""
    transaction.execute(
        "UPDATE account SET password_hash = ?, scram_salt = ?, scram_iterations = ?, scram_stored_key = ?,"
        " scram_server_key = ?, credential_version = credential_version + 1 WHERE account_id = ?",
        (
            proof.password_hash,
            proof.scram.salt,
            proof.scram.iterations,
            proof.scram.stored_key,
            proof.scram.server_key,
            account_id,
        ),
    )


def administered(read: Read, account_id: AccountId) -> frozenset[str]:
    """The domains of a domain administrator."""
    return frozenset(
        row[0] for row in read("SELECT domain FROM domain_administrator WHERE account_id = ?", (account_id,))
    )


def set_administered(transaction: Transaction, account_id: AccountId, domains: Iterable[str]) -> None:
    """Raises NotFound for a domain that is not here."""
    transaction.execute("DELETE FROM domain_administrator WHERE account_id = ?", (account_id,))
    for domain in sorted(set(domains)):
        if not transaction.execute("SELECT 1 FROM domain WHERE name = ?", (domain,)):
            raise NotFound(f"there is no domain {domain}; `postroom domain list` shows them")
        transaction.execute("INSERT INTO domain_administrator (domain, account_id) VALUES (?, ?)", (domain, account_id))


def rename(transaction: Transaction, account: Account, new: Address) -> None:
    """Raises NotFound (domain), Conflict (taken by somebody else)."""
    old = account.address
    if new == old:
        return
    if new.key != old.key:
        # an alias that leads to this account alone becomes its address: also the way back
        leads = transaction.execute("SELECT target_key FROM address WHERE key = ?", (new.key,))
        if [row[0] for row in leads] == [old.key]:
            transaction.execute("DELETE FROM address WHERE key = ?", (new.key,))
        check_free(transaction, new)
    transaction.execute("DELETE FROM address WHERE account_id = ?", (account.account_id,))
    transaction.execute(
        "INSERT INTO address (key, seq, address, account_id, domain) VALUES (?, 0, ?, ?, ?)",
        (new.key, str(new), account.account_id, new.domain),
    )
    _set(transaction, account, local_part=new.local_part, domain=new.domain, address_key=new.key)
    if new.key == old.key:
        return
    transaction.execute(
        "INSERT INTO address (key, seq, address, target, target_key, domain) VALUES (?, 0, ?, ?, ?, ?)",
        (old.key, str(old), str(new), new.key, old.domain),
    )
    # what led to the old address leads to the new one at once, not by way of the alias, which may be removed
    transaction.execute(
        "DELETE FROM address WHERE target_key = ? AND key IN (SELECT key FROM address WHERE target_key = ?)",
        (old.key, new.key),
    )
    transaction.execute(
        "UPDATE address SET target = ?, target_key = ? WHERE target_key = ?", (str(new), new.key, old.key)
    )
    groups.rename_member(transaction, old, new)


def _change_role(transaction: Transaction, account: Account, change: AccountChange) -> None:
    role = account.role if isinstance(change.role, Unchanged) else change.role
    if role is not account.role:
        check_not_last(transaction, account, "given another role")
        _set(transaction, account, role=role.value)
        _new_version(transaction, account)
    if not isinstance(change.administers, Unchanged):
        if role is not Role.DOMAIN_ADMINISTRATOR and change.administers:
            text = "only a domain administrator has domains to administer"
            raise Malformed(f"domains: {text}", faults=[Fault("domains", text)])
        set_administered(transaction, account.account_id, change.administers)
    elif role is not Role.DOMAIN_ADMINISTRATOR:
        set_administered(transaction, account.account_id, ())


def _set(transaction: Transaction, account: Account, **columns: object) -> None:
    names = ", ".join(f"{name} = ?" for name in columns)
    transaction.execute(f"UPDATE account SET {names} WHERE account_id = ?", (*columns.values(), account.account_id))


def _new_version(transaction: Transaction, account: Account) -> None:
    transaction.execute(
        "UPDATE account SET credential_version = credential_version + 1 WHERE account_id = ?", (account.account_id,)
    )
