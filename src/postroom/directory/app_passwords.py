"""App passwords: one for each mail program, good for some protocols, made here and shown once; operations on their rows.

Each is random and long, so that a digest finds the row that a login may mean, and one slow comparison decides, as for a wrong password.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from postroom.directory.changes import Credential
from postroom.directory.passwords import app_password_digest
from postroom.model.account import MailProtocol, ScramSecret
from postroom.model.administration import MAX_APP_PASSWORDS, AppPassword
from postroom.model.database import Read, Transaction
from postroom.model.errors import NotFound, OverLimit
from postroom.model.ids import AccountId, AppPasswordId


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a login may mean."""

    app_password_id: AppPasswordId
    password_hash: str


def candidate(read: Read, account_id: int | None, password: str, protocol: MailProtocol | None) -> Candidate | None:
    """Of this protocol; None where there is none. Asks the same for an account that isn't there."""
    digest = app_password_digest(account_id or 0, password)
    rows = read(
        "SELECT app_password_id, password_hash, protocols FROM app_password WHERE account_id = ? AND digest = ?",
        (account_id or 0, digest),
    )
    for app_password_id, password_hash, protocols in rows:
        if protocol is not None and protocol in _protocols(protocols):
            return Candidate(AppPasswordId(app_password_id), password_hash)
    return None


def scram_secrets(read: Read, account_id: int, salt: bytes, protocol: MailProtocol) -> list[ScramSecret]:
    """Of this protocol, with the salt of the account; one made before the account's salt changed works by PLAIN alone."""
    rows = read(
        "SELECT scram_salt, scram_iterations, scram_stored_key, scram_server_key, app_password_id, protocols"
        " FROM app_password WHERE account_id = ? ORDER BY app_password_id",
        (account_id,),
    )
    return [
        ScramSecret(row[0], row[1], row[2], row[3], AppPasswordId(row[4]))
        for row in rows
        if protocol in _protocols(row[5]) and bytes(row[0]) == salt
    ]


def app_passwords(read: Read, account_id: AccountId) -> list[AppPassword]:
    rows = read(
        "SELECT app_password_id, name, protocols, created_at, last_used_at FROM app_password WHERE account_id = ?"
        " ORDER BY app_password_id",
        (account_id,),
    )
    return [AppPassword(AppPasswordId(row[0]), row[1], _protocols(row[2]), row[3], row[4]) for row in rows]


@dataclass(frozen=True, slots=True)
class NewAppPassword:
    """`proof` and `digest` are of the password, which is kept nowhere."""

    name: str
    protocols: frozenset[MailProtocol]
    proof: Credential
    digest: bytes


def add_app_password(transaction: Transaction, account_id: AccountId, new: NewAppPassword, now: int) -> AppPassword:
    """Raises OverLimit."""
    count = transaction.execute("SELECT count(*) FROM app_password WHERE account_id = ?", (account_id,))[0][0]
    if count >= MAX_APP_PASSWORDS:
        raise OverLimit(f"an account has at most {MAX_APP_PASSWORDS} app passwords; remove one that is not used")
    # never a number again: who is remembered with a removed one must not be taken for a new one
    number = AppPasswordId(
        transaction.execute(
            "UPDATE counter SET next_value = next_value + 1 WHERE name = 'app_password_id' RETURNING next_value - 1"
        )[0][0]
    )
    scram = new.proof.scram
    transaction.execute(
        "INSERT INTO app_password (app_password_id, account_id, name, protocols, created_at, digest, password_hash,"
        " scram_salt, scram_iterations, scram_stored_key, scram_server_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            account_id,
            new.name,
            _text(new.protocols),
            now,
            new.digest,
            new.proof.password_hash,
            scram.salt,
            scram.iterations,
            scram.stored_key,
            scram.server_key,
        ),
    )
    return AppPassword(number, new.name, new.protocols, now, None)


def remove_app_password(transaction: Transaction, account_id: AccountId, app_password_id: AppPasswordId) -> str:
    """Returns its name. Raises NotFound, also for one of another account."""
    rows = transaction.execute(
        "DELETE FROM app_password WHERE app_password_id = ? AND account_id = ? RETURNING name",
        (app_password_id, account_id),
    )
    if not rows:
        raise NotFound("there is no such app password")
    return str(rows[0][0])


def _text(protocols: Collection[MailProtocol]) -> str:
    return ",".join(sorted(protocols))


def _protocols(text: str) -> frozenset[MailProtocol]:
    return frozenset(MailProtocol(name) for name in text.split(",") if name)
