"""ClientCore: the client's side of one SMTP or LMTP connection.

The session gives commands at will; those that may be pipelined leave together, the others wait for the replies before
them (RFC 2920 §3.1). `next_event` then gives each reply with the command it belongs to. After a 354 the session calls
`send_content` and `end_content`; after the 220 to STARTTLS it does the handshake and calls `tls_started`. Which host,
which policy, when to try again: the queue. RFC 5321, RFC 2033, RFC 3030, RFC 3207, RFC 4954.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.sasl.base64_text import decode_base64, encode_base64, encode_initial_response
from postroom.wire.smtp.addresses import Path
from postroom.wire.smtp.client_content import DotWriter
from postroom.wire.smtp.extensions import NO_EXTENSIONS, Extensions, parse_extensions
from postroom.wire.smtp.parameters import MailParameters, RcptParameters, encode_xtext
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.reply_reader import BadReply, ReplyReader

_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]")
_ENDS_GROUP = frozenset(
    ("greeting", "EHLO", "HELO", "LHLO", "DATA", "content", "STARTTLS", "AUTH", "VRFY", "NOOP", "QUIT")
)


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply and what it answers: a verb, `greeting`, or `content` for the end of DATA."""

    command: str
    reply: Reply
    recipient: int | None = None
    """LMTP after the content: which of the accepted recipients, in the order of RCPT."""


@dataclass(frozen=True, slots=True)
class Challenged:
    """A 334: answer by `auth_response` or `auth_cancel`."""

    challenge: bytes


@dataclass(frozen=True, slots=True)
class ServerClosing:
    """A 421 that answers nothing, or a refusal amid our content: the server closes, and so should we."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class ServerBroke:
    """The server broke the protocol. Nothing after it can be trusted; close, and try again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class ServerGone:
    """The stream ended. Commands without a reply may or may not have been done."""

    unanswered: tuple[str, ...]


ClientEvent = Replied | Challenged | ServerClosing | ServerBroke | ServerGone


@dataclass(frozen=True, slots=True)
class _Command:
    verb: str
    line: bytes
    is_last_chunk: bool = False
    """Ends the message: in LMTP its replies are as many as the accepted recipients."""


