"""Logging in, the same for every door: the plaintext gate, SASL exchanges, delays after wrong passwords, and places of logged-in sessions.

A door frames challenges and responses in its own protocol; here one exchange goes from mechanism name to Principal. A password that arrives in clear where
that is prohibited never reaches the verifier (SPEC 1.3).
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from postroom.model.account import MailProtocol, Principal, ScramSecret
from postroom.model.errors import MailError, Malformed, Meaning, NotPermitted, TryLater
from postroom.model.ids import AccountId, AppPasswordId, SessionId
from postroom.model.ports import Clock, Directory, LoginDelays, SessionRegistry
from postroom.model.security.tls import TlsLogin
from postroom.model.session import SessionEntry
from postroom.net.limits import contains
from postroom.servers.connection import Connection
from postroom.servers.live import Live
from postroom.wire.sasl.mechanisms import MECHANISMS
from postroom.wire.sasl.steps import (
    Challenge,
    CredentialsWanted,
    Failed,
    PasswordOffered,
    ScramCredentials,
    ServerMechanism,
    ServerSetup,
    Step,
    Succeeded,
)

log = structlog.get_logger()

_END_PATIENCE = 3.0  # seconds for a session in the middle of a command that an operator ends
_NOT_OFFERED = {"EXTERNAL"}  # until client certificates are mapped to accounts


@dataclass(frozen=True, slots=True)
class Caller:
    """One connection as the gate sees it."""

    connection: Connection
    session_id: SessionId
    protocol: str
    listener: str

    @property
    def mail_protocol(self) -> MailProtocol:
        """What an app password must be good for."""
        return {"imap": MailProtocol.IMAP, "pop3": MailProtocol.POP3}.get(self.protocol, MailProtocol.SMTP)


class TlsNotes(Protocol):
    """Who is told of each login over TLS; neither takes time nor fails."""

    def note(self, login: TlsLogin) -> None: ...

    def rename(self, login: TlsLogin, better: TlsLogin) -> None:
        """The client of a noted login says its name."""


@dataclass(frozen=True, slots=True)
class LoginRecords:
    """What is written down of logins, for all workers together."""

    sessions: SessionRegistry
    delays: LoginDelays
    notes: TlsNotes


class LoginGate:
    """One per worker, shared by its doors."""

    def __init__(
        self, directory: Directory, records: LoginRecords, live: Live, clock: Clock, *, fake_salt_key: bytes
    ) -> None:
        """`fake_salt_key` is the server's own and stays: SCRAM's made-up salt of an unknown name must never change (RFC 5802 §9)."""
        self._directory = directory
        self._sessions = records.sessions
        self._delays = records.delays
        self._notes = records.notes
        self._live = live
        self._clock = clock
        self._fake_salt_key = fake_salt_key
        self._inside: dict[SessionId, tuple[AccountId, Connection]] = {}
        self._noted: dict[SessionId, TlsLogin] = {}
        self._by_app_password: dict[SessionId, tuple[AccountId, AppPasswordId, Connection]] = {}
        self._accounts_changed = asyncio.Event()

    def is_private(self, connection: Connection) -> bool:
        """Whether a password may be shown on this connection: TLS, a front that reports TLS, or a network the administrator calls secure."""
        if connection.tls_version or connection.peer.tls_by_front:
            return True
        settings = self._live.settings.imap_pop3
        return not settings.prohibit_plaintext or contains(settings.secure_networks, connection.peer.address)

    def mechanisms(self, connection: Connection) -> list[str]:
        """Names to announce now, in order of preference."""
        private = self.is_private(connection)
        return [
            mechanism.name
            for mechanism in MECHANISMS.values()
            if mechanism.name not in _NOT_OFFERED and (private or not mechanism.plaintext)
        ]

    async def login(self, caller: Caller, login_name: str, password: str) -> Principal:
        """LOGIN, USER/PASS and the plaintext mechanisms. Raises NotPermitted (PRIVACY_REQUIRED, AUTHENTICATION_FAILED), TryLater."""
        if not self.is_private(caller.connection):
            raise privacy_required()
        await self._wait(caller, login_name)
        try:
            principal = await self._directory.authenticate(login_name, password, caller.mail_protocol)
        except NotPermitted:
            self._failed(caller, login_name, "password")
            raise
        self._succeeded(caller, login_name, principal)
        return principal

    def exchange(self, caller: Caller, mechanism: str) -> Exchange:
        """Begin a SASL exchange. Raises NotPermitted (PRIVACY_REQUIRED), Malformed (unknown mechanism)."""
        found = MECHANISMS.get(mechanism.upper())
        if found is None or found.name in _NOT_OFFERED:
            raise Malformed("this authentication mechanism is not offered")
        if found.plaintext and not self.is_private(caller.connection):
            raise privacy_required()
        setup = ServerSetup(nonce=secrets.token_urlsafe(24).encode(), fake_salt_key=self._fake_salt_key)
        return Exchange(self, caller, found.make(setup), found.client_first)

    async def scram_secret(self, caller: Caller, login_name: str) -> ScramSecret | None:
        await self._wait(caller, login_name)
        return await self._directory.scram_secret(login_name, caller.mail_protocol)

    async def proved(self, caller: Caller, login_name: str, secret: ScramSecret | None) -> Principal:
        """After SCRAM has proved the password, which is that of `secret`."""
        app_password_id = secret.app_password_id if secret is not None else None
        principal = replace(await self._directory.principal(login_name), app_password_id=app_password_id)
        self._succeeded(caller, login_name, principal)
        return principal

    async def check_authorization(self, principal: Principal, authorization_id: str) -> None:
        """Acting as another account is not allowed; naming oneself by another of one's names is. Raises NotPermitted."""
        if authorization_id and (await self._directory.principal(authorization_id)).account_id != principal.account_id:
            raise NotPermitted("acting as another account is not allowed", meaning=Meaning.AUTHENTICATION_FAILED)

    def failed(self, caller: Caller, login_name: str, mechanism: str) -> None:
        self._failed(caller, login_name, mechanism)

    def enter(self, caller: Caller, principal: Principal, client: str = "") -> None:
        """Take a place of the account from this address. Raises OverLimit (TOO_MANY_CONNECTIONS); then the login is refused, not wrong."""
        peer = caller.connection.peer
        entry = SessionEntry(
            caller.session_id,
            0,
            principal.account_id,
            str(principal.address),
            caller.protocol,
            str(peer.address),
            peer.limit_key,
            client,
            caller.connection.tls_version,
            self._clock.now(),
        )
        try:
            self._sessions.enter(entry, self._live.settings.imap_pop3.max_connections)
        except TryLater as error:
            # on a full disk nobody could log in to delete: an uncounted session is the smaller harm
            log.error("session not counted", session=caller.session_id, reason=error.detail or error.public)
        self._inside[caller.session_id] = (principal.account_id, caller.connection)
        if (number := principal.app_password_id) is not None:
            self._by_app_password[caller.session_id] = (principal.account_id, number, caller.connection)
        if caller.connection.tls_version:
            self._noted[caller.session_id] = _tls_login(caller, principal)
            self.named(caller, client)

    def named(self, caller: Caller, client: str) -> None:
        """The client says what it is, after its login."""
        login = self._noted.get(caller.session_id)
        if login is not None and login.client != client:
            self._noted[caller.session_id] = better = replace(login, client=client)
            self._notes.rename(login, better)

    def leave(self, caller: Caller) -> None:
        """Free the place; safe to call twice. A registry that is out of order is logged: places of a dead worker are freed anyway."""
        self._inside.pop(caller.session_id, None)
        self._noted.pop(caller.session_id, None)
        self._by_app_password.pop(caller.session_id, None)
        try:
            self._sessions.leave(caller.session_id)
        except MailError as error:
            log.error("place not freed", session=caller.session_id, reason=error.detail)

    def accounts_changed(self) -> None:
        """The directory may have changed: `end_removed` looks."""
        self._accounts_changed.set()

    async def end_removed(self) -> None:
        """For ever: sessions of accounts that were removed or disabled, or of app passwords that were removed, are told to go,
        as at the end of the server."""
        while True:
            await self._accounts_changed.wait()
            self._accounts_changed.clear()
            for account_id in {account_id for account_id, _ in self._inside.values()}:
                try:
                    account = await self._directory.account(account_id)
                except MailError as error:
                    log.error("account can't be looked up", account=account_id, reason=error.detail or error.public)
                    continue
                if account is None or account.is_disabled:
                    self._end(account_id)
            await self._end_removed_app_passwords()

    async def _end_removed_app_passwords(self) -> None:
        """A phone that was lost is out at once, not when it next connects."""
        inside = list(self._by_app_password.values())
        for account_id, number in {(account_id, number) for account_id, number, _ in inside}:
            try:
                if await self._directory.has_app_password(account_id, number):
                    continue
            except MailError as error:
                log.error("account can't be looked up", account=account_id, reason=error.detail or error.public)
                continue
            ended = [connection for _, of, connection in inside if of == number]
            for connection in ended:
                connection.server_closing()
            log.info("sessions of a removed app password ended", account=account_id, sessions=len(ended))

    def end_session(self, session_id: str) -> None:
        """An operator ends it: with a word where it is between two commands, and after some seconds in any case."""
        inside = self._inside.get(SessionId(session_id))
        if inside is None:
            return
        account_id, connection = inside
        log.info("session ended by an operator", account=account_id, session=session_id)
        connection.server_closing()
        asyncio.get_running_loop().call_later(_END_PATIENCE, self._cut, SessionId(session_id), connection)

    def _cut(self, session_id: SessionId, connection: Connection) -> None:
        inside = self._inside.get(session_id)
        if inside is not None and inside[1] is connection:
            connection.abort()

    def _end(self, account_id: AccountId) -> None:
        ended = [connection for inside, connection in self._inside.values() if inside == account_id]
        for connection in ended:
            connection.server_closing()
        log.info("sessions of a closed account ended", account=account_id, sessions=len(ended))

    async def _wait(self, caller: Caller, login_name: str) -> None:
        peer = caller.connection.peer
        if contains(self._live.settings.limits.trusted_networks, peer.address):
            return
        try:
            seconds = self._delays.delay(peer.limit_key, login_name)
        except TryLater as error:  # on a full disk logins go on: deleting is what helps
            log.error("wrong passwords not counted", reason=error.detail or error.public)
            return
        if seconds:
            await asyncio.sleep(seconds)

    def _failed(self, caller: Caller, login_name: str, mechanism: str) -> None:
        peer = caller.connection.peer
        try:
            self._delays.failed(peer.limit_key, login_name)
        except TryLater as error:
            log.error("wrong passwords not counted", reason=error.detail or error.public)
        log.warning(
            "login failed",
            protocol=caller.protocol,
            login=login_name[:128],
            peer=str(peer.address),
            session=caller.session_id,
            mechanism=mechanism,
        )

    def _succeeded(self, caller: Caller, login_name: str, principal: Principal) -> None:
        connection = caller.connection
        self._directory.logged_in(principal)
        if not contains(self._live.settings.limits.trusted_networks, connection.peer.address):
            try:
                self._delays.succeeded(connection.peer.limit_key, login_name)
            except TryLater as error:
                log.error("wrong passwords not counted", reason=error.detail or error.public)
        log.info(
            "login",
            protocol=caller.protocol,
            account=str(principal.address),
            peer=str(connection.peer.address),
            session=caller.session_id,
            tls=connection.tls_version,
            cipher=connection.tls_cipher,
        )
        if connection.tls_version:
            self._notes.note(_tls_login(caller, principal))


