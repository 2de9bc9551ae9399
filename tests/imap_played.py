"""An IMAP session that answers every event of `ServerCore` in one fixed way: what properties and fuzzing talk to."""

from __future__ import annotations

from postroom.wire.core import Need
from postroom.wire.imap.commands.authenticated.append import AppendStarted, CatenateStarted, UrlPart
from postroom.wire.imap.commands.authenticated.idle import IdleStarted
from postroom.wire.imap.commands.not_authenticated.authenticate import AuthStarted
from postroom.wire.imap.commands.not_authenticated.starttls import StartTls
from postroom.wire.imap.commands.selected.replace import ReplaceStarted
from postroom.wire.imap.events import AuthCancelled, AuthResponse, LiteralChunk, LiteralEnded, PeerClosed, Violation
from postroom.wire.imap.limits import Limits
from postroom.wire.imap.responses.status import Condition
from postroom.wire.imap.server import ServerCore

LIMITS = Limits(literal=64, literals=200, skip=500, bad=6)


class Played:
    """A session that answers every event in one fixed way, so that only the bytes decide."""

    def __init__(self, state: int, *, multi_append: bool) -> None:
        self.core = ServerCore(LIMITS, multi_append=multi_append)
        self.events: list[object] = []
        self.output = b""
        if state > 0:
            self.core.authenticated()
        if state > 1:
            self.core.selected()

    def pull(self) -> None:
        while not isinstance(event := self.core.next_event(), Need):
            last = self.events[-1] if self.events else None
            if isinstance(event, LiteralChunk) and isinstance(last, LiteralChunk):
                self.events[-1] = LiteralChunk(last.content + event.content)
            else:
                self.events.append(event)
            self.answer(event)
        self.output += self.core.data_to_send()

    def answer(self, event: object) -> None:
        match event:
            case AppendStarted(size=size):
                if size > 100:
                    self.core.refuse(Condition.NO, "too big", b"TOOBIG")
                else:
                    self.core.accept_literal()
            case AuthStarted():
                self.core.challenge(b"")
            case AuthResponse():
                self.core.reply(Condition.NO, "no")
            case IdleStarted():
                self.core.accept_idle()
            case StartTls():
                self.core.reply(Condition.NO, "no")
            case CatenateStarted() | UrlPart() | ReplaceStarted():
                pass
            case LiteralChunk() | LiteralEnded() | Violation() | PeerClosed() | AuthCancelled():
                pass
            case _:
                self.core.reply(Condition.OK, "done")


def play(data: bytes, sizes: list[int], state: int, *, multi_append: bool) -> Played:
    played = Played(state, multi_append=multi_append)
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        played.core.receive_data(data[at : at + size])
        played.pull()
        at += size
        turn += 1
    played.core.receive_eof()
    played.pull()
    return played
