"""Many clients of one account do random things in one mailbox, each keeping what it was told; at checkpoints all must see the same.

`Mix` says how often what is done; a client that meets what it must not be told ends the run with an AssertionError and its last lines.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness_imap import Client
from properties.imap_model.values import numbers, pairs, values

_NUMBERED = re.compile(rb"\* (\d+) (EXISTS|RECENT|EXPUNGE|FETCH)(?: |\Z)")
_FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Forwarded", "work", "$Label1", "$Label2")
_SETTLING = 15.0  # seconds until every client has been told everything
Facts = dict[int, tuple[frozenset[bytes], int, int]]


@dataclass(frozen=True)
class Mix:
    """Weights of what is done, and the chance of a LOGOUT after each command."""

    append: int = 10
    store: int = 20
    delete: int = 6
    expunge: int = 4
    copy: int = 4
    fetch: int = 15
    fetch_content: int = 10
    search: int = 6
    noop: int = 8
    idle: int = 2
    logout: float = 0.01
    messages: int = 120


@dataclass
class Totals:
    """What all clients together have done."""

    commands: int = 0
    checkpoints: int = 0
    logouts: int = 0
    sizes: dict[int, int] = field(default_factory=dict)
    dates: dict[int, bytes] = field(default_factory=dict)
    recent: dict[int, object] = field(default_factory=dict)
    """UID → the one session that may call it \\Recent."""


class Hammer:
    """One client: numbers by UID as it was told."""

    def __init__(self, login: Callable[[], Any], mailbox: str, mix: Mix, number: int, totals: Totals) -> None:
        self._login, self._mailbox, self._mix, self._totals = login, mailbox, mix, totals
        self._rnd = random.Random(number)
        self.number = number
        self.mode = ("", "CONDSTORE", "QRESYNC")[number % 3]
        self.client: Client | None = None
        self.uids: list[int | None] = []
        self.flags: dict[int, frozenset[bytes]] = {}
        self.mod_seqs: dict[int, int] = {}
        self.announced: frozenset[bytes] = frozenset()
        self.last: deque[bytes] = deque(maxlen=30)

    async def open(self) -> None:
        self.client = await self._login()
        if self.mode:
            await self.client.command(f"ENABLE {self.mode}")
        self.uids, self.flags, self.mod_seqs = [], {}, {}
        await self.ask(f"SELECT {self._mailbox}")
        await self.learn()

    async def ask(
        self, text: str | bytes, *, may_expunge: bool = True, good: tuple[bytes, ...] = (b"OK",)
    ) -> list[bytes]:
        assert self.client is not None
        self.last.append(b"C: " + (text.encode() if isinstance(text, str) else text)[:150])
        lines = await self.client.command(text)
        assert lines, "the connection ended"
        for line in lines[:-1]:
            self.hear(line, may_expunge=may_expunge)
        self.last.append(b"S: " + lines[-1][:150])
        assert lines[-1].split(b" ")[1] in good, lines[-1]
        self._totals.commands += 1
        return lines

    def hear(self, line: bytes, *, may_expunge: bool) -> None:
        self.last.append(b"S: " + line[:150])
        assert not line.startswith(b"* BYE"), line
        if line.startswith(b"* VANISHED "):
            assert self.mode == "QRESYNC" and may_expunge, line
            for uid in numbers(line.split(b" ")[2]):
                self._forget(self.uids.index(uid) if uid in self.uids else self._unnamed(uid))
            return
        if line.startswith(b"* FLAGS "):
            self.announced = frozenset(line[9:-1].lower().split())
        found = _NUMBERED.match(line)
        if found is None:
            return
        number = int(found[1])
        if found[2] == b"EXISTS":
            assert number >= len(self.uids), f"EXISTS {number} after {len(self.uids)}"
            self.uids += [None] * (number - len(self.uids))
            return
        if found[2] == b"RECENT":
            return
        assert 1 <= number <= len(self.uids), line
        if found[2] == b"EXPUNGE":
            assert may_expunge and self.mode != "QRESYNC", line
            self._forget(number - 1)
            return
        self._fetched(number, pairs(values(line[found.end() :])[0]))

    def _unnamed(self, uid: int) -> int:
        """The place of a message that was announced and not asked about: between its neighbours."""
        below = [at for at, each in enumerate(self.uids) if each is not None and each < uid]
        at = below[-1] + 1 if below else 0
        assert at < len(self.uids) and self.uids[at] is None, f"VANISHED of {uid}, which is not known"
        return at

    def _forget(self, at: int) -> None:
        uid = self.uids.pop(at)
        if uid is not None:
            self.flags.pop(uid, None)
            self.mod_seqs.pop(uid, None)

    def _fetched(self, number: int, facts: dict[bytes, Any]) -> None:
        uid = self.uids[number - 1]
        if b"UID" in facts:
            told = int(facts[b"UID"])
            assert uid in (None, told), f"number {number} was UID {uid} and is {told}"
            before = [each for each in self.uids[: number - 1] if each is not None]
            after = [each for each in self.uids[number:] if each is not None]
            assert (not before or before[-1] < told) and (not after or told < after[0]), "UIDs do not ascend"
            uid = self.uids[number - 1] = told
        if b"BODY[]" in facts and b"RFC822.SIZE" in facts:
            assert int(facts[b"RFC822.SIZE"]) == len(facts[b"BODY[]"])
            length = re.search(rb"Subject: (\d+) ", facts[b"BODY[]"])
            assert length is not None and facts[b"BODY[]"].endswith(b"x" * int(length[1]) + b"\r\n"), (
                "content is broken"
            )
        for flag in facts.get(b"FLAGS", ()):
            assert flag.startswith(b"\\") or flag.lower() in self.announced, f"{flag!r} was not announced"
        if uid is None:
            return
        if b"INTERNALDATE" in facts:
            date = facts[b"INTERNALDATE"]
            assert self._totals.dates.setdefault(uid, date) == date, f"UID {uid} has another date than before"
        if b"\\Recent" in facts.get(b"FLAGS", ()):
            assert self._totals.recent.setdefault(uid, self.client) is self.client, (
                f"UID {uid} is recent to two sessions"
            )
        if b"RFC822.SIZE" in facts:
            size = int(facts[b"RFC822.SIZE"])
            assert self._totals.sizes.setdefault(uid, size) == size, f"UID {uid} has another size than before"
        if b"FLAGS" in facts:
            assert not self.mode or b"MODSEQ" in facts, "FLAGS without MODSEQ"
            self.flags[uid] = frozenset(facts[b"FLAGS"]) - {b"\\Recent"}
        if b"MODSEQ" in facts:
            mod_seq = int(facts[b"MODSEQ"][0])
            assert mod_seq >= self.mod_seqs.get(uid, 1), f"MODSEQ of {uid} went down to {mod_seq}"
            self.mod_seqs[uid] = mod_seq

    async def learn(self) -> None:
        """Names for the numbers that have none."""
        if None in self.uids:
            first = self.uids.index(None)
            floor = max((uid for uid in self.uids[:first] if uid is not None), default=0)
            await self.ask(f"UID FETCH {floor + 1}:* (FLAGS{' MODSEQ' if self.mode else ''})")

    async def run(self, deadline: float) -> None:
        names = [name for name in Mix.__dataclass_fields__ if name not in ("logout", "messages")]
        weights = [getattr(self._mix, name) for name in names]
        while time.monotonic() < deadline:
            await self.learn()
            await getattr(self, "_" + self._rnd.choices(names, weights)[0])()
            if self._rnd.random() < self._mix.logout:
                await self.close()
                self._totals.logouts += 1
                await self.open()

    async def close(self) -> None:
        assert self.client is not None
        self.client.send("bye LOGOUT\r\n")
        await self.client.answer(b"bye")
        await self.client.close()

    def _some(self) -> tuple[str, str]:
        """ "UID " or nothing, and a set in that manner."""
        known = [(at, uid) for at, uid in enumerate(self.uids, 1) if uid is not None]
        chosen = self._rnd.sample(known, min(len(known), self._rnd.choice((1, 1, 3))))
        by_uid = self._rnd.random() < 0.5 or not chosen
        return ("UID " if by_uid else ""), ",".join(str(uid if by_uid else at) for at, uid in chosen) or "1"

    async def _append(self) -> None:
        if len(self.uids) > self._mix.messages:
            await self._delete()
            return
        length = self._rnd.choice((0, 50, 3000, 90_000))
        octets = f"From: a@b.test\r\nSubject: {length} hammered\r\n\r\n".encode() + b"x" * length + b"\r\n"
        flags = " ".join(self._rnd.sample(_FLAGS, 2))
        date = self._rnd.choice(("", '"01-Jan-2024 00:30:00 +0545" ', '"29-Feb-2024 23:59:59 -0930" '))
        await self.ask(f"APPEND {self._mailbox} ({flags}) {date}{{{len(octets)}+}}\r\n".encode() + octets)

    async def _store(self) -> None:
        uid, some = self._some()
        sign = self._rnd.choice(("+", "-", ""))
        flags = " ".join(self._rnd.sample(_FLAGS, 2))
        since = ""
        if self.mode and self.mod_seqs and self._rnd.random() < 0.3:
            since = f"(UNCHANGEDSINCE {self._rnd.choice(list(self.mod_seqs.values()))}) "
        await self.ask(f"{uid}STORE {some} {since}{sign}FLAGS ({flags})", may_expunge=bool(uid), good=(b"OK", b"NO"))

    async def _delete(self) -> None:
        uid, some = self._some()
        await self.ask(f"{uid}STORE {some} +FLAGS (\\Deleted)", may_expunge=bool(uid), good=(b"OK", b"NO"))

    async def _expunge(self) -> None:
        await self.ask("EXPUNGE" if self._rnd.random() < 0.5 else f"UID EXPUNGE {self._rnd.randrange(1, 999)}:*")

    async def _copy(self) -> None:
        uid, some = self._some()
        target = self._mailbox if len(self.uids) < self._mix.messages else "Trash"
        await self.ask(f"{uid}COPY {some} {target}", good=(b"OK", b"NO"))

    async def _fetch(self) -> None:
        uid, some = self._some()
        items = f"(FLAGS RFC822.SIZE INTERNALDATE ENVELOPE{' MODSEQ' if self.mode else ''})"
        await self.ask(f"{uid}FETCH {some} {items}", may_expunge=bool(uid), good=(b"OK", b"NO"))

    async def _fetch_content(self) -> None:
        uid, some = self._some()
        peek = self._rnd.choice(("", ".PEEK"))
        items = f"(UID RFC822.SIZE BODY{peek}[])"
        await self.ask(f"{uid}FETCH {some} {items}", may_expunge=bool(uid), good=(b"OK", b"NO"))

    async def _search(self) -> None:
        lines = await self.ask(
            f"SEARCH {self._rnd.choice(('UNSEEN', 'FLAGGED', 'SUBJECT hammered'))}", may_expunge=False
        )
        for line in lines[:-1]:
            if line.startswith(b"* SEARCH"):
                found = [int(number) for number in re.sub(rb"\(.*", b"", line).split()[2:]]
                assert all(1 <= number <= len(self.uids) for number in found), line

    async def _noop(self) -> None:
        await self.ask("NOOP")

    async def _idle(self) -> None:
        assert self.client is not None
        client = self.client
        client.count += 1
        tag = b"a%d" % client.count
        client.send(tag + b" IDLE\r\n")
        while not (line := await client.line()).startswith(b"+ "):
            assert line, "the connection ended"
            self.hear(line.removesuffix(b"\r\n"), may_expunge=True)
        await asyncio.sleep(self._rnd.random() / 5)
        client.send(b"DONE\r\n")
        for line in (await client.answer(tag))[:-1]:
            self.hear(line, may_expunge=True)

    async def told(self) -> dict[int, frozenset[bytes]]:
        """What this client believes once it has said NOOP."""
        await self.ask("NOOP")
        await self.learn()
        return {uid: self.flags[uid] for uid in self.uids if uid is not None}


async def stored(client: Client, mailbox: str) -> Facts:
    """Flags, MODSEQ and size by UID, for a client that comes afresh."""
    await client.command(f"EXAMINE {mailbox}")
    found: Facts = {}
    for line in await client.command("UID FETCH 1:* (FLAGS MODSEQ RFC822.SIZE)"):
        if b" FETCH (" in line:
            facts = pairs(values(line[line.index(b"(") :])[0])
            marks = frozenset(facts[b"FLAGS"]) - {b"\\Recent"}
            found[int(facts[b"UID"])] = (marks, int(facts[b"MODSEQ"][0]), int(facts[b"RFC822.SIZE"]))
    return found


async def checkpoint(hammers: list[Hammer], look: Client, mailbox: str, totals: Totals) -> None:
    """Nobody does anything: soon all have been told the same, which is what is stored."""
    facts = await stored(look, mailbox)
    wanted = {uid: marks for uid, (marks, _, _) in facts.items()}
    for uid, (_, _, size) in facts.items():
        assert totals.sizes.setdefault(uid, size) == size
    deadline = time.monotonic() + _SETTLING
    for hammer in hammers:
        while (told := await hammer.told()) != wanted:
            assert time.monotonic() < deadline, differences(hammer, told, wanted)
            await asyncio.sleep(0.05)
        for uid, mod_seq in hammer.mod_seqs.items():
            assert mod_seq <= facts[uid][1], f"UID {uid}: told MODSEQ {mod_seq}, stored {facts[uid][1]}"
    totals.checkpoints += 1


def differences(hammer: Hammer, told: dict[int, frozenset[bytes]], wanted: dict[int, frozenset[bytes]]) -> str:
    wrong = [
        (uid, told.get(uid), wanted.get(uid)) for uid in sorted({*told, *wanted}) if told.get(uid) != wanted.get(uid)
    ]
    return f"client {hammer.number} {hammer.mode}: {wrong[:5]}\n" + b"\n".join(hammer.last).decode("latin-1")


async def hammered(
    login: Callable[[], Any], mailbox: str, clients: int, seconds: float, mix: Mix, checkpoints: int
) -> Totals:
    """All clients at once, stopped for each checkpoint."""
    totals = Totals()
    hammers = [Hammer(login, mailbox, mix, number, totals) for number in range(clients)]
    look = await login()
    for hammer in hammers:
        await hammer.open()
    for _ in range(checkpoints):
        deadline = time.monotonic() + seconds / checkpoints
        async with asyncio.TaskGroup() as group:
            for hammer in hammers:
                group.create_task(told_with(hammer, deadline))
        await checkpoint(hammers, look, mailbox, totals)
    for hammer in hammers:
        await hammer.close()
    await look.close()
    return totals


async def told_with(hammer: Hammer, deadline: float) -> None:
    try:
        await hammer.run(deadline)
    except (AssertionError, TimeoutError) as error:
        error.add_note(f"client {hammer.number} {hammer.mode}\n" + b"\n".join(hammer.last).decode("latin-1"))
        raise
