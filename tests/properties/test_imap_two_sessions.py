"""Random commands on two sessions of one mailbox against a plain model: after both have said NOOP they see the same messages with the same flags, each
session's numbers always name the UIDs it was told, and no EXPUNGE comes where it is forbidden (RFC 3501 §7.4.1)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness_imap import Client, imap_house

MESSAGE = b"Subject: x\r\n\r\nbody\r\n"
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "work")
KINDS = ("append", "add", "remove", "replace", "expunge", "uid expunge", "copy", "move", "noop", "fetch", "search")
STEP = st.tuples(st.integers(0, 1), st.sampled_from(KINDS), st.integers(1, 6), st.sampled_from(FLAGS))
SILENT = ("add", "remove", "replace", "fetch", "search")


@dataclass
class Session:
    """What this client has been told: UIDs by position, None for one it has not asked about."""

    client: Client
    count: int = 0
    numbers: list[int | None] = field(default_factory=list)

    async def command(self, text: str, *, may_expunge: bool) -> list[bytes]:
        lines = await self.client.command(text)
        self.hear(lines, may_expunge=may_expunge)
        return lines

    def hear(self, lines: list[bytes], *, may_expunge: bool) -> None:
        for line in lines[:-1]:
            if found := re.match(rb"\* (\d+) EXPUNGE", line):
                assert may_expunge, "EXPUNGE in answer to a command that names numbers"
                del self.numbers[int(found[1]) - 1]
            elif found := re.match(rb"\* (\d+) EXISTS", line):
                assert int(found[1]) >= len(self.numbers)
                self.numbers += [None] * (int(found[1]) - len(self.numbers))
            elif found := re.match(rb"\* (\d+) FETCH .*UID (\d+)", line):
                at = int(found[1]) - 1
                assert self.numbers[at] in (None, int(found[2])), "a number names another message than before"
                self.numbers[at] = int(found[2])

    async def seen(self) -> dict[int, frozenset[bytes]]:
        await self.command("NOOP", may_expunge=True)
        lines = await self.command("UID FETCH 1:* (FLAGS)", may_expunge=True)
        found = {}
        for line in lines[:-1]:
            row = re.match(rb"\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\)", line)
            if row:
                found[int(row[1])] = frozenset(row[2].split()) - {b"\\Recent"}
        return found


class Model:
    """The mailbox as a dictionary."""

    def __init__(self) -> None:
        self.messages: dict[int, set[bytes]] = {}
        self.next = 1

    def add(self, flags: set[bytes]) -> None:
        self.messages[self.next] = set(flags)
        self.next += 1


async def step(session: Session, model: Model, kind: str, number: int, flag: str) -> None:
    raw = flag.encode()
    held = model.messages.get(number)
    match kind:
        case "append":
            lines = await session.client.append(MESSAGE, "INBOX", f"({flag}) ")
            session.hear(lines, may_expunge=True)
            model.add({raw})
        case "add" | "remove" | "replace":
            sign = {"add": "+", "remove": "-", "replace": ""}[kind]
            known = number in session.numbers
            await session.command(f"UID STORE {number} {sign}FLAGS ({flag})", may_expunge=True)
            if held is not None and known:
                model.messages[number] = {"add": held | {raw}, "remove": held - {raw}, "replace": {raw}}[kind]
        case "expunge":
            await session.command("EXPUNGE", may_expunge=True)
            model.messages = {uid: flags for uid, flags in model.messages.items() if b"\\Deleted" not in flags}
        case "uid expunge":
            known = number in session.numbers
            await session.command(f"UID EXPUNGE {number}", may_expunge=True)
            if known and held is not None and b"\\Deleted" in held:
                del model.messages[number]
        case "copy":
            known = number in session.numbers
            await session.command(f"UID COPY {number} INBOX", may_expunge=True)
            if known and held is not None:
                model.add(held)
        case "move":
            known = number in session.numbers
            await session.command(f"UID MOVE {number} Archive", may_expunge=True)
            if known and held is not None:
                del model.messages[number]
        case "noop":
            await session.command("NOOP", may_expunge=True)
        case "fetch":
            await session.command(f"FETCH 1:{number} (UID)", may_expunge=False)
        case "search":
            await session.command(f"SEARCH {number}:* UNSEEN", may_expunge=False)


async def run(steps: list[tuple[int, str, int, str]], folder: Path) -> None:
    async with imap_house(folder) as house:
        sessions = [Session(await house.login(mailbox="INBOX")) for _ in range(2)]
        model = Model()
        for who, kind, number, flag in steps:
            session = sessions[who]
            if kind not in ("append", "noop", "fetch", "search", "expunge"):
                # what a UID means to this session is what it knows: learn it first
                await session.seen()
            await step(session, model, kind, number, flag)
        wanted = {uid: frozenset(flags) for uid, flags in model.messages.items()}
        for session in sessions:
            assert await session.seen() == wanted
            assert session.numbers == sorted(wanted)
            await session.client.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_two_sessions_agree_with_the_model(steps: list[tuple[int, str, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run([(0, "append", 1, "work"), (1, "append", 1, "\\Seen"), *steps], Path(folder)))
