"""What a logged-in client does with its maildrop: STAT, LIST, UIDL, RETR, TOP, DELE, RSET and QUIT's deletions (RFC 1939 §5, §6, §7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from structlog.typing import FilteringBoundLogger

from postroom.access.maildrop import Maildrop, OpenMessage
from postroom.servers.pop3.top import TopCutter
from postroom.wire.pop3 import events
from postroom.wire.pop3.server import Pop3Core

FLUSH_AT = 64 * 1024  # octets of replies put together before they are sent
_STATUS_LINE = 64  # octets, about: of a reply without content
_LINES_AT_ONCE = 2000  # of LIST or UIDL made in one turn of the loop: about a millisecond


class Transaction:
    """The TRANSACTION and UPDATE states of one session. `flush` sends what the core has to say and waits for the peer."""

    def __init__(self, core: Pop3Core, maildrop: Maildrop, flush: Callable[[], Awaitable[None]]) -> None:
        self._core = core
        self._maildrop = maildrop
        self._flush = flush
        self.unsent = 0
        """Octets, about, that wait in the core."""
        self.in_content = False
        """A message has begun and not ended: nothing but its octets may be sent."""
        self._retrieved = 0
        self._octets = 0
        self._deleted = 0
        self._ended_by = "drop"

    async def answer(self, event: events.Event) -> None:
        """Raises MailError for what is to be answered with -ERR."""
        core, maildrop = self._core, self._maildrop
        self.unsent += _STATUS_LINE
        match event:
            case events.Stat():
                core.reply_ok(f"{maildrop.count} {maildrop.size}")
            case events.List(None):
                await self._list_all()
            case events.Uidl(None):
                await self._identify_all()
            case events.List(int(number)):
                core.reply_ok(f"{number} {maildrop.message_size(number)}")
            case events.Uidl(int(number)):
                core.reply_ok(f"{number} {maildrop.uid_validity:x}-{maildrop.uid(number):x}")
            case events.Retr(number):
                await self._retrieve(number)
            case events.Top(number, lines):
                await self._top(number, lines)
            case events.Dele(number):
                maildrop.mark(number)
                core.reply_ok("Marked")
            case events.Reset():
                maildrop.unmark_all()
                core.reply_ok(f"{maildrop.count} messages ({maildrop.size} octets)")
            case events.Quit():
                await self._quit()
            case _:
                raise AssertionError(f"not an event of this state: {event!r}")

    async def _list_all(self) -> None:
        sizes = self._maildrop.sizes
        await self._send_lines(f"{self._maildrop.count} messages", lambda n: b"%d %d\r\n" % (n, sizes[n - 1]))

    async def _identify_all(self) -> None:
        """UIDVALIDITY and UID in hexadecimal: what never changes and is never given twice (RFC 1939 §7)."""
        uids = self._maildrop.uids
        start = b"%x-" % self._maildrop.uid_validity
        await self._send_lines("", lambda n: b"%d %b%x\r\n" % (n, start, uids[n - 1]))

    async def _send_lines(self, text: str, line: Callable[[int], bytes]) -> None:
        """One for each message that is not marked, in turns: a maildrop of 100,000 holds nobody up."""
        self._begin(text)
        for numbers in _in_turns(self._maildrop.numbers()):
            await self._send(b"".join(map(line, numbers)))
            await asyncio.sleep(0)
        self._end()

    async def _retrieve(self, number: int) -> None:
        message = await self._maildrop.open_message(number)
        piece = await message.next_piece()
        self._begin(f"{message.size} octets")
        while piece:
            await self._send(piece)
            piece = await message.next_piece()
        self._end()
        self._retrieved += 1
        self._octets += message.size

    async def _top(self, number: int, lines: int) -> None:
        message: OpenMessage = await self._maildrop.open_message(number)
        cutter = TopCutter(lines)
        piece = await message.next_piece()
        self._begin("")
        while piece:
            await self._send(cutter.cut(piece))
            if cutter.complete:
                break
            piece = await message.next_piece()
        self._end()

    def _begin(self, text: str) -> None:
        self._core.begin_content(text)
        self.in_content = True

    async def _send(self, piece: bytes) -> None:
        self._core.content(piece)
        self.unsent += len(piece)
        if self.unsent >= FLUSH_AT:
            await self._flush()

    def _end(self) -> None:
        self._core.end_content()
        self.in_content = False

    async def _quit(self) -> None:
        """RFC 1939 §6: the reply comes after the deletions are durable."""
        self._ended_by = "quit"
        self._deleted = await self._maildrop.delete_marked()
        self._core.reply_ok("Bye")

    def log_end(self, log: FilteringBoundLogger) -> None:
        """One line about the whole session."""
        log.info(
            "session ended",
            by=self._ended_by,
            retrieved=self._retrieved,
            octets=self._octets,
            deleted=self._deleted,
            left=len(self._maildrop.uids) - self._deleted,
        )


def _in_turns(numbers: list[int]) -> Iterator[list[int]]:
    for at in range(0, len(numbers), _LINES_AT_ONCE):
        yield numbers[at : at + _LINES_AT_ONCE]