class ClientCore:
    """Commands and content ⇄ replies of a server."""

    def __init__(self, *, lmtp: bool = False) -> None:
        self.extensions: Extensions = NO_EXTENSIONS
        """What the last EHLO told; empty before it, after HELO and after STARTTLS."""
        self._lmtp = lmtp
        self._buffer = ReceiveBuffer()
        self._output = bytearray()
        self._replies = ReplyReader()
        self._waiting: deque[_Command] = deque()
        self._unanswered: deque[_Command] = deque((_Command("greeting", b""),))
        self._dots: DotWriter | None = None
        self._accepted = 0
        self._content_replies = 0
        self._eof = False
        self._over: ClientEvent | None = None
        self._tls_wanted = False

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the server."""
        if self._eof and data:
            raise CoreMisuse("bytes after the end of the stream")
        if self._over is None:
            self._buffer.append(data)

    def receive_eof(self) -> None:
        """The server closed its side."""
        self._eof = True

    def data_to_send(self) -> bytes:
        """All that may be sent now."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def next_event(self) -> ClientEvent | Need:
        """The next reply; an event that ends the connection is given again each time."""
        if self._over is not None:
            return self._over
        if self._tls_wanted:
            if len(self._buffer):
                return self._break("data in clear behind the reply to STARTTLS")
            return self._starved()
        reply = self._replies.read(self._buffer)
        if reply is None:
            return self._starved()
        if isinstance(reply, BadReply):
            return self._break(reply.reason)
        return self._take(reply)

    def hello(self, domain: str) -> None:
        """EHLO, or LHLO in LMTP."""
        self._send("LHLO" if self._lmtp else "EHLO", domain.encode("ascii"))

    def plain_hello(self, domain: str) -> None:
        """HELO, for a server that refused EHLO."""
        self._send("HELO", domain.encode("ascii"))

    def mail(self, reverse_path: Path, parameters: MailParameters) -> None:
        """MAIL; begins a transaction. The session gives no parameter that was not offered."""
        words = [b"FROM:<" + str(reverse_path).encode() + b">"]
        if parameters.size is not None:
            words.append(b"SIZE=%d" % parameters.size)
        if parameters.body is not None:
            words.append(b"BODY=" + parameters.body.encode("ascii"))
        if parameters.smtp_utf8:
            words.append(b"SMTPUTF8")
        if parameters.require_tls:
            words.append(b"REQUIRETLS")
        if parameters.auth is not None:
            mailbox = encode_xtext(str(parameters.auth).encode())
            words.append(b"AUTH=" + (b"<>" if parameters.auth.is_null else mailbox))
        if parameters.ret is not None:
            words.append(b"RET=" + parameters.ret.encode("ascii"))
        if parameters.envid is not None:
            words.append(b"ENVID=" + encode_xtext(parameters.envid.encode()))
        self._send("MAIL", b" ".join(words))

    def rcpt(self, forward_path: Path, parameters: RcptParameters) -> None:
        """RCPT."""
        words = [b"TO:<" + str(forward_path).encode() + b">"]
        if parameters.notify is not None:
            words.append(b"NOTIFY=" + (",".join(sorted(parameters.notify)).encode("ascii") or b"NEVER"))
        if parameters.orcpt is not None:
            kind, address = parameters.orcpt
            written = address.encode() if kind.lower() == "utf-8" else encode_xtext(address.encode())
            words.append(b"ORCPT=" + kind.encode("ascii") + b";" + written)
        self._send("RCPT", b" ".join(words))

    def data(self) -> None:
        """DATA. A 354 must be followed by content even when no recipient was taken: then `end_content` at once."""
        self._send("DATA")

    def send_content(self, piece: bytes) -> None:
        """The next piece of content, CRLF lines; dots are added here."""
        if self._dots is None:
            raise CoreMisuse("content outside of DATA")
        self._output += self._dots.write(piece)

    def end_content(self) -> None:
        """The content is whole. Never called for one that could not be read to its end: close instead."""
        if self._dots is None:
            raise CoreMisuse("content outside of DATA")
        self._output += self._dots.end()
        self._dots = None
        self._unanswered.append(_Command("content", b"", is_last_chunk=True))

    def bdat(self, piece: bytes, *, last: bool) -> None:
        """One BDAT chunk, sent as it is (RFC 3030 §2)."""
        line = b"BDAT %d%b\r\n" % (len(piece), b" LAST" if last else b"")
        self._queue(_Command("BDAT", line + piece, last))

    def reset(self) -> None:
        """RSET."""
        self._send("RSET")

    def noop(self) -> None:
        """NOOP, to see whether the connection still lives."""
        self._send("NOOP")

    def quit(self) -> None:
        """QUIT."""
        self._send("QUIT")

    def start_tls(self) -> None:
        """STARTTLS."""
        self._send("STARTTLS")

    def tls_started(self) -> None:
        """The handshake is done: what the server said in clear is forgotten. RFC 3207 §4.2."""
        self._tls_wanted = False
        self.extensions = NO_EXTENSIONS

    def authenticate(self, mechanism: str, initial_response: bytes | None) -> None:
        """AUTH."""
        words = [mechanism.encode("ascii")]
        if initial_response is not None:
            words.append(encode_initial_response(initial_response))
        self._send("AUTH", b" ".join(words))

    def auth_response(self, response: bytes) -> None:
        """The answer to a challenge."""
        self._continue_auth(encode_base64(response))

    def auth_cancel(self) -> None:
        """Give up the exchange."""
        self._continue_auth(b"*")

    def _continue_auth(self, line: bytes) -> None:
        if self._unanswered or self._waiting:
            raise CoreMisuse("a response nobody asked for")
        self._queue(_Command("AUTH", line + b"\r\n"))

    def _send(self, verb: str, argument: bytes = b"") -> None:
        if _UNSAFE.search(argument):
            raise CoreMisuse("a control character in a command")
        line = verb.encode("ascii") + (b" " + argument if argument else b"")
        self._queue(_Command(verb, line + b"\r\n"))

    def _queue(self, command: _Command) -> None:
        if self._dots is not None:
            raise CoreMisuse("a command inside content")
        self._waiting.append(command)
        self._flush()

    def _flush(self) -> None:
        """Send what may be sent: groups where the server takes them, else one command at a time."""
        while self._waiting and self._dots is None and not self._tls_wanted:
            if self._unanswered:
                blocked = self._unanswered[-1].verb in _ENDS_GROUP or self._unanswered[-1].is_last_chunk
                if blocked or "PIPELINING" not in self.extensions:
                    return
            command = self._waiting.popleft()
            self._unanswered.append(command)
            self._output += command.line

    def _starved(self) -> ClientEvent | Need:
        if not self._eof:
            return Need.DATA
        verbs = [command.verb for command in (*self._unanswered, *self._waiting)]
        self._over = ServerGone(tuple(verbs))
        return self._over

    def _break(self, reason: str) -> ClientEvent:
        self._over = ServerBroke(reason)
        self._buffer.clear()
        return self._over

    def _take(self, reply: Reply) -> ClientEvent:
        if not self._unanswered:
            if reply.code == 421 or (self._dots is not None and reply.code >= 400):
                self._over = ServerClosing(reply)
                return self._over
            return self._break("a reply to nothing")
        command = self._unanswered[0]
        if command.is_last_chunk and self._lmtp and not self._content_replies:
            self._content_replies = self._accepted
        if self._content_replies > 1:
            self._content_replies -= 1
            return Replied(command.verb, reply, self._accepted - self._content_replies - 1)
        self._unanswered.popleft()
        event = self._act(command, reply)
        self._flush()
        return event

    def _act(self, command: _Command, reply: Reply) -> ClientEvent:
        recipient = None
        if reply.code // 100 == 3 and command.verb not in ("DATA", "AUTH"):
            return self._break("an intermediate reply where none may be")
        if command.verb in ("EHLO", "LHLO"):
            self.extensions = parse_extensions(reply) if reply.positive else NO_EXTENSIONS
        elif command.verb == "MAIL":
            self._accepted = 0
        elif command.verb == "RCPT":
            self._accepted += reply.positive
        elif command.verb == "STARTTLS":
            self._tls_wanted = reply.positive
        elif command.verb == "AUTH" and reply.code == 334:
            return self._challenged(reply)
        elif command.verb == "DATA":
            if reply.code == 354 and len(self._buffer):
                return self._break("a reply to content that was not sent")
            if reply.code == 354:
                self._dots = DotWriter()
            elif reply.positive:
                return self._break("DATA was not answered by 354")
        elif self._content_replies:
            recipient = self._accepted - 1
            self._content_replies = 0
        return Replied(command.verb, reply, recipient)

    def _challenged(self, reply: Reply) -> ClientEvent:
        challenge = decode_base64(reply.lines[0].encode())
        return self._break("a challenge that is not base64") if challenge is None else Challenged(challenge)
