"""Dialogue: one conversation with another SMTP server, from its greeting to QUIT (RFC 5321 §3, deadlines of §4.5.3.2).

Every reply has a deadline of its own and the whole of a message another one, so that a server that drips an octet now and then holds a connection for a bounded time. Content
is sent in pieces; a server that answers before its end is heard.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path as FilePath

from postroom.mailauth.transport.tls_reports import FailureType
from postroom.model.address import Address
from postroom.model.email import Content
from postroom.model.envelope import EnvelopeRecipient
from postroom.model.relaying.relay import REPLY_LENGTH, Parcel, Progress, Report
from postroom.mta.attempt.ports import Target, Unusable
from postroom.servers.relay.stream import Stream, StreamLost
from postroom.wire.core import Need
from postroom.wire.smtp import client
from postroom.wire.smtp.addresses import NULL_PATH, Path
from postroom.wire.smtp.client import ClientCore
from postroom.wire.smtp.parameters import MailParameters, RcptParameters
from postroom.wire.smtp.replies import Reply

_PIECE = 128 * 1024  # octets of content read and sent at a time


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. RFC 5321 §4.5.3.2 has the least for each; a message may take `message` and so much more for each mebibyte."""

    connect: float = 30.0
    greeting: float = 300.0
    command: float = 300.0
    handshake: float = 60.0
    content: float = 180.0
    end_of_content: float = 600.0
    quit: float = 5.0
    message: float = 1800.0
    per_mebibyte: float = 120.0


