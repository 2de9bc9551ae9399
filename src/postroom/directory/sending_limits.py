"""LocalSendingLimits: how large attachments may be, and how many recipients elsewhere accounts and domains had in the last 24 hours; see model.ports.SendingLimits.

Counted by the hour in the server's own database, so that all workers count together and a restart forgets nothing. An account has the limit of the settings or
its own; a domain has one only where an administrator gave it one.
"""

from __future__ import annotations

from postroom.model.database import Database, Read, Transaction
from postroom.model.errors import Meaning, OverLimit
from postroom.model.ids import AccountId
from postroom.model.ports import Clock

_HOUR = 3600
_HOURS = 24


class LocalSendingLimits:
    """See the module."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def check(self, account_id: AccountId, count: int, usual: int) -> None:
        self._check(self._database.read, account_id, count, usual)

    async def take(self, account_id: AccountId, count: int, usual: int) -> None:
        def operation(transaction: Transaction) -> None:
            self._check(transaction.execute, account_id, count, usual)
            self._add(transaction, account_id, count)

        await self._database.write(operation)

    async def give_back(self, account_id: AccountId, count: int) -> None:
        await self._database.write(lambda transaction: self._add(transaction, account_id, -count))

    async def largest_attachment(self, account_id: AccountId) -> int | None:
        rows = self._database.read(
            "SELECT domain.largest_attachment FROM account JOIN domain ON domain.name = account.domain"
            " WHERE account.account_id = ?",
            (account_id,),
        )
        return rows[0][0] if rows else None

    def _check(self, read: Read, account_id: AccountId, count: int, usual: int) -> None:
        rows = read(
            "SELECT account.sending_limit, domain.name, domain.sending_limit FROM account"
            " LEFT JOIN domain ON domain.name = account.domain WHERE account.account_id = ?",
            (account_id,),
        )
        own, domain, of_domain = rows[0] if rows else (None, None, None)
        limit = usual if own is None else own
        if limit and self._sent(read, str(account_id)) + count > limit:
            raise _too_many(f"this account may send to at most {limit} recipients on other servers in 24 hours")
        if of_domain is not None and self._sent(read, f"@{domain}") + count > of_domain:
            raise _too_many(f"this domain may send to at most {of_domain} recipients on other servers in 24 hours")

    def _sent(self, read: Read, subject: str) -> int:
        hour = self._clock.now() // _HOUR
        rows = read(
            "SELECT coalesce(sum(sent), 0) FROM sending_count WHERE subject = ? AND hour > ?", (subject, hour - _HOURS)
        )
        return max(0, int(rows[0][0]))

    def _add(self, transaction: Transaction, account_id: AccountId, count: int) -> None:
        hour = self._clock.now() // _HOUR
        domain = transaction.execute("SELECT domain FROM account WHERE account_id = ?", (account_id,))
        for subject in (str(account_id), *(f"@{row[0]}" for row in domain)):
            transaction.execute(
                "INSERT INTO sending_count (subject, hour, sent) VALUES (?, ?, ?)"
                " ON CONFLICT (subject, hour) DO UPDATE SET sent = sending_count.sent + excluded.sent",
                (subject, hour, count),
            )
            transaction.execute("DELETE FROM sending_count WHERE subject = ? AND hour <= ?", (subject, hour - _HOURS))


def _too_many(text: str) -> OverLimit:
    return OverLimit(text + "; try again later", meaning=Meaning.SENDING_LIMIT)
