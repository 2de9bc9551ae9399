"""DatabaseGreylist: who has sent here before, in the server's database, so that all workers know the same.

A network that is known costs a read, inline, and a write a day. Waiting digests and known networks are bounded apart, so that a flood of new names drives out nobody who is known.
"""

from __future__ import annotations

from postroom.model.database import Database, Transaction
from postroom.model.ports import GreylistTerms

WAITING_MOST = 200_000  # rows of some 60 octets: a flood costs 12 MB
KNOWN_MOST = 200_000
WINDOW = (
    86_400  # seconds in which the second try must come: the longest waits of mail servers are hours (RFC 5321 §4.5.4.1)
)
_NOTE_EVERY = 86_400  # seconds: how exactly the last visit of a known network is known
_PRUNE_EVERY = 500  # new rows of this process

_PUT = (
    "INSERT INTO greylist (digest, is_known, first_at, seen_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (digest) DO UPDATE SET is_known = excluded.is_known, first_at = excluded.first_at, seen_at = excluded.seen_at"
)
_DROP_OLDEST = (
    "DELETE FROM greylist WHERE digest IN (SELECT digest FROM greylist WHERE is_known = ? ORDER BY seen_at LIMIT ?)"
)


class DatabaseGreylist:
    """See model.ports.GreylistStore."""

    def __init__(self, database: Database, *, waiting_most: int = WAITING_MOST, known_most: int = KNOWN_MOST) -> None:
        self._database = database
        self._most = (waiting_most, known_most)
        self._until_pruning = 1

    async def meet(self, network: bytes, triplet: bytes, terms: GreylistTerms) -> int:
        now = terms.now
        seen_at = self._times(network, is_known=1)[1]
        if seen_at is not None and now - seen_at <= terms.lifetime:
            if abs(now - seen_at) >= _NOTE_EVERY:  # a clock that was wrong is put right, too
                await self._put(network, 1, terms)
            return 0
        first_at = self._times(triplet, is_known=0)[0]
        if first_at is None or not 0 <= now - first_at <= max(WINDOW, 2 * terms.delay):
            await self._put(triplet, 0, terms)
            return terms.delay
        if now - first_at < terms.delay:
            return terms.delay - (now - first_at)
        await self._put(network, 1, terms)
        return 0

    def _times(self, digest: bytes, *, is_known: int) -> tuple[int | None, int | None]:
        rows = self._database.read(
            "SELECT first_at, seen_at FROM greylist WHERE digest = ? AND is_known = ?", (digest, is_known)
        )
        return (int(rows[0][0]), int(rows[0][1])) if rows else (None, None)

    async def _put(self, digest: bytes, is_known: int, terms: GreylistTerms) -> None:
        self._until_pruning -= 1
        is_pruning = self._until_pruning <= 0
        if is_pruning:
            self._until_pruning = _PRUNE_EVERY

        def operation(transaction: Transaction) -> None:
            transaction.execute(_PUT, (digest, is_known, terms.now, terms.now))
            if is_pruning:
                self._prune(transaction, terms)

        await self._database.write(operation, heavy=is_pruning)

    def _prune(self, transaction: Transaction, terms: GreylistTerms) -> None:
        for is_known, lifetime in ((0, max(WINDOW, 2 * terms.delay)), (1, terms.lifetime)):
            transaction.execute(
                "DELETE FROM greylist WHERE is_known = ? AND seen_at < ?", (is_known, terms.now - lifetime)
            )
            count = transaction.execute("SELECT count(*) FROM greylist WHERE is_known = ?", (is_known,))[0][0]
            if count > self._most[is_known]:
                transaction.execute(_DROP_OLDEST, (is_known, count - self._most[is_known]))
