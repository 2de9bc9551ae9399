"""ServerCore: the server's side of one IMAP connection, without the connection.

Bytes in, commands out, responses in, bytes out; the contract is `wire.core`. One command is in hand at a time: until it
is answered `next_event` says `Need.REPLY` and what the client has pipelined behind it waits in the buffer (`buffered`
tells how much: the session stops reading). The order of calls, by event:

    any command           send(...)*  reply(...)
    StartTls              reply(OK)  handshake  tls_started()
    AuthStarted           challenge(...) -> AuthResponse | AuthCancelled | Violation;  or reply(...)
    IdleStarted           accept_idle()  send(...)*  -> IdleEnded | Violation;  then reply(...); or reply(NO)
    AppendStarted         accept_literal() -> LiteralChunk* LiteralEnded -> AppendStarted | AppendEnded | Violation;
                          then reply(...);  or refuse(...) at once
    CatenateStarted, UrlPart, ReplaceStarted: nothing; an AppendStarted or AppendEnded follows without further bytes
    Violation, PeerClosed nothing; after a fatal one close

RFC 3501 §2.2, §3, §5.5, §7.5; literals RFC 7888; IDLE RFC 2177; initial response RFC 4959.
"""

from __future__ import annotations

import base64
import enum
import re
from collections import deque
from collections.abc import Callable
from typing import NoReturn

from postroom.wire.core import CoreMisuse, Need
from postroom.wire.imap.commands.any_state.logout import Logout
from postroom.wire.imap.commands.authenticated.append import AppendEvent, AppendStarted
from postroom.wire.imap.commands.authenticated.idle import IdleStarted
from postroom.wire.imap.commands.not_authenticated.authenticate import AuthStarted, decode_base64
from postroom.wire.imap.commands.not_authenticated.starttls import StartTls
from postroom.wire.imap.commands.table import Command, State
from postroom.wire.imap.events import (
    AuthCancelled,
    AuthResponse,
    IdleEnded,
    LiteralChunk,
    LiteralEnded,
    PeerClosed,
    Violation,
)
from postroom.wire.imap.fragments import TOO_LARGE, Cut, Fragments, LiteralHeader
from postroom.wire.imap.grammar.scanner import BadSyntax
from postroom.wire.imap.limits import MAX_LINES, Limits
from postroom.wire.imap.pending import PendingCommand, WrongState
from postroom.wire.imap.responses.status import Code, Condition, continuation, status, untagged

Event = (
    Command
    | AppendEvent
    | AuthCancelled
    | AuthResponse
    | IdleEnded
    | LiteralChunk
    | LiteralEnded
    | PeerClosed
    | Violation
)

_DEFAULT_LIMITS = Limits()
_HTTP = re.compile(rb"[A-Z]{3,10} [^ ]* HTTP/[0-9]")
_TLS_RECORD = b"\x16"


class _Mode(enum.Enum):
    COMMAND = "reading a command"
    ARGUMENT = "reading an argument literal"
    SKIP = "skipping a refused literal"
    SKIP_LINE = "skipping the rest of a refused command"
    REPLY = "the session has the command"
    OFFERED = "the session has the offer of a message"
    MESSAGE = "reading a message"
    AUTH = "waiting for a response to a challenge"
    IDLE = "waiting for DONE"
    TLS = "waiting for the handshake"
    CLOSED = "over"


