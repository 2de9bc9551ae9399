"""LocalDirectory: logins and routing from the server's own database; see model.ports.Directory."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from postroom.directory import passwords, routing
from postroom.model.account import Account, Principal, Recipient, Role, ScramSecret
from postroom.model.address import Address
from postroom.model.database import Database, Row
from postroom.model.errors import Meaning, NotPermitted
from postroom.model.ids import AccountId

ACCOUNT_COLUMNS = "account_id, local_part, domain, display_name, role, is_disabled, quota, created_at"


def account_of(row: Row) -> Account:
    """A row in the order of ACCOUNT_COLUMNS."""
    return Account(
        AccountId(row[0]), Address(row[1], row[2]), row[3], Role(row[4]), bool(row[5]), row[6], row[7]
    )  # fmt: skip


class LocalDirectory:
    """Reads are point look-ups inline; a password is hashed in a thread."""

    def __init__(self, database: Database, pool: ThreadPoolExecutor) -> None:
        self._database = database
        self._pool = pool
        self._verified = passwords.VerifiedLogins()

    async def authenticate(self, login_name: str, password: str) -> Principal:
        account_id = routing.account_named(self._database.read, login_name)
        rows = (
            self._database.read(
                "SELECT password_hash, credential_version, is_disabled FROM account WHERE account_id = ?", (account_id,)
            )
            if account_id is not None
            else []
        )
        password_hash, version, is_disabled = rows[0] if rows else (None, 0, 1)
        if account_id is not None and not is_disabled and self._verified.knows(account_id, version, password):
            return self._principal(account_id, login_name)
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._pool, passwords.verify, password_hash, password)
        if not right or is_disabled or account_id is None:
            raise wrong_login(login_name)
        self._verified.remember(account_id, version, password)
        return self._principal(account_id, login_name)

    async def scram_secret(self, login_name: str) -> ScramSecret | None:
        account_id = routing.account_named(self._database.read, login_name)
        rows = self._database.read(
            "SELECT scram_salt, scram_iterations, scram_stored_key, scram_server_key FROM account"
            " WHERE account_id = ? AND is_disabled = 0",
            (account_id,),
        )
        return ScramSecret(*rows[0]) if rows else None

    async def principal(self, login_name: str) -> Principal:
        account_id = routing.account_named(self._database.read, login_name)
        if account_id is None:
            raise wrong_login(login_name)
        return self._principal(account_id, login_name)

    async def is_local_domain(self, domain: str) -> bool:
        return routing.is_local_domain(self._database.read, domain)

    async def primary_domain(self) -> str | None:
        return routing.primary_domain(self._database.read)

    async def local_domains(self) -> list[str]:
        return [row[0] for row in self._database.read("SELECT name FROM domain ORDER BY name")]

    async def route(self, forward_path: Address) -> list[Recipient]:
        return routing.route(self._database.read, forward_path)

    async def owns_address(self, account_id: AccountId, address: Address) -> bool:
        return account_id in routing.owners(self._database.read, address)

    async def account(self, account_id: AccountId) -> Account | None:
        rows = self._database.read(
            f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE account_id = ?",
            (account_id,),
        )
        return account_of(rows[0]) if rows else None

    def _principal(self, account_id: int, login_name: str) -> Principal:
        rows = self._database.read(
            f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE account_id = ? AND is_disabled = 0",
            (account_id,),
        )
        if not rows:
            raise wrong_login(login_name)
        account = account_of(rows[0])
        return Principal(account.account_id, account.address, account.display_name, account.role, login_name)


def wrong_login(login_name: str) -> NotPermitted:
    """The one answer to every failed login."""
    return NotPermitted(
        "wrong user name or password", meaning=Meaning.AUTHENTICATION_FAILED, detail=f"login {login_name!r}"
    )
