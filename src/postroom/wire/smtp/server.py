"""ServerCore: the server's side of one SMTP or LMTP connection.

The order of calls is the one of `wire/core.py`; besides, after a 220 to `StartTls` the core parses nothing until
`tls_started`, and an LMTP session answers `ContentEnded` by `reply_each`. What may be relayed, who may log in, how many
mistakes are too many: the session. RFC 5321, RFC 2033, RFC 2920, RFC 3030, RFC 3207, RFC 4954.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MethodType

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.sasl.base64_text import CANCEL, decode_base64, encode_base64
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig, Terms
from postroom.wire.smtp.commands import (
    COMMANDS,
    FOREIGN_VERBS,
    NO_RECIPIENT,
    NO_RECIPIENT_LMTP,
    WRONG_STATE,
    BdatChunk,
    Command,
    State,
)
from postroom.wire.smtp.content import CountedReader, DotReader, LineWatch
from postroom.wire.smtp.events import (
    AuthCancelled,
    AuthResponse,
    AuthStarted,
    ChunkEnded,
    ConnectionOpened,
    ContentChunk,
    ContentEnded,
    ContentStarted,
    EndOfStream,
    Event,
    Hello,
    HelloVerb,
    Mail,
    Quit,
    Rcpt,
    Reset,
    StartTls,
)
from postroom.wire.smtp.lines import LineReader
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.violations import Mistake, Violation, violation

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_NOT_A_VERB = re.compile(rb"[^A-Za-z]")

_CONTROL_CHARACTER = Reply.of(500, "5.5.2", "Control characters are not allowed")
_UNKNOWN = Reply.of(500, "5.5.2", "Command not recognised")
_NOT_SMTP = Reply.of(500, "5.5.2", "This is a mail server")
_UNSYNCHRONISED = Reply.of(554, "5.5.0", "Protocol synchronisation error")
_BAD_RESPONSE = Reply.of(501, "5.5.2", "Cannot decode the response")


class ServerCore:
    """Bytes of a client ⇄ events and replies."""

    def __init__(self, config: ServerConfig) -> None:
        self.early_talk = False
        """The client spoke before our greeting was given."""
        self.recipient_count = 0
        """Recipients accepted in this transaction."""
        self._config = config
        self._terms = Terms(config.capabilities, config.lmtp)
        self._buffer = ReceiveBuffer()
        self._lines = LineReader()
        self._output = bytearray()
        self._state = State.START
        self._opened = False
        self._eof = False
        self._closed = False
        self._close_after_reply = False
        self._clear_discarded = 0
        self._dots: DotReader | None = None
        self._chunks: CountedReader | None = None
        self._chunk_is_last = False
        self._mode: Callable[[], Event | Need] = self._open
        self._answer: Callable[[Reply], None] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What EHLO announces and commands may use from now on; the session sets it before and after TLS and AUTH."""
        return self._terms.capabilities

    @capabilities.setter
    def capabilities(self, value: Capabilities) -> None:
        self._terms = replace(self._terms, capabilities=value)

    @property
    def closing(self) -> bool:
        """Our last reply ends the connection: send the output and close."""
        return self._closed

    @property
    def bytes_waiting(self) -> int:
        """Octets received and not yet understood; while it grows the session stops reading."""
        return len(self._buffer)

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._eof and data:
            raise CoreMisuse("bytes after the end of the stream")
        if not self._opened and data:
            self.early_talk = True
        if self._closed:
            return
        if self._mode == self._await_tls:
            self._clear_discarded += len(data)
            return
        self._buffer.append(data)

    def receive_eof(self) -> None:
        """The client closed its side; what it sent before is still worked off."""
        self._eof = True

    def next_event(self) -> Event | Need:
        """What happened next."""
        if self._answer is not None:
            return Need.REPLY
        return self._mode()

    def data_to_send(self) -> bytes:
        """All replies since the last call: those of a pipelined group leave in one write."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def reply(self, reply: Reply) -> None:
        """Answer the last event. In LMTP, one reply to `ContentEnded` is given for every recipient."""
        answer = self._answer
        if answer is None:
            raise CoreMisuse("a reply nobody asked for")
        self._answer = None
        answer(reply)
        if reply.code == 421 or self._close_after_reply:
            self._close()

    def reply_each(self, replies: Sequence[Reply]) -> None:
        """LMTP: one reply per accepted recipient, in the order of RCPT. RFC 2033 §4.2."""
        if self._answer != self._answer_content or len(replies) != self.recipient_count or not self._config.lmtp:
            raise CoreMisuse("replies for recipients that do not match")
        self._answer = None
        for reply in replies:
            self._write(reply)
        self._forget_transaction()
        if any(reply.code == 421 for reply in replies):
            self._close()

    def reply_challenge(self, challenge: bytes) -> None:
        """Answer AuthStarted or AuthResponse with 334 and a challenge."""
        if self._answer != self._answer_auth:
            raise CoreMisuse("a challenge outside of AUTH")
        self._answer = None
        self._output += b"334 " + encode_base64(challenge) + b"\r\n"
        self._mode = self._read_auth

    def tls_started(self) -> int:
        """The handshake is done: all that was agreed in clear is forgotten (RFC 3207 §4.2), what came in clear behind
        STARTTLS is discarded. Returns how many octets that were. Also for a connection that began with TLS.
        """
        if self._opened and self._mode != self._await_tls:
            raise CoreMisuse("TLS outside of STARTTLS")
        discarded = self._clear_discarded + self._buffer.clear()
        self._clear_discarded = 0
        self._terms = Terms(self._terms.capabilities, self._config.lmtp, tls=True)
        if self._opened:
            self._mode = self._read_command
        self._state = State.START
        self._reset_transaction()
        return discarded

    def _open(self) -> Event | Need:
        self._answer = self._answer_greeting
        return ConnectionOpened()

    def _ended(self) -> Event | Need:
        return EndOfStream(in_content=self._dots is not None or self._chunks is not None)

    def _starved(self) -> Event | Need:
        return self._ended() if self._eof else Need.DATA

    def _await_tls(self) -> Event | Need:
        return self._starved()

    def _close(self) -> None:
        self._closed = True
        self._buffer.clear()
        self._mode = self._ended

    def _read_command(self) -> Event | Need:
        line = self._lines.read(self._buffer, in_auth=False)
        if line is None:
            return self._starved()
        if isinstance(line, Violation):
            return self._violate(line)
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        command = COMMANDS.get(verb)
        if command is None:
            return self._violate(self._unknown(verb, line))
        if _CONTROL.search(argument):
            return self._violate(violation(Mistake.SYNTAX, _CONTROL_CHARACTER, line))
        if command.ends_group and len(self._buffer) and self._config.refuse_early_pipelining:
            return self._violate(violation(Mistake.PIPELINING, _UNSYNCHRONISED, self._buffer.peek(64), closes=True))
        if self._state not in command.states:
            return self._violate(violation(Mistake.WRONG_STATE, self._wrong_state(verb), verb))
        return self._run(command, argument)

    def _unknown(self, verb: bytes, line: bytes) -> Violation:
        foreign = verb in FOREIGN_VERBS or _NOT_A_VERB.match(verb) is not None
        if foreign:
            return violation(Mistake.NOT_SMTP, _NOT_SMTP, line, closes=True)
        return violation(Mistake.UNKNOWN_COMMAND, _UNKNOWN, line)

    def _wrong_state(self, verb: bytes) -> Reply:
        if self._state is State.MAIL and verb in (b"DATA", b"BDAT"):
            return NO_RECIPIENT_LMTP if self._config.lmtp else NO_RECIPIENT
        return WRONG_STATE[self._state]

    def _run(self, command: Command, argument: bytes) -> Event | Need:
        event = command.parse(argument, self._terms)
        if isinstance(event, BdatChunk):
            return self._start_chunk(event)
        if isinstance(event, Violation):
            return self._violate(event)
        if isinstance(event, Hello):
            self._answer = self._answer_ehlo if event.verb is not HelloVerb.HELO else self._answer_helo
            return event
        if isinstance(event, Reset):
            self._forget_transaction()
        elif isinstance(event, Mail) and event.parameters.smtp_utf8 is not self._terms.smtp_utf8:
            self._terms = replace(self._terms, smtp_utf8=event.parameters.smtp_utf8)
        self._answer = MethodType(_ANSWERS.get(type(event), ServerCore._write), self)
        return event

    def _violate(self, event: Violation) -> Event:
        self._close_after_reply = event.closes
        self._answer = self._write
        return event

    def _write(self, reply: Reply) -> None:
        self._output += reply.render(enhanced=self._terms.extended and self._terms.capabilities.enhanced_status_codes)

    def _answer_greeting(self, reply: Reply) -> None:
        self._opened = True
        self._output += reply.render(enhanced=False)
        self._mode = self._read_command
        if not reply.positive:
            self._state = State.REFUSED

    def _answer_helo(self, reply: Reply) -> None:
        self._output += reply.render(enhanced=False)
        if reply.positive:
            self._greeted(extended=False)

    def _answer_ehlo(self, reply: Reply) -> None:
        if reply.positive:
            reply = Reply(reply.code, "", (*reply.lines, *self._terms.capabilities.lines()))
            self._greeted(extended=True)
        self._output += reply.render(enhanced=False)

    def _greeted(self, *, extended: bool) -> None:
        self._terms = replace(self._terms, extended=extended)
        self._forget_transaction()
        self._state = State.GREETED

    def _answer_mail(self, reply: Reply) -> None:
        self._write(reply)
        if reply.positive:
            self._state = State.MAIL

    def _answer_rcpt(self, reply: Reply) -> None:
        self._write(reply)
        if reply.positive:
            self._state = State.RCPT
            self.recipient_count += 1

    def _answer_quit(self, reply: Reply) -> None:
        self._write(reply)
        self._close()

    def _answer_starttls(self, reply: Reply) -> None:
        self._write(reply)
        if reply.positive:
            self._mode = self._await_tls

    def _answer_auth(self, reply: Reply) -> None:
        self._write(reply)
        if reply.positive:
            self._terms = replace(self._terms, authenticated=True)

    def _answer_data(self, reply: Reply) -> None:
        if reply.positive:
            raise CoreMisuse("content is taken by 354 or refused")
        self._write(reply)
        if reply.code == 354:
            self._dots = DotReader()
            self._mode = self._read_dots

    def _answer_content(self, reply: Reply) -> None:
        for _ in range(self.recipient_count if self._config.lmtp else 1):
            self._write(reply)
        self._forget_transaction()

    def _reset_transaction(self) -> None:
        self._dots = None
        self._chunks = None
        self.recipient_count = 0

    def _forget_transaction(self) -> None:
        self._reset_transaction()
        if self._state is not State.START:
            self._state = State.GREETED

    def _read_auth(self) -> Event | Need:
        line = self._lines.read(self._buffer, in_auth=True)
        if line is None:
            return self._starved()
        self._mode = self._read_command
        if isinstance(line, Violation):
            return self._violate(line)
        if line == CANCEL:
            self._answer = self._answer_auth
            return AuthCancelled()
        response = decode_base64(line)
        if response is None:
            return self._violate(violation(Mistake.BASE64, _BAD_RESPONSE))
        self._answer = self._answer_auth
        return AuthResponse(response)

    def _read_dots(self) -> Event | Need:
        dots = self._dots
        if dots is None:
            raise CoreMisuse("content outside of DATA")
        while not dots.ended and len(self._buffer):
            piece = self._within_limit(dots.read(self._buffer), dots.watch)
            if piece:
                return ContentChunk(piece)
        if not dots.ended:
            return self._starved()
        return self._end_content()

    def _within_limit(self, piece: bytes, watch: LineWatch) -> bytes:
        excess = watch.size - self.capabilities.size
        return piece if excess <= 0 else piece[: max(0, len(piece) - excess)]

    def _end_content(self) -> Event | Need:
        reader = self._dots or self._chunks
        if reader is None:
            raise CoreMisuse("the end of content that never began")
        watch = reader.watch
        watch.end()
        self._mode = self._read_command
        self._answer = self._answer_content
        return ContentEnded(
            watch.size, watch.bare_cr, watch.bare_lf, watch.nul, watch.eight_bit, watch.size > self.capabilities.size
        )

    def _start_chunk(self, chunk: BdatChunk) -> Event | Need:
        first = self._chunks is None
        self._chunk_is_last = chunk.last
        reader = self._chunks or CountedReader()
        reader.remaining = chunk.size
        if self._state not in (State.RCPT, State.CHUNKS):
            mistake = violation(Mistake.WRONG_STATE, self._wrong_state(b"BDAT"), b"BDAT")
            self._drop_chunk(reader)
            return self._violate(mistake)
        self._chunks = reader
        self._mode = self._read_chunk
        if first:
            self._answer = self._answer_bdat
            return ContentStarted(True, chunk.size)
        return self._read_chunk()

    def _answer_bdat(self, reply: Reply) -> None:
        if reply.code == 354:
            return
        if reply.positive:
            raise CoreMisuse("content is taken by 354 or refused")
        self._write(reply)
        if self._chunks is not None:
            self._drop_chunk(self._chunks)

    def _drop_chunk(self, reader: CountedReader) -> None:
        """The octets of a refused chunk are read all the same, or they would be run as commands."""
        if self._state in (State.RCPT, State.CHUNKS):
            self._state = State.FAILED
        self._chunks = reader
        self._mode = self._skip_chunk

    def _skip_chunk(self) -> Event | Need:
        reader = self._chunks
        if reader is not None:
            reader.remaining -= self._buffer.skip(reader.remaining)
            if reader.remaining:
                return self._starved()
        self._chunks = None
        self._mode = self._read_command
        return self._read_command()

    def _read_chunk(self) -> Event | Need:
        reader = self._chunks
        if reader is None:
            raise CoreMisuse("a chunk outside of BDAT")
        while reader.remaining and len(self._buffer):
            piece = self._within_limit(reader.read(self._buffer), reader.watch)
            if piece:
                return ContentChunk(piece)
        if reader.remaining:
            return self._starved()
        return self._end_content() if self._chunk_is_last else self._end_chunk()

    def _end_chunk(self) -> Event | Need:
        size = self._chunks.watch.size if self._chunks is not None else 0
        self._mode = self._read_command
        self._answer = self._answer_chunk
        return ChunkEnded(size, size > self.capabilities.size)

    def _answer_chunk(self, reply: Reply) -> None:
        self._write(reply)
        if reply.positive:
            self._state = State.CHUNKS
        else:
            self._chunks = None
            self._state = State.FAILED


_ANSWERS: Mapping[type[object], Callable[[ServerCore, Reply], None]] = {
    Mail: ServerCore._answer_mail,
    Rcpt: ServerCore._answer_rcpt,
    ContentStarted: ServerCore._answer_data,
    StartTls: ServerCore._answer_starttls,
    AuthStarted: ServerCore._answer_auth,
    Quit: ServerCore._answer_quit,
}
