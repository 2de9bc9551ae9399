"""LocalDomainKeys: the keys that sign mail of our domains, in the server's own database; see model.ports.DomainKeys.

A domain has at most one pair (RSA and Ed25519) in each of the states next and active. Private keys lie in the database file, which only its owner reads, and
are forgotten when a pair is retired; its records stay listed for a while, since mail that it signed is on its way.
"""

from __future__ import annotations

from collections.abc import Sequence

from postroom.model.account import DomainKey, KeyState
from postroom.model.database import Database, Read, Row, Transaction

_COLUMNS = "domain, selector, kind, record, private_key, state, created_at, active_at, retired_at"
_RSA_FIRST = "kind DESC"  # what reads one signature reads the first, and not everybody knows Ed25519 (RFC 8463 §3)


def _key(row: Row) -> DomainKey:
    return DomainKey(
        row[0], row[1], row[2], row[3], bytes(row[4]) if row[4] is not None else None, KeyState(row[5]), *row[6:]
    )


def domain_keys(read: Read, domain: str) -> list[DomainKey]:
    """The newest first."""
    rows = read(
        f"SELECT {_COLUMNS} FROM domain_key WHERE domain = ? ORDER BY created_at DESC, {_RSA_FIRST}, selector",
        (domain,),
    )
    return [_key(row) for row in rows]


def add_keys(transaction: Transaction, keys: Sequence[DomainKey]) -> bool:
    """See DomainKeys.add; the keys are of one domain and one state."""
    one = keys[0]
    if not transaction.execute("SELECT 1 FROM domain WHERE name = ?", (one.domain,)) or transaction.execute(
        "SELECT 1 FROM domain_key WHERE domain = ? AND state = ? LIMIT 1", (one.domain, one.state.value)
    ):
        return False
    transaction.execute_many(
        f"INSERT INTO domain_key ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                key.domain,
                key.selector,
                key.kind,
                key.record,
                key.private_key,
                key.state.value,
                key.created_at,
                key.active_at,
                key.retired_at,
            )
            for key in keys
        ],
    )
    return True


def activate_keys(transaction: Transaction, domain: str, now: int) -> bool:
    """See DomainKeys.activate."""
    if not transaction.execute("SELECT 1 FROM domain_key WHERE domain = ? AND state = 'next' LIMIT 1", (domain,)):
        return False
    transaction.execute(
        "UPDATE domain_key SET state = 'retired', retired_at = ?, private_key = NULL WHERE domain = ? AND state = 'active'",
        (now, domain),
    )
    transaction.execute(
        "UPDATE domain_key SET state = 'active', active_at = ? WHERE domain = ? AND state = 'next'", (now, domain)
    )
    return True


class LocalDomainKeys:
    """See the module."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keys(self, domain: str) -> list[DomainKey]:
        return domain_keys(self._database.read, domain)

    async def active(self, domain: str) -> list[DomainKey]:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM domain_key WHERE domain = ? AND state = 'active' ORDER BY {_RSA_FIRST}", (domain,)
        )
        return [_key(row) for row in rows]

    async def add(self, keys: Sequence[DomainKey]) -> bool:
        return await self._database.write(lambda transaction: add_keys(transaction, keys))

    async def activate(self, domain: str, now: int) -> bool:
        return await self._database.write(lambda transaction: activate_keys(transaction, domain, now))

    async def forget_retired(self, before: int) -> int:
        def operation(transaction: Transaction) -> int:
            gone = transaction.execute("DELETE FROM domain_key WHERE retired_at < ? RETURNING 1", (before,))
            return len(gone)

        if not self._database.read("SELECT 1 FROM domain_key WHERE retired_at < ? LIMIT 1", (before,)):
            return 0
        return await self._database.write(operation)
