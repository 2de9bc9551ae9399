"""DatabaseAcme: orders of certificates and accounts at authorities, in the server's database."""

from __future__ import annotations

import json

from postroom.model.database import Database, Row, Transaction
from postroom.model.errors import OverLimit
from postroom.model.security.acme import AcmeAccount, AcmeOrder, ChallengeKind

MOST = 100  # orders, as many as certificates
_COLUMNS = "certificate, names, challenge, directory, email, next_try_at, renew_at, failures, fault"
_PUT = (
    f"INSERT INTO acme_order ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (certificate) DO UPDATE SET"
    " names = excluded.names, challenge = excluded.challenge, directory = excluded.directory, email = excluded.email,"
    " next_try_at = excluded.next_try_at, renew_at = excluded.renew_at, failures = excluded.failures, fault = excluded.fault"
)


class DatabaseAcme:
    """See admin.ports.certificates.AcmeStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def orders(self) -> list[AcmeOrder]:
        rows = self._database.read(f"SELECT {_COLUMNS} FROM acme_order ORDER BY certificate LIMIT ?", (MOST,))
        return [_order(row) for row in rows]

    def put_order(self, transaction: Transaction, order: AcmeOrder) -> None:
        others = transaction.execute("SELECT count(*) FROM acme_order WHERE certificate <> ?", (order.certificate,))
        if others[0][0] >= MOST:
            raise OverLimit(f"at most {MOST} certificates are ordered: remove one first")
        transaction.execute(
            _PUT,
            (
                order.certificate,
                json.dumps(order.names),
                order.challenge.value,
                order.directory,
                order.email,
                order.next_try_at,
                order.renew_at,
                order.failures,
                order.fault,
            ),
        )

    def drop_order(self, transaction: Transaction, certificate: str) -> None:
        transaction.execute("DELETE FROM acme_order WHERE certificate = ?", (certificate,))

    async def note_result(self, order: AcmeOrder) -> bool:
        def write(transaction: Transaction) -> bool:
            same = (order.certificate, json.dumps(order.names), order.challenge.value, order.directory)
            found = transaction.execute(
                "SELECT 1 FROM acme_order WHERE certificate = ? AND names = ? AND challenge = ? AND directory = ?", same
            )
            if found:
                self.put_order(transaction, order)
            return bool(found)

        return await self._database.write(write)

    def account(self, directory: str) -> AcmeAccount | None:
        rows = self._database.read("SELECT key, uri, email FROM acme_account WHERE directory = ?", (directory,))
        return AcmeAccount(directory, bytes(rows[0][0]), rows[0][1], rows[0][2]) if rows else None

    async def keep_account(self, account: AcmeAccount) -> None:
        def write(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO acme_account (directory, key, uri, email) VALUES (?, ?, ?, ?) ON CONFLICT (directory)"
                " DO UPDATE SET key = excluded.key, uri = excluded.uri, email = excluded.email",
                (account.directory, account.key, account.uri, account.email),
            )

        await self._database.write(write)

    async def forget_account(self, directory: str) -> None:
        def write(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM acme_account WHERE directory = ?", (directory,))

        await self._database.write(write)


def _order(row: Row) -> AcmeOrder:
    return AcmeOrder(
        certificate=row[0],
        names=tuple(json.loads(row[1])),
        challenge=ChallengeKind(row[2]),
        directory=row[3],
        email=row[4],
        next_try_at=row[5],
        renew_at=row[6],
        failures=row[7],
        fault=row[8],
    )
