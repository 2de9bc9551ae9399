"""A maildrop of two messages behind a Pop3Core: the session that POP3 transcripts and properties talk to."""

from postroom.wire.core import Need
from postroom.wire.pop3 import events
from postroom.wire.pop3.capabilities import Offer
from postroom.wire.pop3.content import end_of_lines
from postroom.wire.pop3.replies import ResponseCode
from postroom.wire.pop3.server import Pop3Core

OFFER = Offer(stls=True, plaintext=True, mechanisms=("PLAIN", "SCRAM-SHA-256"))
MESSAGES = {1: (b"Subject: one\r\n\r\n", b".\r\n..leading\r\nno end"), 2: (b"Subject: two\r\n\r\n", b"text\r\n")}
SIZES = {1: 120, 2: 200}


class Maildrop:
    """Answers every event, and keeps them."""

    def __init__(self, core: Pop3Core) -> None:
        self.core = core
        self.seen: list[events.Event] = []
        self.deleted: set[int] = set()

    def run(self) -> bytes:
        """Answer all there is; what was said."""
        while True:
            event = self.core.next_event()
            if isinstance(event, Need):
                assert event is Need.DATA
                return self.core.data_to_send()
            self.seen.append(event)
            self.answer(event)

    def answer(self, event: events.Event) -> None:
        core = self.core
        match event:
            case events.ConnectionOpened():
                core.reply_ok("ready")
            case events.Violation():
                core.reply_err(event.text, event.code)
            case events.Login(b"mrose", b" secret with spaces "):
                core.reply_ok("mrose's maildrop has 2 messages")
            case events.Login():
                core.reply_err("Wrong name or password", ResponseCode.AUTH)
            case events.AuthStarted():
                core.challenge(b"")
            case events.AuthResponse():
                core.reply_ok("welcome")
            case events.AuthCancelled():
                core.reply_err("Cancelled")
            case events.StartTls():
                core.reply_ok("go on")
            case events.EndOfStream():
                pass
            case events.Quit():
                core.reply_ok("bye")
            case _:
                self.transaction(event)

    def lines(self, text: str, lines: bytes) -> None:
        self.core.begin_content(text)
        self.core.content(lines)
        self.core.end_content()

    def transaction(self, event: events.Event) -> None:
        core = self.core
        match event:
            case events.Stat():
                core.reply_ok("2 320")
            case events.List(None):
                self.lines("2 messages", b"1 120\r\n2 200\r\n")
            case events.Uidl(None):
                self.lines("", b"1 uid-1\r\n2 uid-2\r\n")
            case events.Reset():
                self.deleted.clear()
                core.reply_ok()
            case events.List(n) | events.Uidl(n) | events.Retr(n) | events.Top(n, _) | events.Dele(n) if (
                n not in MESSAGES or n in self.deleted
            ):
                core.reply_err("no such message")
            case events.List(n):
                core.reply_ok(f"{n} {SIZES[n]}")
            case events.Uidl(n):
                core.reply_ok(f"{n} uid-{n}")
            case events.Dele(n):
                self.deleted.add(n)
                core.reply_ok("marked")
            case events.Top(n, lines):
                head, body = MESSAGES[n]
                core.begin_content()
                core.content(head)
                core.content(body[: end_of_lines(body, lines)])
                core.end_content()
            case events.Retr(n):
                core.begin_content(f"{SIZES[n]} octets")
                for piece in MESSAGES[n]:
                    core.content(piece)
                core.end_content()
