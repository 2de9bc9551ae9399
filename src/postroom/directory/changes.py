"""What an administrator does to the local directory: domains, accounts, aliases; operations that check and then write, in one transaction.

An address is unique: an account's own, an alias with one or more targets, or a group's (groups.py). Names are compared folded (model.address).
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.directory import folded, passwords
from postroom.directory.account_rows import ACCOUNT_COLUMNS, account_of
from postroom.model.account import Account, Role, ScramSecret
from postroom.model.address import Address, fold, parse_address
from postroom.model.database import Read, Transaction
from postroom.model.errors import Conflict, Meaning, NotFound, NotPermitted
from postroom.model.ids import AccountId

_OF_ACCOUNT = ("app_password", "second_factor", "recovery_code", "domain_administrator", "web_session", "api_token")
_NAMED_AT_MOST = 5  # aliases in one refusal: enough to begin with, and one line


@dataclass(frozen=True, slots=True)
class Credential:
    """A password in the forms that are kept; made in a thread before the transaction."""

    password_hash: str
    scram: ScramSecret


def credential(password: str, salt: bytes | None = None) -> Credential:
    """Raises Malformed where the policy refuses the password; tens of milliseconds.

    `salt` is the account's own where it has one: its app passwords share it, since SCRAM tells one salt before it knows which password comes.
    """
    passwords.check_policy(password)
    return Credential(passwords.hashed(password), passwords.scram_secret(password, salt))


def no_credential() -> Credential:
    """Of an account that nobody can log in to until a password is set."""
    return Credential(passwords.NO_PASSWORD, passwords.no_scram_secret())


def accounts(read: Read) -> list[Account]:
    return [account_of(row) for row in read(f"SELECT {ACCOUNT_COLUMNS} FROM account ORDER BY domain, local_part", ())]


def find_account(read: Read, address: Address) -> Account:
    """By its own address. Raises NotFound."""
    rows = read("SELECT account_id FROM address WHERE key = ? AND account_id IS NOT NULL", (address.key,))
    found = read(f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE account_id = ?", rows[0]) if rows else []
    if not found:
        raise NotFound(f"there is no account {address}; `postroom account list` shows them")
    return account_of(found[0])


def account_by_id(read: Read, account_id: AccountId) -> Account:
    """Raises NotFound."""
    found = read(f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE account_id = ?", (account_id,))
    if not found:
        raise NotFound("there is no such account")
    return account_of(found[0])


def add_domain(transaction: Transaction, name: str) -> None:
    """The first one becomes primary."""
    if transaction.execute("SELECT 1 FROM domain WHERE name = ?", (name,)):
        raise Conflict(f"the domain {name} is there already")
    first = not transaction.execute("SELECT 1 FROM domain LIMIT 1")
    transaction.execute("INSERT INTO domain (name, is_primary) VALUES (?, ?)", (name, int(first)))


def remove_domain(transaction: Transaction, name: str) -> None:
    if not transaction.execute("SELECT 1 FROM domain WHERE name = ?", (name,)):
        raise NotFound(f"there is no domain {name}; `postroom domain list` shows them")
    if transaction.execute("SELECT 1 FROM account WHERE domain = ? LIMIT 1", (name,)):
        raise Conflict(f"the domain {name} still has accounts; remove them first", meaning=Meaning.IN_USE)
    if transaction.execute("SELECT is_primary FROM domain WHERE name = ?", (name,))[0][0]:
        raise NotPermitted(f"{name} is the primary domain and can't be removed")
    folded.fill(transaction)
    suffix = f"%@{name}"
    _check_nobody_leads(
        [
            *_named(
                transaction,
                "the alias",
                "SELECT address FROM address WHERE target_key LIKE ? AND domain <> ? ORDER BY key, seq",
                (suffix, name),
            ),
            *_named(
                transaction,
                "the catch-all of",
                "SELECT name FROM domain WHERE catch_all LIKE ? AND name <> ? ORDER BY name",
                (suffix, name),
            ),
            *_named(
                transaction,
                "the group",
                "SELECT address FROM mail_group WHERE domain <> ? AND group_id IN"
                " (SELECT group_id FROM group_member WHERE member_key LIKE ?) ORDER BY address_key",
                (name, suffix),
            ),
        ],
        name,
    )
    transaction.execute(
        "DELETE FROM group_member WHERE group_id IN (SELECT group_id FROM mail_group WHERE domain = ?)", (name,)
    )
    transaction.execute("DELETE FROM mail_group WHERE domain = ?", (name,))
    transaction.execute("DELETE FROM address WHERE domain = ?", (name,))
    transaction.execute("DELETE FROM domain_administrator WHERE domain = ?", (name,))
    transaction.execute("DELETE FROM sending_count WHERE subject = ?", ("@" + name,))
    transaction.execute("DELETE FROM domain_key WHERE domain = ?", (name,))
    transaction.execute("DELETE FROM domain WHERE name = ?", (name,))


def add_account(
    transaction: Transaction, address: Address, proof: Credential, role: Role, display_name: str, now: int
) -> AccountId:
    """Returns the new id. Raises NotFound (domain), Conflict (address taken)."""
    check_free(transaction, address)
    # never the number of an account that was removed: its mail may not be gone yet, here or in an open handle of another worker
    account_id = transaction.execute(
        "UPDATE counter SET next_value = next_value + 1 WHERE name = 'account_id' RETURNING next_value - 1"
    )[0][0]
    transaction.execute(
        "INSERT INTO account (account_id, local_part, domain, display_name, address_key, name_key, role, is_disabled, quota,"
        " created_at, password_hash, scram_salt, scram_iterations, scram_stored_key, scram_server_key, credential_version)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL, ?, ?, ?, ?, ?, ?, 1)",
        (
            account_id,
            address.local_part,
            address.domain,
            display_name,
            address.key,
            fold(display_name),
            role.value,
            now,
            proof.password_hash,
            proof.scram.salt,
            proof.scram.iterations,
            proof.scram.stored_key,
            proof.scram.server_key,
        ),
    )
    transaction.execute(
        "INSERT INTO address (key, seq, address, account_id, domain) VALUES (?, 0, ?, ?, ?)",
        (address.key, str(address), account_id, address.domain),
    )
    return AccountId(account_id)


def remove_account(transaction: Transaction, address: Address, told: frozenset[str] | None = None) -> AccountId:
    """Returns the id, whose mail the caller then removes. The last administrator stays; groups lose their member.

    A refusal names aliases in the domains `told`, None for all: those of others are nobody's business.
    """
    account = find_account(transaction.execute, address)
    check_not_last(transaction, account, "removed")
    _check_nobody_leads(_leading_to(transaction, account.address, told), str(address))
    _leave_groups(transaction, account.address)
    for table in _OF_ACCOUNT:
        transaction.execute(f"DELETE FROM {table} WHERE account_id = ?", (account.account_id,))
    transaction.execute("DELETE FROM address WHERE account_id = ?", (account.account_id,))
    transaction.execute("DELETE FROM sending_count WHERE subject = ?", (str(account.account_id),))
    transaction.execute("DELETE FROM account WHERE account_id = ?", (account.account_id,))
    return account.account_id


def add_alias(transaction: Transaction, address: Address, target: Address) -> None:
    """An alias may have several targets; each pair once."""
    rows = transaction.execute("SELECT seq, account_id, target FROM address WHERE key = ? ORDER BY seq", (address.key,))
    if any(row[1] is not None for row in rows):
        raise Conflict(f"{address} is an account's own address")
    if any(row[2] is None for row in rows):
        raise Conflict(f"{address} is a group's address; add a member to the group")
    if any(parse_address(row[2]).key == target.key for row in rows):
        raise Conflict(f"{address} leads to {target} already")
    if not rows:
        check_free(transaction, address)
    if address.key == target.key:
        raise Conflict("an alias can't lead to itself")
    transaction.execute(
        "INSERT INTO address (key, seq, address, target, target_key, domain) VALUES (?, ?, ?, ?, ?, ?)",
        (address.key, rows[-1][0] + 1 if rows else 0, str(address), str(target), target.key, address.domain),
    )


def remove_alias(transaction: Transaction, address: Address, target: Address | None) -> None:
    """One target, or all where none is given."""
    rows = transaction.execute("SELECT seq, target FROM address WHERE key = ? AND target IS NOT NULL", (address.key,))
    gone = [row[0] for row in rows if target is None or parse_address(row[1]).key == target.key]
    if not gone:
        raise NotFound(
            f"there is no alias {address}" + (f" to {target}" if target else "") + "; `postroom alias list` shows them"
        )
    transaction.execute_many("DELETE FROM address WHERE key = ? AND seq = ?", [(address.key, seq) for seq in gone])


def _leading_to(transaction: Transaction, address: Address, told: frozenset[str] | None) -> list[str]:
    """Aliases and catch-alls that lead to an account, also by a subaddress, as an administrator names them."""
    folded.fill(transaction)
    user, _, domain = address.key.rpartition("@")
    # between + and the character behind it lie the subaddresses
    to_it = (address.key, f"{user}+", f"{user},", f"%@{domain}")
    rows = [
        *((f"the alias {row[0]}", row[1]) for row in transaction.execute(
            "SELECT address, domain FROM address WHERE target_key = ? OR (target_key > ? AND target_key < ? AND target_key LIKE ?)"
            " ORDER BY key, seq", to_it,
        )),
        *((f"the catch-all of {row[0]}", row[0]) for row in transaction.execute(
            "SELECT name, catch_all FROM domain WHERE catch_all IS NOT NULL ORDER BY name"
        ) if address.key in (parse_address(row[1]).key, parse_address(row[1]).without_subaddress().key)),
    ]  # fmt: skip
    return [name if told is None or of_domain in told else "an alias of another domain" for name, of_domain in rows]


def _named(transaction: Transaction, kind: str, sql: str, parameters: tuple[str, str]) -> list[str]:
    return [f"{kind} {row[0]}" for row in transaction.execute(sql, parameters)]


def _leave_groups(transaction: Transaction, address: Address) -> None:
    transaction.execute("DELETE FROM group_member WHERE member_key = ?", (address.key,))


def _check_nobody_leads(leading: list[str], what: str) -> None:
    """An address that leads nowhere would refuse mail that was accepted yesterday; whoever removes its target decides what becomes of it."""
    if leading:
        more = f" and {len(leading) - _NAMED_AT_MOST} more" if len(leading) > _NAMED_AT_MOST else ""
        names = ", ".join(leading[:_NAMED_AT_MOST]) + more
        verb = "leads" if len(leading) == 1 else "lead"
        raise Conflict(f"{names} {verb} to {what}; remove or change that first", meaning=Meaning.IN_USE)


def check_not_last(transaction: Transaction, account: Account, what: str) -> None:
    """Somebody must be left who can log in and administer."""
    if account.role is not Role.ADMINISTRATOR:
        return
    others = transaction.execute(
        "SELECT 1 FROM account WHERE role = ? AND is_disabled = 0 AND account_id <> ? LIMIT 1",
        (Role.ADMINISTRATOR.value, account.account_id),
    )
    if not others:
        raise NotPermitted(f"{account.address} is the only administrator and can't be {what}")


def check_free(transaction: Transaction, address: Address) -> None:
    if not transaction.execute("SELECT 1 FROM domain WHERE name = ?", (address.domain,)):
        raise NotFound(f"there is no domain {address.domain} here; add it first: postroom domain add {address.domain}")
    if transaction.execute("SELECT 1 FROM address WHERE key = ?", (address.key,)):
        raise Conflict(f"the address {address} is taken")