class Dialogue:
    """See mta.attempt.ports.Hop; the dialer brings it up."""

    def __init__(self, stream: Stream, target: Target, patience: Patience) -> None:
        self.stream = stream
        self.target = target
        self.core = ClientCore()
        self.patience = patience
        self._is_over = False

    @property
    def label(self) -> str:
        return self.target.label

    @property
    def tls(self) -> str:
        found = self.stream.tls_object
        cipher = found.cipher() if found is not None else None
        return f"{found.version()} {cipher[0]}" if cipher else ""

    @property
    def is_open(self) -> bool:
        return not self._is_over and self.stream.is_open

    def offers(self, keyword: str) -> bool:
        return keyword in self.core.extensions

    @property
    def size_limit(self) -> int | None:
        return self.core.extensions.size

    async def next_reply(self, seconds: float) -> client.Replied | client.Challenged:
        """The next reply to anything, whole within the time. Raises Unusable where the conversation is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            event = self.core.next_event()
            if isinstance(event, Need):
                self.flush()
                try:
                    data = await self.stream.read(end - loop.time())
                except StreamLost as lost:
                    raise self._end(str(lost)) from None
                if data:
                    self.core.receive_data(data)
                else:
                    self.core.receive_eof()
                continue
            if isinstance(event, client.Replied | client.Challenged):
                self.flush()
                return event
            if isinstance(event, client.ServerClosing):
                self._is_over = True
                raise Unusable(shown(event.reply), enhanced(event.reply, "4.3.2"), is_remote=True)
            if isinstance(event, client.ServerBroke):
                raise self._end(f"the server does not keep to the protocol: {event.reason}", "4.5.0")
            raise self._end("the server closed the connection")

    async def ask(self, seconds: float) -> Reply:
        """The reply to one command just given. Raises Unusable."""
        event = await self.next_reply(seconds)
        if isinstance(event, client.Challenged):
            raise self._end("the server asked for a login that was not begun", "4.5.0")
        return event.reply

    def expect_silence(self) -> None:
        """Behind the reply to STARTTLS nothing may come in clear (RFC 3207 §5). Raises Unusable."""
        event = self.core.next_event()
        if not isinstance(event, Need) or not self.stream.is_open:
            error = self._end("no TLS: data in clear behind the reply to STARTTLS", "4.7.5")
            error.tls = FailureType.VALIDATION_FAILURE
            raise error

    async def hello(self) -> None:
        """EHLO, or HELO where that is not known (RFC 5321 §3.2). Raises Unusable."""
        self.core.hello(self.target.hello)
        reply = await self.ask(self.patience.command)
        if reply.permanent:
            self.core.plain_hello(self.target.hello)
            reply = await self.ask(self.patience.command)
        if not reply.positive:
            raise Unusable(shown(reply), enhanced(reply, "4.4.2", transient=True), is_remote=True)

    async def transfer(self, parcel: Parcel, *, smtputf8: bool, body_8bit: bool) -> list[Report]:
        """See ports.Hop."""
        if not self.is_open:
            raise Unusable("the connection was closed between two messages", "4.4.2")
        recipients = parcel.envelope.recipients
        longest = self.patience.message + self.patience.per_mebibyte * parcel.size / (1 << 20)
        transaction = _Transaction(self, parcel)
        try:
            async with asyncio.timeout(longest):
                await transaction.run(smtputf8=smtputf8, body_8bit=body_8bit)
        except TimeoutError:
            error = self._end("the message took too long", "4.4.2")
            return transaction.reports(error)
        except Unusable as error:
            self._is_over = True
            self.stream.abort()
            return transaction.reports(error)
        except OSError as error:
            # the connection is of no further use: half a message may be on it
            self._is_over = True
            self.stream.abort()
            own = Report(Progress.DEFERRED, "4.3.0", f"the message can't be read: {error.strerror or error}")
            return [own] * len(recipients)
        return transaction.reports(None)

    async def close(self) -> None:
        """QUIT, and no long wait for its reply."""
        if self.is_open:
            with contextlib.suppress(Unusable):
                self.core.quit()
                await self.ask(self.patience.quit)
        self._is_over = True
        self.stream.close()

    def flush(self) -> None:
        """Send what the core has to say."""
        data = self.core.data_to_send()
        if data:
            self.stream.write(data)

    def _end(self, reason: str, status: str = "4.4.2") -> Unusable:
        self._is_over = True
        self.stream.abort()
        return Unusable(reason, status)


class _Transaction:
    """MAIL, RCPT and the content of one parcel, and what was said to each."""

    def __init__(self, dialogue: Dialogue, parcel: Parcel) -> None:
        self._dialogue = dialogue
        self._parcel = parcel
        self._sender: Reply | None = None
        self._recipients: list[Reply] = []
        self._content: Reply | None = None

    async def run(self, *, smtputf8: bool, body_8bit: bool) -> None:
        """Raises Unusable, OSError; `reports` tells what had been said before."""
        core, patience = self._dialogue.core, self._dialogue.patience
        core.mail(self._path(self._parcel.envelope.reverse_path, smtputf8=smtputf8), self._mail(smtputf8, body_8bit))
        for recipient in self._parcel.envelope.recipients:
            core.rcpt(self._path(recipient.forward_path, smtputf8=smtputf8), self._rcpt(recipient, smtputf8=smtputf8))
        pipelined = "PIPELINING" in core.extensions
        if pipelined:
            core.data()
        self._sender = await self._dialogue.ask(patience.command)
        for _ in self._parcel.envelope.recipients:
            self._recipients.append(await self._dialogue.ask(patience.command))
        is_any_taken = self._sender.positive and any(reply.positive for reply in self._recipients)
        if not pipelined and is_any_taken:
            core.data()
        if not pipelined and not is_any_taken:
            await self._reset()
            return
        reply = await self._dialogue.ask(patience.command)
        if reply.code == 354:
            if is_any_taken:
                await self._send_content()
            core.end_content()
            reply = await self._dialogue.ask(patience.end_of_content)
        if is_any_taken:
            self._content = reply
        if not reply.positive:
            await self._reset()

    async def _reset(self) -> None:
        """Nothing of this transaction may be left for the next one."""
        self._dialogue.core.reset()
        if not (await self._dialogue.ask(self._dialogue.patience.command)).positive:
            raise Unusable("RSET was refused", "4.5.0")

    async def _send_content(self) -> None:
        """What is small leaves in one piece together with its end."""
        core, waiting = self._dialogue.core, 0
        async for piece in _pieces(self._parcel.prefix, self._parcel.content):
            core.send_content(piece)
            waiting += len(piece)
            if waiting >= _PIECE:
                waiting = 0
                self._dialogue.flush()
                await self._be_heard()
        if not self._dialogue.stream.is_open:
            await self._hear_amid_content()

    async def _be_heard(self) -> None:
        stream, patience = self._dialogue.stream, self._dialogue.patience
        try:
            await stream.drain(patience.content)
        except StreamLost as lost:
            raise Unusable(str(lost), "4.4.2") from None
        if not stream.is_open:
            await self._hear_amid_content()

    async def _hear_amid_content(self) -> None:
        """It refuses, or it has gone; a reply that says anything else is a lie."""
        await self._dialogue.next_reply(self._dialogue.patience.content)
        raise Unusable("a reply amid the content", "4.5.0")

    def reports(self, error: Unusable | None) -> list[Report]:
        """One for each recipient: what was said to it, or of the whole, or what broke off."""
        return [self._report(at, error) for at in range(len(self._parcel.envelope.recipients))]

    def _report(self, at: int, error: Unusable | None) -> Report:
        dialogue = self._dialogue
        told = self._recipients[at] if at < len(self._recipients) else None
        if self._sender is not None and not self._sender.positive:
            told = self._sender
        elif told is None or told.positive:
            told = self._content
        if told is None:
            reply = error.reply if error is not None else "the server said nothing of this message"
            return Report(
                Progress.DEFERRED,
                error.status if error is not None else "4.5.0",
                reply[:REPLY_LENGTH]
                if error is not None and error.is_remote
                else f"{dialogue.label}: {reply}"[:REPLY_LENGTH],
                dialogue.label,
                is_remote=error is not None and error.is_remote,
                of_host=self._sender is None,
                tls=dialogue.tls,
            )
        progress = Progress.DELIVERED if told.positive else Progress.FAILED if told.permanent else Progress.DEFERRED
        return Report(
            progress,
            enhanced(
                told, {Progress.DELIVERED: "2.0.0", Progress.FAILED: "5.0.0", Progress.DEFERRED: "4.0.0"}[progress]
            ),
            shown(told),
            dialogue.label,
            is_remote=True,
            takes_dsn=dialogue.offers("DSN"),
            # 421 is the host's good-bye, whatever it answers (RFC 5321 §3.8)
            of_host=told.code == 421,
            tls=dialogue.tls,
        )

    def _path(self, address: Address | None, *, smtputf8: bool) -> Path:
        if address is None:
            return NULL_PATH
        return Path(address.local_part, address.domain if smtputf8 else address.ascii_domain)

    def _mail(self, smtputf8: bool, body_8bit: bool) -> MailParameters:
        envelope, offers = self._parcel.envelope, self._dialogue.offers
        dsn = offers("DSN")
        return MailParameters(
            size=self._parcel.size if offers("SIZE") else None,
            body="8BITMIME" if body_8bit and offers("8BITMIME") else None,
            smtp_utf8=smtputf8,
            ret=envelope.ret if dsn else None,
            envid=envelope.envelope_id if dsn else None,
            require_tls=envelope.require_tls,
        )

    def _rcpt(self, recipient: EnvelopeRecipient, *, smtputf8: bool) -> RcptParameters:
        if not self._dialogue.offers("DSN"):
            return RcptParameters()
        dsn = recipient.dsn
        notify = None if dsn.notify is None else frozenset(word for word in dsn.notify if word != "NEVER")
        kind, found, address = (dsn.original_recipient or "").partition(";")
        # an address in UTF-8 goes only where SMTPUTF8 was said (RFC 6533 §3)
        return RcptParameters(notify, (kind, address) if found and (smtputf8 or address.isascii()) else None)


def shown(reply: Reply) -> str:
    """A reply as people and reports show it: its code and its text on one line."""
    text = " ".join(" ".join(reply.lines).split())
    words = f"{reply.code} {reply.enhanced} {text}" if reply.enhanced else f"{reply.code} {text}"
    return "".join(character if character.isprintable() else "?" for character in words.strip())[:REPLY_LENGTH]


def enhanced(reply: Reply, otherwise: str, *, transient: bool = False) -> str:
    """The enhanced code of a reply; where it has none, or the host's refusal of us is only for now, this one."""
    return otherwise if transient or not reply.enhanced else reply.enhanced


async def _pieces(prefix: bytes, content: Content) -> AsyncIterator[bytes]:
    """The whole message. Raises OSError."""
    if prefix:
        yield prefix
    if content.path is None:
        data = content.data or b""
        for start in range(0, len(data), _PIECE):
            yield data[start : start + _PIECE]
        return
    file = await asyncio.to_thread(FilePath(content.path).open, "rb")
    try:
        left = content.size
        while left:
            piece = await asyncio.to_thread(file.read, min(_PIECE, left))
            if not piece:
                raise OSError("the file is shorter than the message")
            left -= len(piece)
            yield piece
    finally:
        file.close()
