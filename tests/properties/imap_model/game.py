"""Several clients of one account, the model of it, and the check after each step: everything said was true, and everything stored is what the model has."""

from __future__ import annotations

import asyncio
import datetime
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from harness_imap import Client
from properties.imap_model.model import Account, Mailbox
from properties.imap_model.picture import Heard, Picture
from properties.imap_model.values import pairs, values

PLAIN, CONDSTORE, QRESYNC, REV2 = "plain", "condstore", "qresync", "rev2"
_DATE = "%d-%b-%Y %H:%M:%S %z"


@dataclass(frozen=True)
class Server:
    """Whom the clients talk to: how a logged-in one is had, and in what this server is known to differ (docs/quirks.md)."""

    login: Callable[[], Awaitable[Client]]
    modes: tuple[str, ...] = (PLAIN, QRESYNC, CONDSTORE, REV2)
    differs: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()


@dataclass
class Cache:
    """What a client with QRESYNC keeps of a mailbox it has left."""

    validity: int
    highest: int
    uids: list[int]


@dataclass
class Session:
    """One client. `selected` is the model's mailbox itself: it stays the same one under another name."""

    client: Client
    mode: str
    picture: Picture | None = None
    read_only: bool = False
    saved: list[int] = field(default_factory=list)
    caches: dict[str, Cache] = field(default_factory=dict)

    @property
    def selected(self) -> Mailbox | None:
        return self.picture.mailbox if self.picture is not None else None


