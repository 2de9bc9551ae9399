"""Pop3Session: one POP3 connection, from the greeting to its end.

It moves bytes between connection and core, holds deadlines, logs in and starts TLS; what is done with a maildrop is `commands.py`. Replies of pipelined commands
go out together, never more than about FLUSH_AT octets before the peer has taken them.
"""

from __future__ import annotations

import asyncio

import structlog

from postroom.access.maildrop import open_maildrop
from postroom.model.account import Principal
from postroom.model.errors import Defect, MailError, Meaning
from postroom.model.ids import SessionId
from postroom.model.ports import MailStore
from postroom.servers.authentication import Caller, Exchange, LoginGate
from postroom.servers.connection import Connection, ConnectionLost, ServerClosing
from postroom.servers.live import Live
from postroom.servers.pop3.commands import FLUSH_AT, Transaction
from postroom.servers.pop3.errors import OWN_FAULT, reply_to
from postroom.wire.core import Need
from postroom.wire.pop3 import events
from postroom.wire.pop3.capabilities import Offer
from postroom.wire.pop3.replies import ResponseCode
from postroom.wire.pop3.server import Pop3Core
from postroom.wire.sasl.steps import Challenge

log = structlog.get_logger()

_SLICE = 16 * 1024  # octets given to the core at once: pipelined commands run in turns, and other sessions between them
_NO_UTF8 = "replace"  # a name or password in another charset is wrong at the usual price, not a mistake of syntax


class Pop3Session:
    """Run once."""

    def __init__(
        self, door: str, connection: Connection, session_id: SessionId, store: MailStore, gate: LoginGate, live: Live
    ) -> None:
        self._door = door
        self._connection = connection
        self._caller = Caller(connection, session_id, "pop3", door)
        self._store = store
        self._gate = gate
        self._live = live
        self._log = log.bind(session=session_id, protocol="pop3")
        self._core = Pop3Core(self._offer())
        self._incoming = b""
        self._exchange: Exchange | None = None
        self._transaction: Transaction | None = None
        self._login_deadline = 0.0

    async def run(self) -> None:
        """Until the client leaves or is told to. Raises ConnectionLost."""
        self._login_deadline = self._now() + self._live.settings.limits.login_timeout
        try:
            await self._answer_all()
            while not self._core.closed:
                await self._receive()
                await self._answer_all()
        finally:
            self._gate.leave(self._caller)
            if self._transaction is not None:
                self._transaction.log_end(self._log)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _offer(self) -> Offer:
        connection = self._connection
        is_encrypted = bool(connection.tls_version) or connection.peer.tls_by_front
        return Offer(
            stls=not is_encrypted,
            plaintext=self._gate.is_private(connection),
            mechanisms=tuple(self._gate.mechanisms(connection)),
            implementation="Postroom",
        )

    async def _receive(self) -> None:
        """Give the core what the client sends next, or tell the client that its time is over."""
        if not self._incoming:
            limits = self._live.settings.limits
            seconds = limits.pop3_timeout if self._transaction else max(self._login_deadline - self._now(), 0.0)
            try:
                self._incoming = await self._connection.read(seconds, between_commands=True)
            except TimeoutError:
                self._core.close("No command for too long" if self._transaction else "No login for too long")
                return
            except ServerClosing:
                self._core.close("The server is shutting down", ResponseCode.SYS_TEMP)
                return
            if not self._incoming:
                self._core.receive_eof()
                return
        piece, self._incoming = self._incoming[:_SLICE], self._incoming[_SLICE:]
        if self._transaction is None:
            self._core.offer = self._offer()  # a change of settings acts at once
        self._core.receive_data(piece)

    async def _answer_all(self) -> None:
        """Answer every event there is, then send what was said."""
        while True:
            event = self._core.next_event()
            if isinstance(event, Need):
                break
            try:
                await self._answer(event)
            except MailError as error:
                self._refuse(event, error)
            except (ConnectionLost, asyncio.CancelledError):
                raise
            except Exception as error:  # noqa: BLE001 - a fault of ours costs this command, not the session
                self._log.exception("command failed", command=type(event).__name__)
                self._refuse(event, Defect(OWN_FAULT, detail=str(error)))
            if self._transaction is not None and self._transaction.unsent >= FLUSH_AT:
                await self._flush()
        await self._flush()
        if self._incoming:
            await asyncio.sleep(0)

    async def _flush(self) -> None:
        data = self._core.data_to_send()
        if self._transaction is not None:
            self._transaction.unsent = 0
        if data:
            self._connection.write(data)
            await self._connection.drain()

    def _refuse(self, event: events.Event, error: MailError) -> None:
        """Told in POP3's words; a message that broke off half-way ends the connection, since no word may stand in it."""
        text, code = reply_to(error)
        if error.detail and error.meaning not in (Meaning.AUTHENTICATION_FAILED, Meaning.DEFECT):
            self._log.warning("command refused", command=type(event).__name__, reason=error.detail)
        self._exchange = None
        if self._transaction is not None and self._transaction.in_content:
            self._connection.abort()
            raise ConnectionLost
        self._core.reply_err(text, code)

    async def _answer(self, event: events.Event) -> None:
        core = self._core
        match event:
            case events.ConnectionOpened():
                core.reply_ok(f"{self._live.settings.smtp.server_name.encode('idna').decode()} ready")
            case events.Violation():
                self._exchange = None
                core.reply_err(event.text, event.code)
            case events.Login():
                name, password = event.name.decode("utf-8", _NO_UTF8), event.password.decode("utf-8", _NO_UTF8)
                await self._enter(await self._gate.login(self._caller, name, password))
            case events.AuthStarted():
                self._exchange = self._gate.exchange(self._caller, event.mechanism)
                await self._go_on(await self._exchange.start(event.initial))
            case events.AuthResponse() if self._exchange is not None:
                await self._go_on(await self._exchange.step(event.data))
            case events.AuthCancelled():
                self._exchange = None
                core.reply_err("Cancelled")
            case events.StartTls():
                await self._start_tls()
            case events.Quit(in_transaction=False):
                core.reply_ok("Bye")
            case events.EndOfStream():
                pass
            case _:
                assert self._transaction is not None
                await self._transaction.answer(event)

    async def _go_on(self, step: Challenge | Principal) -> None:
        if isinstance(step, Challenge):
            self._core.challenge(step.data)
        else:
            self._exchange = None
            await self._enter(step)

    async def _enter(self, principal: Principal) -> None:
        """The password was right: take a place, open the maildrop. Raises OverLimit, TryLater; then nothing is taken."""
        self._gate.enter(self._caller, principal)
        try:
            maildrop = await open_maildrop(self._store, principal.account_id)
        except BaseException:
            self._gate.leave(self._caller)
            raise
        self._log = self._log.bind(account=str(principal.address))
        self._transaction = Transaction(self._core, maildrop, self._flush)
        self._core.reply_ok(f"{maildrop.count} messages ({maildrop.size} octets)")

    async def _start_tls(self) -> None:
        self._connection.hold_reading()
        self._incoming = b""
        self._core.reply_ok("Begin TLS")
        await self._flush()
        await self._connection.start_tls(self._live.context(self._door))
        self._core.tls_started(self._offer())