class ServerCore:
    """See the module for the order of calls; a call out of order raises CoreMisuse."""

    __slots__ = (
        "_bad",
        "_current",
        "_eof",
        "_fragments",
        "_limits",
        "_mode",
        "_multi_append",
        "_nul",
        "_output",
        "_output_size",
        "_pending",
        "_queue",
        "_remaining",
        "_skipped",
        "_state",
        "uid_only",
        "utf8",
    )

    def __init__(self, limits: Limits = _DEFAULT_LIMITS, *, multi_append: bool = False) -> None:
        """`multi_append`: whether further messages in one APPEND are offered or refused (RFC 3502)."""
        self.utf8 = False
        self.uid_only = False
        self._limits = limits
        self._multi_append = multi_append
        self._fragments = Fragments()
        self._queue: deque[AppendEvent] = deque()
        self._pending = PendingCommand(multi_append=multi_append)
        self._mode = _Mode.COMMAND
        self._state = State.NOT_AUTHENTICATED
        self._current: Command | AppendStarted | None = None
        self._remaining = 0
        self._skipped = 0
        self._nul = False
        self._bad = 0
        self._eof = False
        self._output: list[bytes | memoryview] = []
        self._output_size = 0

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer; after a fatal violation, and between STARTTLS and `tls_started`, they are lost."""
        if self._mode not in (_Mode.CLOSED, _Mode.TLS):
            self._fragments.buffer.append(data)

    def receive_eof(self) -> None:
        """The peer has closed its side; what it sent before is still read."""
        self._eof = True

    @property
    def buffered(self) -> int:
        """Bytes received and not yet understood; a session stops reading above what one command may need."""
        return len(self._fragments.buffer)

    def next_event(self) -> Event | Need:
        """The next event, `Need.REPLY` while the last one is unanswered, `Need.DATA` when the buffer is used up."""
        while True:
            if self._queue:
                return self._queue.popleft()
            read = _READ.get(self._mode)
            if read is None:
                return Need.DATA if self._mode is _Mode.CLOSED else Need.REPLY
            event = read(self)
            if event is None:
                continue
            if event is Need.DATA and self._eof:
                in_command = self._pending.started or self._mode is not _Mode.COMMAND or self.buffered > 0
                self._close()
                return PeerClosed(in_command)
            return event

    @property
    def state(self) -> State:
        """The state of RFC 3501 §3 as the session set it."""
        return self._state

    @property
    def is_closed(self) -> bool:
        """BYE is queued and nothing more will be read: send what is queued, close."""
        return self._mode is _Mode.CLOSED

    def authenticated(self) -> None:
        """Login succeeded (call it before the reply), or the connection began with PREAUTH."""
        self._state = State.AUTHENTICATED
        self._bad = 0

    def unauthenticated(self) -> None:
        """Nobody is logged in any more, and nothing is enabled (RFC 8437 §3)."""
        self._state = State.NOT_AUTHENTICATED
        self._bad = 0
        self.utf8 = self.uid_only = False

    def selected(self) -> None:
        """A mailbox is selected."""
        self._state = State.SELECTED

    def deselected(self) -> None:
        """No mailbox is selected any more."""
        self._state = State.AUTHENTICATED

    def send(self, *pieces: bytes | memoryview) -> None:
        """Queue whole responses (`responses`), at any time; a memoryview's bytes must not change until sent."""
        if self._mode is _Mode.CLOSED:
            return
        self._output += pieces
        for piece in pieces:
            self._output_size += len(piece)

    def greet(self, condition: Condition, text: str, code: bytes | None = None) -> None:
        """Queue the greeting: OK, PREAUTH or BYE (RFC 3501 §7.1)."""
        self.send(untagged(condition, text, code))

    def reply(self, condition: Condition, text: str, code: bytes | None = None) -> None:
        """Complete the command in hand; after LOGOUT nothing more is read."""
        if self._mode is not _Mode.REPLY or self._pending.tag is None:
            self._misuse("reply")
        self.send(status(self._pending.tag, condition, text, code))
        if isinstance(self._current, StartTls) and condition is Condition.OK:
            self._mode = _Mode.TLS
        elif isinstance(self._current, Logout):
            self._close()
        else:
            self._next_command()

    def defer(self) -> bytes:
        """Go on with the next command before this one is answered; returns its tag. The session owes the answer, by `send` of a tagged status.

        For APPEND only: its order among others does not change what it means (RFC 3501 §5.5).
        """
        tag = self._pending.tag
        if self._mode is not _Mode.REPLY or self._pending.append is None or tag is None:
            self._misuse("defer")
        self._next_command()
        return tag

    def challenge(self, challenge: bytes) -> None:
        """Send a challenge of AUTHENTICATE; empty for none (RFC 3501 §6.2.2)."""
        if self._mode is not _Mode.REPLY or not isinstance(self._current, AuthStarted):
            self._misuse("challenge")
        self.send(continuation(base64.b64encode(challenge)))
        self._mode = _Mode.AUTH

    def accept_idle(self) -> None:
        """Begin to idle; what happens may be sent until `IdleEnded`."""
        if self._mode is not _Mode.REPLY or not isinstance(self._current, IdleStarted):
            self._misuse("accept_idle")
        self.send(continuation(b"idling"))
        self._mode = _Mode.IDLE

    def accept_literal(self) -> None:
        """Take the message offered; its bytes follow as chunks."""
        offer = self._current
        if self._mode is not _Mode.OFFERED or not isinstance(offer, AppendStarted):
            self._misuse("accept_literal")
        if not offer.non_sync:
            self.send(continuation())
        self._remaining = offer.size
        self._mode = _Mode.MESSAGE

    def refuse(self, condition: Condition, text: str, code: bytes | None = None) -> None:
        """Complete APPEND instead of taking the message offered; what the client sends of it unasked is skipped."""
        offer = self._current
        if self._mode is not _Mode.OFFERED or not isinstance(offer, AppendStarted):
            self._misuse("refuse")
        self.send(status(offer.tag, condition, text, code))
        if not offer.non_sync:
            self._next_command()
        elif offer.size > self._limits.skip:
            self.send(untagged(Condition.BYE, "Literal too large", Code.TOOBIG))
            self._close()
        else:
            self._skip(offer.size)

    def tls_started(self) -> None:
        """The handshake is done: everything that came in clear is forgotten (RFC 3501 §6.2.1)."""
        if self._mode is not _Mode.TLS:
            self._misuse("tls_started")
        self._fragments.buffer.clear()
        self._bad = 0
        self._next_command()

    def transport_changed(self) -> bytes:
        """COMPRESS was answered: what came behind the command is no command yet; returns it and forgets it."""
        if self._mode is not _Mode.COMMAND:
            self._misuse("transport_changed")
        return self._fragments.buffer.take(self.buffered)

    def close(self, text: str, code: bytes | None = None) -> None:
        """Say `* BYE` and end, at any time: time-out, shutdown, a session that was taken away."""
        self.send(untagged(Condition.BYE, text, code))
        self._close()

    @property
    def output_size(self) -> int:
        """Bytes queued and not yet fetched by the session."""
        return self._output_size

    def data_to_send(self) -> bytes:
        """All bytes to be written now."""
        return b"".join(self.pieces_to_send())

    def pieces_to_send(self) -> list[bytes | memoryview]:
        """The same as pieces, for a transport that gathers them."""
        output, self._output = self._output, []
        self._output_size = 0
        return output

    def _read_command(self) -> Event | Need | None:
        stranger = self._state is State.NOT_AUTHENTICATED
        if stranger and not self._pending.started and self._fragments.buffer.peek(1) == _TLS_RECORD:
            return self._fatal("TLS on a port for clear text")
        line = self._fragments.line(self._pending.line_room)
        if isinstance(line, Cut):
            return Need.DATA if line is Cut.INCOMPLETE else self._fatal("Line too long")
        if stranger and _HTTP.match(line.text):
            return self._fatal("HTTP on a mail port")
        pending = self._pending
        try:
            pending.add_line(line.text, self._state, uid_only=self.uid_only)
            if pending.append is not None:
                self._read_append(line.literal)
                return None
            if line.literal is not None:
                self._take_argument(line.literal)
                return None
            command = pending.parse(utf8=self.utf8)
        except BadSyntax as error:
            return self._bad_command(error, line.literal)
        self._current = command
        self._mode = _Mode.REPLY
        return command

    def _read_append(self, header: LiteralHeader | None) -> None:
        """A segment of APPEND or REPLACE is there: what it says, up to a message for the session or the end."""
        if self._nul:
            raise BadSyntax("NUL in the message", condition=b"NO")
        if header is not None and header.size == TOO_LARGE:
            raise BadSyntax("Literal too large")
        events = self._pending.read_append(header, utf8=self.utf8)
        if events is None:
            assert header is not None
            self._take_argument(header)
            return
        offer = events[-1]
        if isinstance(offer, AppendStarted):
            if offer.non_sync and self._limits.non_sync is not None and offer.size > self._limits.non_sync:
                raise BadSyntax("Literal too large for LITERAL-")
            self._current = offer
        self._mode = _Mode.OFFERED if isinstance(offer, AppendStarted) else _Mode.REPLY
        self._queue.extend(events)

    def _take_argument(self, header: LiteralHeader) -> None:
        """A literal that is an argument has been announced."""
        if header.size == TOO_LARGE:
            raise BadSyntax("Literal too large")
        self._pending.check_argument(header, self._limits, self._state)
        if not header.non_sync:
            self.send(continuation())
        self._remaining = header.size
        self._mode = _Mode.ARGUMENT

    def _read_argument(self) -> Need | None:
        if self.buffered < self._remaining:
            return Need.DATA
        self._pending.literals.append(self._fragments.buffer.take(self._remaining))
        self._mode = _Mode.COMMAND
        return None

    def _read_message(self) -> Event | Need:
        if self._remaining == 0:
            self._mode = _Mode.COMMAND
            return LiteralEnded()
        chunk = self._fragments.buffer.take(self._remaining)
        if not chunk:
            return Need.DATA
        self._remaining -= len(chunk)
        # RFC 3501 §9 CHAR8 leaves NUL out; FETCH could not give such a message back. literal8 is the way to send it.
        if b"\x00" in chunk and isinstance(self._current, AppendStarted) and not self._current.literal8:
            self._nul = True
        return LiteralChunk(chunk)

    def _read_auth(self) -> Event | Need | None:
        line = self._fragments.line(MAX_LINES)
        if isinstance(line, Cut):
            return Need.DATA if line is Cut.INCOMPLETE else self._fatal("Line too long")
        tag = self._pending.tag or b"*"
        if line.text == b"*":
            self.send(status(tag, Condition.BAD, "Authentication cancelled"))
            self._next_command()
            return AuthCancelled(tag)
        response = decode_base64(line.text)
        if response is None:
            return self._bad_command(BadSyntax("Invalid base64"), line.literal)
        self._mode = _Mode.REPLY
        return AuthResponse(tag, response)

    def _read_idle(self) -> Event | Need | None:
        line = self._fragments.line(MAX_LINES)
        if isinstance(line, Cut):
            return Need.DATA if line is Cut.INCOMPLETE else self._fatal("Line too long")
        if line.text.upper() != b"DONE":
            return self._bad_command(BadSyntax("Expected DONE"), line.literal)
        self._mode = _Mode.REPLY
        return IdleEnded(self._pending.tag or b"*")

    def _bad_command(self, error: BadSyntax, header: LiteralHeader | None) -> Violation:
        """Answer a command that cannot be run, and skip what is left of it."""
        tag = self._pending.tag
        if error.condition == b"BAD" and not isinstance(error, WrongState):
            self._bad += 1
        self.send(status(tag or b"*", Condition(error.condition), error.text, error.code))
        stranger = self._state is State.NOT_AUTHENTICATED
        if self._bad >= (self._limits.bad_before_login if stranger else self._limits.bad):
            return self._bye(tag, "Too many bad commands")
        if header is None or not header.non_sync:
            self._next_command()
            return Violation(tag, error.text)
        # A stranger's oversize literal is not worth reading: nothing it could want is that large.
        bound = self._limits.literals if stranger else self._limits.skip
        if header.size > bound:
            return self._bye(tag, "Literal too large")
        self._skip(header.size)
        return Violation(tag, error.text)

    def _fatal(self, text: str) -> Violation:
        self.send(status(self._pending.tag or b"*", Condition.BAD, text))
        return self._bye(self._pending.tag, text)

    def _bye(self, tag: bytes | None, text: str) -> Violation:
        self.send(untagged(Condition.BYE, text))
        self._close()
        return Violation(tag, text, fatal=True)

    def _skip(self, size: int) -> None:
        self._remaining = size
        self._skipped = size
        self._queue.clear()
        self._mode = _Mode.SKIP

    def _skip_literal(self) -> Need | None:
        self._remaining -= self._fragments.buffer.skip(self._remaining)
        if self._remaining:
            return Need.DATA
        self._mode = _Mode.SKIP_LINE
        return None

    def _skip_line(self) -> Event | Need | None:
        line = self._fragments.line(MAX_LINES)
        if isinstance(line, Cut):
            return Need.DATA if line is Cut.INCOMPLETE else self._fatal("Line too long")
        if line.literal is None or not line.literal.non_sync:
            self._next_command()
            return None
        self._skipped += len(line.text) + line.literal.size
        if self._skipped > self._limits.skip:
            return self._bye(self._pending.tag, "Literal too large")
        self._remaining = line.literal.size
        self._mode = _Mode.SKIP
        return None

    def _next_command(self) -> None:
        self._pending = PendingCommand(multi_append=self._multi_append)
        self._queue.clear()
        self._current = None
        self._nul = False
        self._mode = _Mode.COMMAND

    def _close(self) -> None:
        self._mode = _Mode.CLOSED
        self._queue.clear()
        self._fragments.buffer.clear()

    def _misuse(self, call: str) -> NoReturn:
        raise CoreMisuse(f"{call} while {self._mode.value}")


_READ: dict[_Mode, Callable[[ServerCore], Event | Need | None]] = {
    _Mode.COMMAND: ServerCore._read_command,
    _Mode.ARGUMENT: ServerCore._read_argument,
    _Mode.SKIP: ServerCore._skip_literal,
    _Mode.SKIP_LINE: ServerCore._skip_line,
    _Mode.MESSAGE: ServerCore._read_message,
    _Mode.AUTH: ServerCore._read_auth,
    _Mode.IDLE: ServerCore._read_idle,
}
