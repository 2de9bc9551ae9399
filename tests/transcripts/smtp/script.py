"""Reads and plays SMTP transcripts against a ServerCore.

@ lmtp starttls auth=PLAIN size=100 future_release=60_2026-12-01T10:00:00Z   how the server is set up (first lines only)
C: text        the client sends text and CRLF; \\r \\n \\0 \\xNN are octets, a line ending in \\c gets no CRLF
S: text        a reply line that must come; consecutive C: lines are one packet, replied to by what follows
R: Rcpt 550 5.1.1 text     the session answers the next such event so instead of its usual way
T:             the TLS handshake takes place
M: text        the last whole message was this, octet for octet
E: text        the representation of the last event holds this text
X:             the server closes
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from postroom.wire.core import Need
from postroom.wire.smtp import events
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.server import ServerCore
from postroom.wire.smtp.violations import Violation

_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|([rn0\\]))")
_SINGLE = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"\\": b"\\"}

USUAL: dict[type, Reply] = {
    events.ConnectionOpened: Reply.of(220, "", "mx.example.test ESMTP"),
    events.Hello: Reply.of(250, "", "mx.example.test"),
    events.Mail: Reply.of(250, "2.1.0", "OK"),
    events.Rcpt: Reply.of(250, "2.1.5", "OK"),
    events.ContentStarted: Reply.of(354, "", "Go on"),
    events.ChunkEnded: Reply.of(250, "2.0.0", "Chunk"),
    events.ContentEnded: Reply.of(250, "2.0.0", "Kept"),
    events.StartTls: Reply.of(220, "2.0.0", "Go on"),
    events.AuthResponse: Reply.of(235, "2.7.0", "Welcome"),
    events.AuthCancelled: Reply.of(501, "5.0.0", "Cancelled"),
    events.Reset: Reply.of(250, "2.0.0", "OK"),
    events.Noop: Reply.of(250, "2.0.0", "OK"),
    events.Verify: Reply.of(252, "2.5.0", "Try it"),
    events.Expand: Reply.of(502, "5.5.1", "No"),
    events.Help: Reply.of(214, "2.0.0", "RFC 5321"),
    events.Quit: Reply.of(221, "2.0.0", "Bye"),
}


@dataclass
class Session:
    """A session that says yes, unless told otherwise, and remembers."""

    core: ServerCore
    answers: list[tuple[str, Reply]] = field(default_factory=list)
    seen: list[events.Event] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    _content: bytearray = field(default_factory=bytearray)

    def work(self) -> bytes:
        """Answer all there is; the bytes for the client."""
        while True:
            event = self.core.next_event()
            if isinstance(event, Need):
                assert event is Need.DATA
                return self.core.data_to_send()
            self.remember(event)
            if isinstance(event, events.EndOfStream):
                return self.core.data_to_send()
            if not isinstance(event, events.ContentChunk):
                self.answer(event)

    def feed(self, data: bytes) -> bytes:
        """As `work`, with more bytes."""
        self.core.receive_data(data)
        return self.work()

    def remember(self, event: events.Event) -> None:
        """Adjacent content chunks are one: how it was cut is not part of what happened."""
        last = self.seen[-1] if self.seen else None
        if isinstance(event, events.ContentChunk):
            self._content += event.data
            if isinstance(last, events.ContentChunk):
                self.seen[-1] = events.ContentChunk(last.data + event.data)
                return
        elif isinstance(event, events.ContentEnded):
            self.messages.append(bytes(self._content))
            self._content.clear()
        elif isinstance(event, (events.ContentStarted, events.Reset)):
            self._content.clear()
        elif isinstance(event, events.EndOfStream) and isinstance(last, events.EndOfStream):
            return
        self.seen.append(event)

    def answer(self, event: events.Event) -> None:
        """The told reply, or the usual one."""
        name = type(event).__name__
        told = next((a for a in self.answers if a[0] == name), None)
        if told is not None:
            self.answers.remove(told)
            self.core.reply(told[1])
        elif isinstance(event, Violation):
            self.core.reply(event.reply)
        elif isinstance(event, events.AuthStarted):
            if event.initial_response is None:
                self.core.reply_challenge(b"")
            else:
                self.core.reply(USUAL[events.AuthResponse])
        else:
            self.core.reply(USUAL[type(event)])


def octets(text: str) -> bytes:
    """The bytes of a line of the script."""
    raw = text.encode("utf-8")
    end = b"\r\n"
    if raw.endswith(rb"\c"):
        raw, end = raw[:-2], b""
    return _ESCAPE.sub(lambda m: bytes((int(m[1], 16),)) if m[1] else _SINGLE[m[2]], raw) + end


def config(words: list[str]) -> ServerConfig:
    """The set-up line."""
    fields: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name == "auth":
            fields[name] = tuple(value.split(","))
        elif name == "future_release":
            fields[name] = value.replace("_", " ")
        elif name not in ("lmtp", "lenient"):
            fields[name] = int(value) if equals and value.isdigit() else value != "no"
    return ServerConfig(Capabilities(**fields), "lmtp" in words, "lenient" not in words)


def play(script: str) -> Session:
    """Play it; AssertionError where the server does otherwise."""
    lines = [line for line in script.splitlines() if line and not line.startswith("#")]
    setup = [line[1:].split() for line in lines if line.startswith("@")]
    session = Session(ServerCore(config([word for words in setup for word in words])))
    got: list[str] = session.work().decode("ascii").split("\r\n")[:-1]
    packet = b""
    for line in lines:
        kind, text = line[:2], line[3:]
        if kind == "C:":
            assert not got, f"not expected: {got}"
            packet += octets(text)
            continue
        if packet and kind != "R:":
            got = session.feed(packet).decode("ascii").split("\r\n")[:-1]
            packet = b""
        if kind == "S:":
            assert got, f"missing: {text}"
            assert got.pop(0) == text
        elif kind == "R:":
            name, code, enhanced, words = (*text.split(" ", 3), "")[:4]
            session.answers.append((name, Reply.of(int(code), enhanced, words)))
        elif kind == "T:":
            session.core.tls_started()
            session.core.capabilities = Capabilities(auth=("PLAIN",))
        elif kind == "M:":
            assert session.messages[-1] == octets(text + r"\c" if not text.endswith(r"\c") else text)
        elif kind == "E:":
            assert text in repr(session.seen[-1]), session.seen[-1]
        elif kind == "X:":
            assert session.core.closing
        else:
            assert kind == "@ " or line.startswith("@"), line
    if packet:
        got = session.feed(packet).decode("ascii").split("\r\n")[:-1]
    assert not got, f"not expected: {got}"
    assert not session.answers, f"never asked for: {session.answers}"
    return session
