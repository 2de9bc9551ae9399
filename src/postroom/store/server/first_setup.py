"""The one-time link of a first start: a digest of its token, good for a day, until the set-up is finished."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from postroom.model.database import Database, Transaction

_NAME = "first setup"
_LIFE = 86_400  # seconds; a later start makes another
_OCTETS = 32
PREFIX = "setup_"


class DatabaseFirstSetup:
    """See admin.ports.identity.FirstSetup. The row is there until the set-up is finished: digest, then the end in eight octets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def is_open(self) -> bool:
        return bool(self._database.read("SELECT 1 FROM secret WHERE name = ?", (_NAME,)))

    async def begin(self, now: int) -> str:
        """A new token; the one before is good no more."""
        token = PREFIX + secrets.token_urlsafe(_OCTETS)
        value = _digest(token) + (now + _LIFE).to_bytes(8, "big")
        sql = "INSERT OR REPLACE INTO secret VALUES (?, ?)"
        await self._database.write(lambda transaction: transaction.execute(sql, (_NAME, value)))
        return token

    def accepts(self, token: str, now: int) -> bool:
        rows = self._database.read("SELECT value FROM secret WHERE name = ?", (_NAME,))
        if not rows:
            return False
        digest, until = bytes(rows[0][0][:32]), int.from_bytes(rows[0][0][32:], "big")
        return hmac.compare_digest(digest, _digest(token)) and now < until

    def finish(self, transaction: Transaction) -> None:
        transaction.execute("DELETE FROM secret WHERE name = ?", (_NAME,))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
