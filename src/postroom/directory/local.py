"""LocalDirectory: logins and routing from the server's own database; see model.ports.Directory.

A login is by the account's own password or, for the protocols it is good for, by an app password. Each attempt costs one slow comparison and says one thing when
it fails, whichever password was meant and whether the account is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from postroom.directory import app_passwords, passwords, routing, second_factor
from postroom.directory.account_rows import ACCOUNT_COLUMNS, account_of
from postroom.directory.last_seen import LastSeen
from postroom.model.account import Account, MailProtocol, Principal, Recipient, ScramSecret
from postroom.model.address import Address
from postroom.model.database import Database, Row
from postroom.model.errors import Meaning, NotPermitted
from postroom.model.ids import AccountId, AppPasswordId


class LocalDirectory:
    """Reads are point look-ups inline; a password is hashed in a thread."""

    def __init__(
        self, database: Database, pool: ThreadPoolExecutor, app_passwords_only: Callable[[], bool] = lambda: False
    ) -> None:
        """`app_passwords_only`: whether an account with a second factor has its own password refused by mail protocols."""
        self._database = database
        self._pool = pool
        self._app_passwords_only = app_passwords_only
        self._verified = passwords.VerifiedLogins()
        self.last_seen = LastSeen(database)

    async def authenticate(self, login_name: str, password: str, protocol: MailProtocol | None = None) -> Principal:
        account_id = routing.account_named(self._database.read, login_name)
        rows = self._login_rows(account_id)
        password_hash, version, is_disabled = rows[0] if rows else (None, 0, 1)
        app = app_passwords.candidate(self._database.read, account_id, password, protocol)
        if app is not None:
            # numbers of app passwords stand below zero, versions of the account's own above
            password_hash, version = app.password_hash, -app.app_password_id
        elif account_id is not None and self._is_refused(account_id, protocol):
            password_hash = None
        app_id = app.app_password_id if app is not None else None
        may_be_right = account_id is not None and not is_disabled and password_hash is not None
        if account_id is not None and may_be_right and self._verified.knows(account_id, version, password):
            return self._principal(account_id, login_name, app_id)
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._pool, passwords.verify, password_hash, password)
        if not right or is_disabled or account_id is None:
            raise wrong_login(login_name)
        self._verified.remember(account_id, version, password)
        return self._principal(account_id, login_name, app_id)

    def _login_rows(self, account_id: int | None) -> list[Row]:
        return self._database.read(
            "SELECT password_hash, credential_version, is_disabled FROM account WHERE account_id = ?", (account_id,)
        )

    def _is_refused(self, account_id: int, protocol: MailProtocol | None) -> bool:
        """Whether the account's own password is not taken here: a mail program can't be asked for a second factor."""
        return (
            protocol is not None
            and second_factor.is_on(self._database.read, AccountId(account_id))
            and self._app_passwords_only()
        )

    async def scram_secret(self, login_name: str, protocol: MailProtocol | None = None) -> ScramSecret | None:
        account_id = routing.account_named(self._database.read, login_name)
        rows = self._database.read(
            "SELECT scram_salt, scram_iterations, scram_stored_key, scram_server_key, password_hash FROM account"
            " WHERE account_id = ? AND is_disabled = 0",
            (account_id,),
        )
        if not rows or account_id is None:
            return None
        found = [] if protocol is None else app_passwords.scram_secrets(
            self._database.read, account_id, bytes(rows[0][0]), protocol
        )  # fmt: skip
        if rows[0][4] != passwords.NO_PASSWORD and not self._is_refused(account_id, protocol):
            found.insert(0, ScramSecret(*rows[0][:4]))
        return replace(found[0], others=tuple(found[1:])) if found else None

    async def has_app_password(self, account_id: AccountId, app_password_id: AppPasswordId) -> bool:
        return bool(
            self._database.read(
                "SELECT 1 FROM app_password WHERE app_password_id = ? AND account_id = ?", (app_password_id, account_id)
            )
        )

    def logged_in(self, principal: Principal) -> None:
        self.last_seen.note(principal)

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

    def _principal(self, account_id: int, login_name: str, app_password_id: AppPasswordId | None = None) -> Principal:
        rows = self._database.read(
            f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE account_id = ? AND is_disabled = 0",
            (account_id,),
        )
        if not rows:
            raise wrong_login(login_name)
        account = account_of(rows[0])
        return Principal(
            account.account_id, account.address, account.display_name, account.role, login_name, app_password_id
        )


def wrong_login(login_name: str) -> NotPermitted:
    """The one answer to every failed login."""
    return NotPermitted(
        "wrong user name or password", meaning=Meaning.AUTHENTICATION_FAILED, detail=f"login {login_name!r}"
    )
