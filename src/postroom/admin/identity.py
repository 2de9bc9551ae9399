"""Identity: logging in to the console, sessions of browsers, tokens of the API.

What a browser or a program holds is 256 bits of chance; here only its SHA-256 is known. A session ends when it is idle, at its age, with a new password, and
when the account is disabled or loses its role.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from postroom.admin.operator import OF_DOMAINS, Operator, Scope
from postroom.admin.ports.accounts import AccountStore
from postroom.admin.ports.identity import Auditor, FirstSetup, SecondFactors, WebLogins
from postroom.model.account import Account, Role
from postroom.model.address import Address
from postroom.model.administration import AccountChange, AuditNote
from postroom.model.errors import Malformed, Meaning, NotPermitted
from postroom.model.ids import AccountId
from postroom.model.operation.logins import ApiToken, WebSession
from postroom.model.ports import Clock, Directory, LoginDelays
from postroom.settings.console import ConsoleSettings

log = structlog.get_logger()

TOKEN_PREFIX = "prt_"  # an API token is told from other secrets at sight, and found by scanners for leaked ones
_OCTETS = 32
_PROTOCOL = "console"
_LONGEST_NAME = 100
_LONGEST_LIFE = 3650  # days of an API token
_LONGEST_AGENT = 200


_NOBODY_YET = Account(AccountId(0), Address("", ""), "First set-up", Role.ADMINISTRATOR, False, None, 0)


class SecondFactorWanted(NotPermitted):
    """The password was right, and a code is wanted too."""


@dataclass(frozen=True, slots=True)
class Origin:
    """From where a login comes. `is_trusted`: a network that waits for nothing."""

    address: str
    limit_key: str
    user_agent: str
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """Who is inside, and as what."""

    account: Account
    operator: Operator
    has_second_factor: bool
    must_set_second_factor: bool
    """Nothing else is allowed until it is set."""
    session: WebSession | None
    """None for an API token."""


@dataclass(frozen=True, slots=True)
class IdentityPorts:
    """What Identity asks."""

    directory: Directory
    accounts: AccountStore
    logins: WebLogins
    factors: SecondFactors
    setup: FirstSetup
    delays: LoginDelays
    auditor: Auditor
    clock: Clock


class Identity:
    """`settings` are those in force."""

    def __init__(self, ports: IdentityPorts, settings: Callable[[], ConsoleSettings]) -> None:
        self._ports = ports
        self._settings = settings

    async def login(self, login: str, password: str, code: str, origin: Origin) -> tuple[str, Entered]:
        """The token for the browser, and who is inside. Raises NotPermitted (AUTHENTICATION_FAILED; SecondFactorWanted), TryLater."""
        ports = self._ports
        await self._wait(login, origin)
        try:
            principal = await ports.directory.authenticate(login, password)
            account = await ports.directory.account(principal.account_id)
            if account is None or account.is_disabled:
                raise wrong_login()
            await self._check_code(account, code)
        except SecondFactorWanted:
            raise
        except NotPermitted:
            ports.delays.failed(origin.limit_key, login)
            log.warning("login failed", protocol=_PROTOCOL, login=login[:128], peer=origin.address)
            raise wrong_login() from None
        ports.delays.succeeded(origin.limit_key, login)
        log.info("login", protocol=_PROTOCOL, account=str(account.address), peer=origin.address)
        ports.directory.logged_in(principal)
        if account.role is Role.USER:
            raise NotPermitted("this account administers nothing here")
        token = secrets.token_urlsafe(_OCTETS)
        now = ports.clock.now()
        agent = origin.user_agent[:_LONGEST_AGENT]
        oldest = now - self._settings().session_life * 3600
        await ports.logins.start_session(digest(token), account.account_id, now, (origin.address, agent), oldest)
        await ports.auditor.change(
            self.operator(account, origin.address), "logged in to the console", str(account.address), lambda _: None
        )
        entered = await self.by_session(token, origin.address)
        if entered is None:
            raise wrong_login()
        return token, entered

    async def by_session(self, token: str, address: str) -> Entered | None:
        """Who holds this token; None for nobody."""
        session = self._ports.logins.session(digest(token))
        if session is None:
            return None
        now, settings = self._ports.clock.now(), self._settings()
        if now - session.seen_at > settings.idle_time * 60 or now - session.created_at > settings.session_life * 3600:
            await self._ports.logins.end_session(session.token_hash)
            return None
        if session.account.role is Role.USER:
            return None
        await self._ports.logins.seen(session, now)
        has_factor = self._ports.factors.is_set(session.account.account_id)
        must_set = settings.second_factor_required and not has_factor
        operator = self.operator(session.account, address, frozenset() if must_set else None)
        return Entered(session.account, operator, has_factor, must_set, session)

    async def by_token(self, token: str, address: str) -> Entered | None:
        """Who holds this API token; None for nobody."""
        now = self._ports.clock.now()
        if self._ports.setup.accepts(token, now):
            return Entered(_NOBODY_YET, Operator("first set-up", address=address), False, False, None)
        found = self._ports.logins.token(digest(token))
        if found is None or found.account.role is Role.USER or (found.expires_at or now + 1) <= now:
            return None
        await self._ports.logins.token_used(found, now)
        scopes = frozenset(scope for scope in Scope if scope.value in found.scopes)
        operator = self.operator(found.account, address, scopes, f"token {found.name}")
        return Entered(found.account, operator, False, False, None)

    def operator(
        self, account: Account, address: str, scopes: frozenset[Scope] | None = None, by: str = ""
    ) -> Operator:
        """What an account may."""
        is_everywhere = account.role is Role.ADMINISTRATOR
        domains = None if is_everywhere else self._ports.logins.domains_of(account.account_id)
        allowed = frozenset(Scope) if is_everywhere else OF_DOMAINS
        name = f"{account.address} ({by})" if by else str(account.address)
        given = allowed if scopes is None else scopes & allowed
        return Operator(name, domains, given, account.account_id, address)

    async def logout(self, token: str) -> None:
        await self._ports.logins.end_session(digest(token))

    def tokens(self, entered: Entered) -> list[ApiToken]:
        """One's own; an administrator of the whole server sees all."""
        everything = entered.account.role is Role.ADMINISTRATOR
        return self._ports.logins.tokens(None if everything else entered.account.account_id)

    async def add_token(
        self, entered: Entered, name: str, scopes: Sequence[Scope], days: int | None
    ) -> tuple[int, str]:
        """Its number, and the token itself: never shown again. Raises Malformed, NotPermitted for a scope that one has not."""
        _require_person(entered)
        name = name.strip()
        if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
            raise Malformed(f"name: 1 to {_LONGEST_NAME} printable characters are wanted")
        if not scopes:
            raise Malformed("scopes: name at least one")
        if days is not None and not 1 <= days <= _LONGEST_LIFE:
            raise Malformed(f"days: 1 to {_LONGEST_LIFE} is wanted")
        for scope in scopes:
            entered.operator.require(scope)
        token = TOKEN_PREFIX + secrets.token_urlsafe(_OCTETS)
        now = self._ports.clock.now()
        times = (now, now + days * 86_400 if days else None)
        words = sorted({scope.value for scope in scopes})
        account_id = entered.account.account_id
        number = await self._ports.auditor.change(
            entered.operator,
            f"API token added ({', '.join(words)})",
            name,
            lambda transaction: self._ports.logins.add_token(
                transaction, digest(token), account_id, (name, words), times
            ),
        )
        return number, token

    async def remove_token(self, entered: Entered, token_id: int) -> None:
        """Raises NotFound, also for one of somebody else where one may not."""
        _require_person(entered)
        of = None if entered.account.role is Role.ADMINISTRATOR else entered.account.account_id
        await self._ports.auditor.change(
            entered.operator,
            "API token removed",
            str(token_id),
            lambda transaction: self._ports.logins.remove_token(transaction, token_id, of),
        )

    async def prepare_second_factor(self, entered: Entered, password: str, origin: Origin) -> str:
        """A new secret that waits for its first code. Raises NotPermitted for a wrong password."""
        await self.confirm_password(entered, password, origin)
        return await self._ports.factors.prepare(entered.account.account_id)

    async def confirm_second_factor(self, entered: Entered, code: str) -> list[str]:
        """Recovery codes, shown once. Raises Malformed for a wrong code."""
        _require_person(entered)
        codes = await self._ports.factors.confirm(entered.account.account_id, code)
        await self._audit(entered, "second factor set")
        return codes

    async def remove_second_factor(self, entered: Entered, password: str, code: str, origin: Origin) -> None:
        """Raises NotPermitted for a wrong password or code."""
        await self.confirm_password(entered, password, origin)
        if not await self._ports.factors.check(entered.account.account_id, code):
            self._ports.delays.failed(origin.limit_key, str(entered.account.address))
            raise NotPermitted("this code is wrong or was used", meaning=Meaning.AUTHENTICATION_FAILED)
        await self._ports.factors.remove(entered.account.account_id)
        await self._audit(entered, "second factor removed")

    async def change_password(self, entered: Entered, old: str, new: str, origin: Origin, token: str) -> None:
        """One's own; all other sessions end. Raises NotPermitted (old), Malformed (new)."""
        await self.confirm_password(entered, old, origin)
        account_id = entered.account.account_id
        note = AuditNote(entered.operator.name, "own password changed", str(entered.account.address), origin.address)
        await self._ports.accounts.change_account(account_id, AccountChange(password=new), _no_guard, [note])
        await self._ports.logins.keep_session(digest(token))
        await self._ports.logins.end_sessions(account_id, digest(token))

    async def end_other_sessions(self, entered: Entered) -> None:
        _require_person(entered)
        assert entered.session is not None
        await self._ports.logins.end_sessions(entered.account.account_id, entered.session.token_hash)

    async def confirm_password(self, entered: Entered, password: str, origin: Origin) -> None:
        """Raises NotPermitted."""
        _require_person(entered)
        login = str(entered.account.address)
        await self._wait(login, origin)
        try:
            await self._ports.directory.authenticate(login, password)
        except NotPermitted:
            self._ports.delays.failed(origin.limit_key, login)
            raise NotPermitted("this is not your password", meaning=Meaning.AUTHENTICATION_FAILED) from None

    async def _check_code(self, account: Account, code: str) -> None:
        if not self._ports.factors.is_set(account.account_id):
            return
        if not code:
            raise SecondFactorWanted("a code of your second factor is wanted", meaning=Meaning.AUTHENTICATION_FAILED)
        if not await self._ports.factors.check(account.account_id, code):
            raise wrong_login()

    async def _audit(self, entered: Entered, what: str) -> None:
        await self._ports.auditor.change(entered.operator, what, str(entered.account.address), lambda _: None)

    async def _wait(self, login: str, origin: Origin) -> None:
        seconds = 0.0 if origin.is_trusted else self._ports.delays.delay(origin.limit_key, login)
        if seconds:
            await asyncio.sleep(seconds)


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_token(token: str) -> str:
    """What a page shows to prove that it belongs to the session of this token; it does not lead back to the token."""
    return hashlib.sha256(b"csrf:" + token.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def wrong_login() -> NotPermitted:
    """The one answer to every failed login."""
    return NotPermitted("wrong user name, password or code", meaning=Meaning.AUTHENTICATION_FAILED)


def _no_guard(account: Account, administers: frozenset[str]) -> None:
    """Whoever has shown a password may change it."""


def _require_person(entered: Entered) -> None:
    if entered.session is None:
        raise NotPermitted("this needs a person who is logged in, not an API token")
