"""SmtpSession: the life of one SMTP or LMTP connection.

It feeds the core, gives each event to the command that answers it, and sends what the core has to say when the client must be waited for: one write for a
pipelined group. Deadlines are absolute: one for each command, one for each message, so that a client that drips octets gains nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from postroom.model.account import Principal
from postroom.model.errors import MailError
from postroom.model.ids import SessionId
from postroom.mta.client import Client
from postroom.mta.transaction import MailTransaction
from postroom.net.limits import contains
from postroom.servers.authentication import Caller, Exchange
from postroom.servers.connection import Connection, ConnectionLost, ServerClosing
from postroom.servers.smtp import errors
from postroom.servers.smtp.dialect import SmtpDoor, SmtpServices
from postroom.servers.smtp.patience import Patience
from postroom.settings.document import Settings
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.smtp import events
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.server import ServerCore

log = structlog.get_logger()

OCTETS_PER_SECOND = 10 * 1024  # what a message must come with on the average, beyond its first minutes


Answer = Callable[["SmtpSession", Any], Awaitable[None]]
"""What answers one kind of event: by a reply of the core, or by raising a MailError."""


class SmtpSession:
    """One connection; `run` is its whole life."""

    def __init__(self, door: SmtpDoor, services: SmtpServices, connection: Connection, session_id: SessionId) -> None:
        settings = services.live.settings
        trusted = contains(settings.limits.trusted_networks, connection.peer.address)
        self.door = door
        self.services = services
        self.connection = connection
        self.session_id = session_id
        self.caller = Caller(connection, session_id, door.protocol, door.name)
        self.patience = Patience(door.patience, trusted=trusted)
        self.trusted = trusted
        self.core = ServerCore(ServerConfig(Capabilities(size=settings.smtp.max_message_size), lmtp=door.lmtp))
        self.hello: events.Hello | None = None
        self.principal: Principal | None = None
        self.exchange: Exchange | None = None
        self.transaction: MailTransaction | None = None
        self.refusal: Reply | None = None
        """Why the content that still comes in will be refused at its end."""
        self.messages = 0
        self._commands: Mapping[type[object], Answer] = {}
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self._command_deadline = 0.0
        self._content_deadline: float | None = None

    @property
    def settings(self) -> Settings:
        """In force now: a change acts on the next command."""
        return self.services.live.settings

    async def run(self, commands: Mapping[type[object], Answer]) -> None:
        """Until the client or the server has had enough."""
        self._commands = commands
        if self.connection.tls_version:
            self.core.tls_started()
        self._expect_command()
        try:
            await self._converse()
        except TimeoutError:
            self._say_at_last(errors.TIMEOUT)
        except ServerClosing:
            self._say_at_last(errors.SERVER_CLOSING)
        finally:
            self.end_transaction()

    async def _converse(self) -> None:
        core = self.core
        while not self._ended:
            event = core.next_event()
            if isinstance(event, events.ContentChunk):
                self._take_content(event.data)
            elif event is Need.DATA:
                if not await self._read():
                    core.receive_eof()
            elif isinstance(event, events.EndOfStream):
                self._send()
                return
            else:
                assert not isinstance(event, Need)
                await self._answer(event)
        self._send()

    def end(self) -> None:
        """Send what is ready, and hear no more of this client."""
        self._ended = True

    async def _answer(self, event: events.Event) -> None:
        try:
            await self._commands[type(event)](self, event)
        except MailError as error:
            self.log_refusal(error)
            self.core.reply(await self.patience.idle_command() or errors.reply_for(error))
        except (ConnectionLost, ServerClosing):
            raise
        except Exception:
            log.exception("command failed", session=self.session_id, command=type(event).__name__)
            self._answer_defect()
        self._expect_command()

    def _answer_defect(self) -> None:
        try:
            self.core.reply(errors.INTERNAL)
        except CoreMisuse:
            # it was answered before it failed: what the client takes for granted is not so, and no word can mend it
            self.end()

    async def _read(self) -> bool:
        """Send what is ready, then take what comes; False at the end of the stream."""
        self._send()
        await self.connection.drain()
        deadline = self._command_deadline
        if self._content_deadline is not None:
            deadline = min(deadline, self._content_deadline)
        seconds = deadline - self._loop.time()
        if seconds <= 0:
            raise TimeoutError
        data = await self.connection.read(seconds, between_commands=self._content_deadline is None)
        if data:
            self.core.receive_data(data)
        return bool(data)

    def _send(self) -> None:
        output = self.core.data_to_send()
        if output:
            self.connection.write(output)

    def _expect_command(self) -> None:
        self._command_deadline = self._loop.time() + self.settings.limits.command_timeout

    def expect_content(self) -> None:
        """A message begins: from now on its own deadline counts."""
        if self._content_deadline is None:
            self._content_deadline = self._loop.time() + self.door.content_seconds

    def _take_content(self, data: bytes) -> None:
        self._expect_command()
        if self._content_deadline is not None:
            self._content_deadline += len(data) / OCTETS_PER_SECOND
        if self.refusal is not None or self.transaction is None:
            return
        try:
            self.transaction.write(data)
        except MailError as error:
            self.log_refusal(error)
            self.refuse_content(errors.reply_for(error))
        except Exception:
            log.exception("content failed", session=self.session_id)
            self.refuse_content(errors.INTERNAL)

    def refuse_content(self, reply: Reply) -> None:
        """Drop what has come of the message, and what still comes; the client hears of it at its end."""
        self.refusal = reply
        if self.transaction is not None:
            self.transaction.discard()

    def end_transaction(self) -> None:
        """RSET, a greeting, STARTTLS, the end of a message: nothing of the transaction is left."""
        if self.transaction is not None:
            self.transaction.discard()
            self.transaction = None
        self.refusal = None
        self._content_deadline = None

    def client(self) -> Client:
        """The session as services see it."""
        connection = self.connection
        tls = f"{connection.tls_version} {connection.tls_cipher}" if connection.tls_version else ""
        hello = self.hello
        return Client(
            session_id=self.session_id,
            address=connection.peer.address,
            helo=hello.domain if hello is not None else "",
            extended=hello is not None and hello.verb is not events.HelloVerb.HELO,
            tls=tls,
            principal=self.principal,
            lmtp=self.door.lmtp,
        )

    def is_guessing(self) -> bool:
        """Whether this address has named too many recipients that are not here, in whatever sessions."""
        if self.trusted or self.principal is not None:
            return False
        limit = self.settings.limits.unknown_recipients
        return self.services.unknown.are_too_many(self.connection.peer.limit_key, limit, self._loop.time())

    def guessed(self) -> None:
        """A recipient was named that is not here."""
        if self.trusted or self.principal is not None:
            return
        limit = self.settings.limits.unknown_recipients
        self.services.unknown.named(self.connection.peer.limit_key, limit, self._loop.time())
        if self.is_guessing():
            log.warning("too many unknown recipients", session=self.session_id, peer=str(self.connection.peer.address))

    def log_refusal(self, error: MailError) -> None:
        """One line for each refusal, with what the client is not told."""
        log.info("refused", session=self.session_id, meaning=error.meaning.value, reason=error.detail or error.public)

    def _say_at_last(self, reply: Reply) -> None:
        """A reply nobody asked for, which only 421 may be (RFC 5321 §3.8)."""
        self._send()
        extended = self.hello is not None and self.hello.verb is not events.HelloVerb.HELO
        self.connection.write(reply.render(enhanced=extended))
