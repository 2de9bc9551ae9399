"""DatabaseTlsLogins: how accounts log in over TLS, in the server's database; bounded for each account and by age."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.model.database import Database, Transaction
from postroom.model.ids import AccountId
from postroom.model.security.tls import SeenLogin, TlsLogin

KEPT = 30 * 86_400  # seconds (SPEC 3)
MOST = 50  # kinds of login for each account: a person has a few programs, and a name that changes each time drives out only its own
_LISTED = 20_000  # rows of one listing

_ADD = (
    "INSERT INTO tls_login (account_id, protocol, listener, version, cipher, client, logins, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (account_id, protocol, listener, version, cipher, client)"
    " DO UPDATE SET logins = tls_login.logins + excluded.logins, last_at = excluded.last_at"
)
_DROP_OLDEST = (
    "DELETE FROM tls_login WHERE account_id = ? AND last_at <"
    " (SELECT last_at FROM tls_login WHERE account_id = ? ORDER BY last_at DESC LIMIT 1 OFFSET ?)"
)
_LIST = (
    "SELECT a.local_part, a.domain, l.account_id, l.protocol, l.listener, l.version, l.cipher, l.client, l.logins, l.last_at"
    " FROM tls_login l JOIN account a ON a.account_id = l.account_id WHERE l.last_at >= ?"
    " ORDER BY l.last_at DESC LIMIT ?"
)


class DatabaseTlsLogins:
    """See model.ports.TlsLoginStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, seen: Mapping[TlsLogin, tuple[int, int]]) -> None:
        def write(transaction: Transaction) -> None:
            transaction.execute_many(
                _ADD,
                [
                    (one.account_id, one.protocol, one.listener, one.version, one.cipher, one.client, count, last_at)
                    for one, (count, last_at) in seen.items()
                ],
            )
            newest = max(last_at for _, last_at in seen.values())
            transaction.execute("DELETE FROM tls_login WHERE last_at < ?", (newest - KEPT,))
            transaction.execute_many(
                _DROP_OLDEST,
                [(account_id, account_id, MOST - 1) for account_id in {one.account_id for one in seen}],
            )

        await self._database.write(write, heavy=True)

    async def seen(self, now: int) -> list[SeenLogin]:
        rows = await self._database.scan(_LIST, (now - KEPT, _LISTED))
        return [SeenLogin(f"{row[0]}@{row[1]}", TlsLogin(AccountId(row[2]), *row[3:8]), row[8], row[9]) for row in rows]
