"""LastSeen: when an account, and each of its app passwords, was last logged in with. Kept in memory and written together, off the way of a login.

A phone logs in every few minutes: nobody needs that time to the second, and a write for each would cost a sync of the disk.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from postroom.model.account import Principal
from postroom.model.database import Database, Transaction
from postroom.model.errors import MailError
from postroom.model.ids import AccountId, AppPasswordId

log = structlog.get_logger()

_WRITE_EVERY = 60.0  # seconds: what a crash loses
_MAX_NOTED = 20_000  # logins between two writes; those beyond are told by the next one


class LastSeen:
    """One per process; `run` writes until cancelled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._accounts: dict[AccountId, int] = {}
        self._app_passwords: dict[AppPasswordId, int] = {}

    def note(self, principal: Principal) -> None:
        """A login now."""
        now = int(time.time())
        if len(self._accounts) < _MAX_NOTED or principal.account_id in self._accounts:
            self._accounts[principal.account_id] = now
        app_password_id = principal.app_password_id
        if app_password_id is not None and len(self._app_passwords) < _MAX_NOTED:
            self._app_passwords[app_password_id] = now

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_WRITE_EVERY)
            try:
                await self.write()
            except MailError as error:
                log.error("last logins can't be kept", reason=error.detail or error.public)

    async def write(self) -> None:
        """What was noted since the last time; noted again where it fails. Raises TryLater."""
        accounts, app_passwords = self._accounts, self._app_passwords
        if not accounts and not app_passwords:
            return
        self._accounts, self._app_passwords = {}, {}

        def operation(transaction: Transaction) -> None:
            transaction.execute_many(
                "UPDATE account SET last_login_at = ? WHERE account_id = ?", [(at, one) for one, at in accounts.items()]
            )
            transaction.execute_many(
                "UPDATE app_password SET last_used_at = ? WHERE app_password_id = ?",
                [(at, one) for one, at in app_passwords.items()],
            )

        try:
            await self._database.write(operation, heavy=len(accounts) > 200)
        except MailError:
            self._accounts = {**accounts, **self._accounts}
            self._app_passwords = {**app_passwords, **self._app_passwords}
            raise
