"""DatabaseTransport: MTA-STS policies and counts for TLS reports, in the server's database."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.model.database import Database, Transaction
from postroom.model.relaying.transport import KeptPolicy, TlsOutcome

KEPT_DAYS = 14  # of counts: a report is of the day before
MOST_POLICIES = 100_000  # domains; the oldest make room


class DatabaseTransport:
    """See model.ports.TransportStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def policy(self, domain: str) -> KeptPolicy | None:
        found = self._database.read("SELECT policy_id, body, fetched_at FROM sts_policy WHERE domain = ?", (domain,))
        return KeptPolicy(found[0][0], bytes(found[0][1]), found[0][2]) if found else None

    async def keep_policy(self, domain: str, policy: KeptPolicy) -> None:
        def write(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO sts_policy (domain, policy_id, body, fetched_at) VALUES (?, ?, ?, ?) ON CONFLICT (domain)"
                " DO UPDATE SET policy_id = excluded.policy_id, body = excluded.body, fetched_at = excluded.fetched_at",
                (domain, policy.policy_id, policy.body, policy.fetched_at),
            )
            transaction.execute(
                "DELETE FROM sts_policy WHERE fetched_at < (SELECT fetched_at FROM sts_policy ORDER BY fetched_at DESC"
                " LIMIT 1 OFFSET ?)",
                (MOST_POLICIES,),
            )

        await self._database.write(write)

    async def count_tls(self, counts: Mapping[TlsOutcome, int]) -> None:
        def write(transaction: Transaction) -> None:
            transaction.execute_many(
                "INSERT INTO tls_outcome (day, domain, policy, host, failure, sessions) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (day, domain, policy, host, failure) DO UPDATE SET sessions = sessions + excluded.sessions",
                [(one.day, one.domain, one.policy, one.host, one.failure, count) for one, count in counts.items()],
            )
            newest = max(one.day for one in counts)
            transaction.execute("DELETE FROM tls_outcome WHERE day < ?", (newest - KEPT_DAYS,))

        await self._database.write(write, heavy=True)

    async def tls_counts(self, day: int) -> dict[TlsOutcome, int]:
        found = await self._database.scan(
            "SELECT domain, policy, host, failure, sessions FROM tls_outcome WHERE day = ? ORDER BY domain, policy, host, failure",
            (day,),
        )
        return {TlsOutcome(day, *row[:4]): row[4] for row in found}
