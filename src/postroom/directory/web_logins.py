"""Logins to the console and tokens of its API: only digests of what browsers and programs hold are kept."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.directory import second_factor
from postroom.directory.account_rows import ACCOUNT_COLUMNS, account_of
from postroom.model.database import Database, Row, Transaction
from postroom.model.errors import Fault, Malformed, NotFound, OverLimit
from postroom.model.ids import AccountId
from postroom.model.operation.logins import ApiToken, WebSession
from postroom.model.ports import Clock

_MOST_SESSIONS = 50  # of one account: the oldest goes
_MOST_TOKENS = 200  # of one account
_SEEN_EVERY = 60  # seconds between two marks that a session or a token was used
_COLUMNS = ", ".join(f"a.{name}" for name in ACCOUNT_COLUMNS.split(", "))
_WIDTH = len(ACCOUNT_COLUMNS.split(", "))
_ACTIVE = "a.is_disabled = 0"


class LocalWebLogins:
    """See admin.ports.WebLogins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def domains_of(self, account_id: AccountId) -> frozenset[str]:
        """What a domain administrator administers."""
        rows = self._database.read("SELECT domain FROM domain_administrator WHERE account_id = ?", (account_id,))
        return frozenset(row[0] for row in rows)

    def session(self, token_hash: bytes) -> WebSession | None:
        """None also where the account is disabled, or has a new password since."""
        rows = self._database.read(
            f"SELECT {_COLUMNS}, s.created_at, s.seen_at, s.address, s.user_agent FROM web_session s"
            " JOIN account a ON a.account_id = s.account_id AND a.credential_version = s.version"
            f" WHERE s.token_hash = ? AND {_ACTIVE}",
            (token_hash,),
        )
        return WebSession(token_hash, account_of(rows[0][:_WIDTH]), *rows[0][_WIDTH:]) if rows else None

    async def start_session(
        self, token_hash: bytes, account_id: AccountId, now: int, origin: tuple[str, str], oldest: int
    ) -> None:
        """`origin` is address and user agent; sessions of anybody that were made before `oldest` are forgotten."""

        def operation(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM web_session WHERE created_at < ?", (oldest,))
            transaction.execute(
                "DELETE FROM web_session WHERE account_id = ? AND token_hash NOT IN"
                " (SELECT token_hash FROM web_session WHERE account_id = ? ORDER BY seen_at DESC LIMIT ?)",
                (account_id, account_id, _MOST_SESSIONS - 1),
            )
            transaction.execute(
                "INSERT INTO web_session SELECT ?, account_id, credential_version, ?, ?, ?, ? FROM account"
                " WHERE account_id = ?",
                (token_hash, now, now, *origin, account_id),
            )

        await self._database.write(operation)

    async def seen(self, session: WebSession, now: int) -> None:
        """It was used; written once a minute at most."""
        if now - session.seen_at >= _SEEN_EVERY:
            sql = "UPDATE web_session SET seen_at = ? WHERE token_hash = ?"
            await self._database.write(lambda transaction: transaction.execute(sql, (now, session.token_hash)))

    async def keep_session(self, token_hash: bytes) -> None:
        """It outlives a change of the password that it made."""
        sql = (
            "UPDATE web_session SET version = (SELECT credential_version FROM account a"
            " WHERE a.account_id = web_session.account_id) WHERE token_hash = ?"
        )
        await self._database.write(lambda transaction: transaction.execute(sql, (token_hash,)))

    async def end_session(self, token_hash: bytes) -> None:
        sql = "DELETE FROM web_session WHERE token_hash = ?"
        await self._database.write(lambda transaction: transaction.execute(sql, (token_hash,)))

    async def end_sessions(self, account_id: AccountId, but: bytes = b"") -> None:
        """All of an account, or all others."""
        sql = "DELETE FROM web_session WHERE account_id = ? AND token_hash <> ?"
        await self._database.write(lambda transaction: transaction.execute(sql, (account_id, but)))

    def token(self, token_hash: bytes) -> ApiToken | None:
        """None also where the account is disabled; one that has expired is given, and refused by who asks."""
        rows = self._database.read(f"{_TOKENS} WHERE t.token_hash = ? AND {_ACTIVE}", (token_hash,))
        return _token(rows[0]) if rows else None

    async def token_used(self, token: ApiToken, now: int) -> None:
        if now - (token.used_at or 0) >= _SEEN_EVERY:
            sql = "UPDATE api_token SET used_at = ? WHERE token_id = ?"
            await self._database.write(lambda transaction: transaction.execute(sql, (now, token.token_id)))

    def tokens(self, account_id: AccountId | None) -> list[ApiToken]:
        """Of one account, or all; the newest first."""
        where, parameters = (" WHERE t.account_id = ?", (account_id,)) if account_id is not None else ("", ())
        return [_token(row) for row in self._database.read(f"{_TOKENS}{where} ORDER BY t.token_id DESC", parameters)]

    def add_token(
        self,
        transaction: Transaction,
        token_hash: bytes,
        account_id: AccountId,
        what: tuple[str, Sequence[str]],
        times: tuple[int, int | None],
    ) -> int:
        """`what` is name and scopes, `times` now and the end. Returns its number. Raises OverLimit."""
        have = transaction.execute("SELECT count(*) FROM api_token WHERE account_id = ?", (account_id,))[0][0]
        if have >= _MOST_TOKENS:
            raise OverLimit(f"an account has at most {_MOST_TOKENS} API tokens")
        name, scopes = what
        rows = transaction.execute(
            "INSERT INTO api_token (token_hash, account_id, name, scopes, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING token_id",
            (token_hash, account_id, name, " ".join(scopes), *times),
        )
        return int(rows[0][0])

    def remove_token(self, transaction: Transaction, token_id: int, account_id: AccountId | None) -> str:
        """Of this account, or anybody's; returns its name. Raises NotFound."""
        rows = transaction.execute(
            "DELETE FROM api_token WHERE token_id = ? AND (? IS NULL OR account_id = ?) RETURNING name",
            (token_id, account_id, account_id),
        )
        if not rows:
            raise NotFound("there is no such API token")
        return str(rows[0][0])


_TOKENS = (
    f"SELECT {_COLUMNS}, t.token_id, t.name, t.scopes, t.created_at, t.expires_at, t.used_at"
    " FROM api_token t JOIN account a ON a.account_id = t.account_id"
)


def _token(row: Row) -> ApiToken:
    token_id, name, scopes, created_at, expires_at, used_at = row[_WIDTH:]
    words = frozenset(scopes.split())
    return ApiToken(token_id, account_of(row[:_WIDTH]), name, words, created_at, expires_at, used_at)


class LocalSecondFactors:
    """See admin.ports.identity.SecondFactors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def is_set(self, account_id: AccountId) -> bool:
        return second_factor.is_on(self._database.read, account_id)

    async def check(self, account_id: AccountId, code: str) -> bool:
        now = self._clock.now()
        return await self._database.write(lambda transaction: second_factor.verify(transaction, account_id, code, now))

    async def prepare(self, account_id: AccountId) -> str:
        return await self._database.write(lambda transaction: second_factor.begin(transaction, account_id))

    async def confirm(self, account_id: AccountId, code: str) -> list[str]:
        now = self._clock.now()
        codes = await self._database.write(
            lambda transaction: second_factor.confirm(transaction, account_id, code, now)
        )
        if codes is None:
            raise Malformed(
                "this code is wrong; look at the clock of the device", faults=[Fault("code", "a wrong code")]
            )
        return codes

    async def remove(self, account_id: AccountId) -> None:
        await self._database.write(lambda transaction: second_factor.remove(transaction, account_id))