def _tls_login(caller: Caller, principal: Principal) -> TlsLogin:
    connection = caller.connection
    return TlsLogin(
        principal.account_id, caller.protocol, caller.listener, connection.tls_version, connection.tls_cipher, ""
    )


class Exchange:
    """One SASL exchange: `start`, then `step` with each response, until a Principal comes."""

    def __init__(self, gate: LoginGate, caller: Caller, machine: ServerMechanism, client_first: bool) -> None:
        self._gate = gate
        self._caller = caller
        self._machine = machine
        self._login_name = ""
        self._secrets: tuple[ScramSecret, ...] = ()
        self.client_first = client_first

    async def start(self, initial_response: bytes | None) -> Challenge | Principal:
        """Raises Malformed for broken syntax, NotPermitted for a refusal, TryLater."""
        return await self._go(self._machine.start(initial_response))

    async def step(self, response: bytes) -> Challenge | Principal:
        """The client's answer, decoded; raises as `start` does."""
        return await self._go(self._machine.step(response))

    async def _go(self, step: Step) -> Challenge | Principal:
        if isinstance(step, CredentialsWanted):
            self._login_name = step.authentication_id
            secret = await self._gate.scram_secret(self._caller, step.authentication_id)
            self._secrets = (secret, *secret.others) if secret is not None else ()
            step = self._machine.credentials(_credentials(secret))
        if isinstance(step, Challenge):
            return step
        if isinstance(step, PasswordOffered):
            principal = await self._gate.login(self._caller, step.authentication_id, step.password)
            await self._gate.check_authorization(principal, step.authorization_id)
            return principal
        if isinstance(step, Succeeded):
            proven = self._secrets[step.credential] if self._secrets else None
            principal = await self._gate.proved(self._caller, step.authentication_id, proven)
            await self._gate.check_authorization(principal, step.authorization_id)
            return principal
        assert isinstance(step, Failed)
        if step.malformed:
            raise Malformed("the authentication exchange can't be understood", detail=step.reason)
        self._gate.failed(self._caller, self._login_name, "SASL")
        raise NotPermitted("wrong user name or password", meaning=Meaning.AUTHENTICATION_FAILED, detail=step.reason)


def _credentials(secret: ScramSecret | None) -> ScramCredentials | None:
    if secret is None:
        return None
    others = tuple((one.stored_key, one.server_key) for one in secret.others)
    return ScramCredentials(secret.salt, secret.iterations, secret.stored_key, secret.server_key, others)


def privacy_required() -> NotPermitted:
    return NotPermitted(
        "a password is taken only over an encrypted connection: start TLS first", meaning=Meaning.PRIVACY_REQUIRED
    )
