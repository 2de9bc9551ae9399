"""Ports of logging in to the console: sessions, tokens, second factors, delays after wrong passwords, the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from postroom.model.database import Transaction
from postroom.model.ids import AccountId
from postroom.model.operation.logins import ApiToken, Changer, WebSession

T = TypeVar("T")


class Auditor(Protocol):
    """Changes of the server's database, each with its line in the audit log."""

    async def change(self, changer: Changer, what: str, subject: str, operation: Callable[[Transaction], T]) -> T:
        """In one transaction with the line."""


class WebLogins(Protocol):
    """Logins to the console and tokens of its API, by the SHA-256 of what the other side holds."""

    def domains_of(self, account_id: AccountId) -> frozenset[str]:
        """What a domain administrator administers."""

    def session(self, token_hash: bytes) -> WebSession | None:
        """None also where the account is disabled, or has a new password since."""

    async def start_session(
        self, token_hash: bytes, account_id: AccountId, now: int, origin: tuple[str, str], oldest: int
    ) -> None:
        """`origin` is address and user agent; sessions of anybody that were made before `oldest` are forgotten."""

    async def seen(self, session: WebSession, now: int) -> None:
        """It was used."""

    async def keep_session(self, token_hash: bytes) -> None:
        """It outlives a change of the password that it made."""

    async def end_session(self, token_hash: bytes) -> None: ...

    async def end_sessions(self, account_id: AccountId, but: bytes = b"") -> None:
        """All of an account, or all others."""

    def token(self, token_hash: bytes) -> ApiToken | None:
        """None also where the account is disabled; one that has expired is given."""

    async def token_used(self, token: ApiToken, now: int) -> None: ...

    def tokens(self, account_id: AccountId | None) -> list[ApiToken]:
        """Of one account, or all; the newest first."""

    def add_token(
        self,
        transaction: Transaction,
        token_hash: bytes,
        account_id: AccountId,
        what: tuple[str, Sequence[str]],
        times: tuple[int, int | None],
    ) -> int:
        """`what` is name and scopes, `times` now and the end. Returns its number. Raises OverLimit."""

    def remove_token(self, transaction: Transaction, token_id: int, account_id: AccountId | None) -> str:
        """Of this account, or anybody's; returns its name. Raises NotFound."""


class FirstSetup(Protocol):
    """The one-time link of a first start."""

    @property
    def is_open(self) -> bool:
        """Until the set-up is finished."""

    def accepts(self, token: str, now: int) -> bool:
        """Whether this is the token of the link."""

    def finish(self, transaction: Transaction) -> None:
        """The link is good no more."""


class SecondFactors(Protocol):
    """Time-based one-time passwords (RFC 6238) and recovery codes of accounts."""

    def is_set(self, account_id: AccountId) -> bool: ...

    async def check(self, account_id: AccountId, code: str) -> bool:
        """Whether the code is right now; each is good once."""

    async def prepare(self, account_id: AccountId) -> str:
        """A new secret (base32) that waits for its first code. Raises Conflict where one is in force."""

    async def confirm(self, account_id: AccountId, code: str) -> list[str]:
        """The secret that waits is in force; returns recovery codes, shown once. Raises Malformed for a wrong code."""

    async def remove(self, account_id: AccountId) -> None: ...