class Game:
    """See the module. `say` sends one command of one session and hears the answer."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.account = Account()
        self.sessions: list[Session] = []
        self.history: list[str] = []
        self.auditor: Client | None = None

    async def begin(self, count: int) -> None:
        self.auditor = await self.server.login()
        await self.auditor.command("ENABLE CONDSTORE")
        for name in await self.listed():
            self.account.mailboxes[name] = Mailbox(name)
        self.account.subscribed = set(await self.listed('LIST (SUBSCRIBED) "" "*"'))
        await self.audit()
        for number in range(count):
            self.sessions.append(await self.connect(self.server.modes[number % len(self.server.modes)]))

    async def connect(self, mode: str) -> Session:
        client = await self.server.login()
        if mode in (CONDSTORE, QRESYNC):
            await client.command(f"ENABLE {mode.upper()}")
        elif mode == REV2:
            await client.command("ENABLE IMAP4rev2")
        return Session(client, mode)

    async def reconnect(self, session: Session) -> None:
        await session.client.close()
        fresh = await self.connect(session.mode)
        session.client, session.picture, session.saved = fresh.client, None, []

    async def end(self) -> None:
        for client in (self.auditor, *(session.client for session in self.sessions)):
            if client is not None:
                await client.close()

    async def say(self, session: Session, text: str | bytes, *, may_expunge: bool = True) -> Heard:
        """The command with its tag and end; every response before the tagged one goes through the picture."""
        raw = text.encode() if isinstance(text, str) else text
        self.note(session, raw)
        lines = await session.client.command(raw)
        self.history += [f"    S: {line[:160].decode('latin-1')}" for line in lines]
        heard = Heard(fetching=re.match(rb"(?:UID )?FETCH ", raw) is not None)
        if lines:
            heard.tagged = lines.pop()
        for line in lines:
            self.hear(session, line, heard, may_expunge=may_expunge)
        if session.picture is not None:
            session.picture.check_recent()
        return heard

    async def look_first(self, session: Session) -> None:
        """For a server that answers with what the session was told last: it is told what there is now."""
        if "own view" in self.server.differs:
            await self.say(session, "NOOP")

    async def tell_before(self, mailbox: Mailbox, idling: Session | None = None) -> None:
        """Before messages go, for a server that tells a session of messages that came and went: all know what there is."""
        if "gone" not in self.server.differs:
            return
        for session in self.sessions:
            picture = session.picture if session is not idling else None
            newest = max(mailbox.uids, default=0)
            if picture is not None and picture.mailbox is mailbox and picture.newest < newest:
                await self.say(session, "NOOP")

    def note(self, session: Session, raw: bytes) -> None:
        self.history.append(f"{self.sessions.index(session)} {session.mode} C: {raw[:160].decode('latin-1')!r}")

    def hear(self, session: Session, line: bytes, heard: Heard, *, may_expunge: bool) -> None:
        if session.picture is None or line.startswith((b"* LIST", b"* LSUB", b"* STATUS", b"* SEARCH", b"* ESEARCH")):
            heard.others.append(line)
            return
        session.picture.hear(
            line,
            heard,
            may_expunge=may_expunge,
            qresync=session.mode == QRESYNC,
            condstore=session.mode in (CONDSTORE, QRESYNC)
            and not ("fetch without modseq" in self.server.differs and heard.fetching),
        )

    async def ask(self, text: str) -> list[bytes]:
        """The auditor's command, which must succeed."""
        assert self.auditor is not None
        lines = await self.auditor.command(text)
        assert lines[-1].split(b" ")[1] == b"OK", (text, lines[-1])
        return lines

    async def listed(self, command: str = 'LIST "" "*"') -> list[str]:
        lines = await self.ask(command)
        rows = [values(line[len(b"* LIST ") :]) for line in lines[:-1] if line.startswith(b"* LIST")]
        return [row[2].decode() for row in rows if b"\\Noselect" not in row[0]]

    async def audit(self) -> None:
        """A client that knows nothing looks at everything."""
        names = await self.listed()
        assert sorted(names) == sorted(self.account.mailboxes), (names, sorted(self.account.mailboxes))
        for mailbox in self.account.mailboxes.values():
            if not mailbox.validity or mailbox.highest < 0 or any(m.touched for m in mailbox.messages.values()):
                await self.look_into(mailbox)

    async def look_into(self, mailbox: Mailbox) -> None:
        lines = await self.ask(f'EXAMINE "{mailbox.name}"')
        told = {
            name: int(found[1])
            for name in (b"UIDVALIDITY", b"UIDNEXT", b"HIGHESTMODSEQ")
            if (found := re.search(rb"\[" + name + rb" (\d+)\]", b"\n".join(lines)))
        }
        validity, before = told[b"UIDVALIDITY"], max(mailbox.highest, 0)
        if not mailbox.validity:
            assert validity != self.account.validities.get(mailbox.name), "UIDVALIDITY of a mailbox that is gone"
            mailbox.validity = self.account.validities[mailbox.name] = validity
            mailbox.next_uid = max(mailbox.next_uid, told[b"UIDNEXT"])
        assert validity == mailbox.validity
        assert told[b"UIDNEXT"] == mailbox.next_uid, (told, mailbox.next_uid)
        assert f"* {len(mailbox.messages)} EXISTS".encode() in lines, (lines, mailbox.uids)
        rows = {}
        if mailbox.messages:
            for line in (await self.ask("UID FETCH 1:* (FLAGS MODSEQ RFC822.SIZE INTERNALDATE)"))[:-1]:
                if b" FETCH (" in line:
                    facts = pairs(values(line[line.index(b"(") :])[0])
                    rows[int(facts[b"UID"])] = facts
        assert list(rows) == mailbox.uids, (list(rows), mailbox.uids)
        highest = told[b"HIGHESTMODSEQ"]
        for uid, message in mailbox.messages.items():
            facts = rows[uid]
            marks = frozenset(flag.decode() for flag in facts[b"FLAGS"]) - {"\\Recent"}
            assert marks == message.flags, f"UID {uid} has {sorted(marks)}, the model {sorted(message.flags)}"
            assert int(facts[b"RFC822.SIZE"]) == len(message.octets)
            assert datetime.datetime.strptime(facts[b"INTERNALDATE"].decode().strip(), _DATE) == message.received
            mod_seq = int(facts[b"MODSEQ"][0])
            assert mod_seq <= highest, "a MODSEQ above HIGHESTMODSEQ"
            if message.touched:
                assert mod_seq > before or (mod_seq == message.mod_seq > 0), "a change below what HIGHESTMODSEQ was"
            else:
                assert mod_seq == message.mod_seq, f"UID {uid}: MODSEQ {mod_seq} after {message.mod_seq}, unchanged"
            message.mod_seq, message.touched = mod_seq, False
        assert highest >= before, "HIGHESTMODSEQ went down"
        mailbox.highest = highest
        await self.ask("UNSELECT")

    async def idle(self, session: Session, meanwhile: Callable[[], Awaitable[None]]) -> None:
        """IDLE until this client knows what happened `meanwhile`."""
        assert session.picture is not None
        client, picture, heard = session.client, session.picture, Heard()
        self.note(session, b"IDLE")
        client.count += 1
        tag = b"a%d" % client.count
        client.send(tag + b" IDLE\r\n")

        async def hear() -> None:
            line = (await client.line()).removesuffix(b"\r\n")
            assert line, "the connection ended in IDLE"
            self.history.append(f"    S: {line[:160].decode('latin-1')}")
            if not line.startswith(b"+ "):
                self.hear(session, line, heard, may_expunge=True)

        async def hear_all() -> None:
            async with asyncio.timeout(20):
                while picture.uids != picture.mailbox.uids or any(
                    picture.mailbox.messages[uid].flags != marks for uid, marks in picture.flags.items()
                ):
                    await hear()

        await hear()
        await hear_all()
        await meanwhile()
        await hear_all()
        client.send("DONE\r\n")
        for line in (await client.answer(tag))[:-1]:
            self.hear(session, line, heard, may_expunge=True)


Step = tuple[int, str, int]
Action = Callable[[Game, Session, random.Random], Awaitable[None]]


async def play(server: Server, sessions: int, steps: list[Step], actions: dict[str, Action], game: Game) -> None:
    """All steps; at the end each client says NOOP and must see what there is."""
    await game.begin(sessions)
    try:
        for who, kind, seed in steps:
            session = game.sessions[who % sessions]
            await actions[kind](game, session, random.Random(seed))
            await game.audit()
        for session in game.sessions:
            if session.picture is not None:
                await game.say(session, "NOOP")
                session.picture.check_equal()
    finally:
        await game.end()
