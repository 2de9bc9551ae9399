"""A client that goes and comes back with QRESYNC (RFC 7162 §3.2.5) ends with exactly the server's messages and flags, whatever happened meanwhile: with and
without the list of known UIDs and the matches of numbers, and also when what was expunged is no longer remembered (`store.changing`)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from harness_imap import Client, imap_house
from postroom.store import changing
from postroom.wire.imap.sequences import compact, parse_sequence_set

KINDS = ("append", "expunge", "add", "remove", "move", "replace", "noop", "away", "back", "back known", "back matched")
BACK = ("back", "back known", "back matched")
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.sampled_from(("\\Seen", "\\Flagged", "work")))


def numbers(text: bytes) -> list[int]:
    return [n for low, high in parse_sequence_set(text).resolve(0) for n in range(low, high + 1)]


@dataclass
class Cache:
    """What the client keeps over its absence, and what it is told."""

    client: Client
    uid_validity: int = 0
    mod_seq: int = 1
    flags: dict[int, frozenset[bytes]] = field(default_factory=dict)
    count: int = 0
    is_open: bool = False

    async def command(self, text: str, *, may_vanish: bool = True) -> None:
        lines = await self.client.command(text)
        assert lines[-1].split()[1] == b"OK", lines
        for line in lines:
            self.hear(line, may_vanish=may_vanish)

    def hear(self, line: bytes, *, may_vanish: bool) -> None:
        assert b" EXPUNGE" not in line
        if found := re.search(rb"\[UIDVALIDITY (\d+)\]", line):
            self.uid_validity = int(found[1])
        if found := re.search(rb"\[HIGHESTMODSEQ (\d+)\]", line):
            assert int(found[1]) >= self.mod_seq
            self.mod_seq = int(found[1])
        if found := re.fullmatch(rb"\* (\d+) EXISTS", line):
            self.count = int(found[1])
        elif found := re.fullmatch(rb"\* VANISHED (\(EARLIER\) )?([0-9:,]+)", line):
            assert may_vanish or found[1]
            gone = set(numbers(found[2]))
            if not found[1]:
                self.count -= len(gone)
                assert gone <= set(self.flags), "told of a message that was not known"
            for uid in gone & set(self.flags):
                del self.flags[uid]
        elif found := re.fullmatch(rb"\* (\d+) FETCH \(UID (\d+) FLAGS \((.*)\) MODSEQ \((\d+)\)\)", line):
            assert int(found[1]) <= self.count
            self.flags[int(found[2])] = frozenset(found[3].split()) - {b"\\Recent"}

    async def open(self, how: str) -> None:
        known = sorted(self.flags)
        more = ""
        if how != "back" and known:
            more = " " + compact(known).decode()
        if how == "back matched" and known:
            some = range(len(known), 0, -2)
            places = ",".join(str(n) for n in reversed(some))
            more += f" ({places} {','.join(str(known[n - 1]) for n in reversed(some))})"
        await self.command(f"SELECT INBOX (QRESYNC ({self.uid_validity or 1} {self.mod_seq}{more}))")
        self.is_open = True
        await self.learn()

    async def learn(self) -> None:
        """What EXISTS announced and is not known yet lies above the newest UID."""
        newest = max(self.flags, default=0)
        await self.command(f"UID FETCH {newest + 1}:* (FLAGS MODSEQ)")
        assert len(self.flags) == self.count


async def act(other: Client, kind: str, at: int, flag: str) -> None:
    uids = [
        int(re.search(rb"UID (\d+)", line)[1])
        for line in (await other.command("UID FETCH 1:* (UID)"))[:-1]
        if b"FETCH" in line
    ]  # type: ignore[index]
    uid = uids[at % len(uids)] if uids else 1
    match kind:
        case "append":
            await other.command(b"APPEND INBOX {5+}\r\n1\r\n\r\n {5+}\r\n2\r\n\r\n")
        case "expunge":
            some = ",".join(str(each) for each in uids[at % 3 :: 2]) or "1"
            await other.command(f"UID STORE {some} +FLAGS.SILENT (\\Deleted)")
            await other.command("EXPUNGE")
        case "add" | "remove":
            await other.command(f"UID STORE {uid}:* {'+' if kind == 'add' else '-'}FLAGS.SILENT ({flag})")
        case "move":
            await other.command(f"UID MOVE {uid} Archive")
        case "replace" if uids:
            await other.command(b"UID REPLACE %d INBOX (%b) {5+}\r\n3\r\n\r\n" % (uid, flag.encode()))


async def server_state(other: Client) -> dict[int, frozenset[bytes]]:
    lines = await other.command("UID FETCH 1:* (FLAGS)")
    found = [re.search(rb"UID (\d+) FLAGS \((.*?)\)", line) for line in lines]
    return {int(each[1]): frozenset(each[2].split()) - {b"\\Recent"} for each in found if each}


async def run(steps: list[tuple[str, int, str]], kept: int, how: str, folder: Path) -> None:
    with mock.patch.object(changing, "KEPT", kept):
        async with imap_house(folder) as house:
            other = await house.login(mailbox="INBOX")
            cache = Cache(await house.login())
            await cache.command("ENABLE QRESYNC")
            await act(other, "append", 0, "")
            for kind, at, flag in [("back", 0, ""), ("away", 0, ""), *steps, ("away", 0, ""), (how, 0, "")]:
                if kind == "away" and cache.is_open:
                    await cache.command("UNSELECT")
                    cache.is_open = False
                elif kind.startswith("back") and not cache.is_open:
                    await cache.open(kind)
                    assert cache.flags == await server_state(other)
                elif kind == "noop" and cache.is_open:
                    await cache.command("NOOP")
                    await cache.learn()
                    assert cache.flags == await server_state(other)
                elif kind in ("append", "expunge", "add", "remove", "move", "replace"):
                    await act(other, kind, at, flag)
            assert cache.flags == await server_state(other)
            for client in (other, cache.client):
                await client.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=20), st.sampled_from([1, 4, 100_000]), st.sampled_from(BACK))
def test_a_client_that_comes_back_has_the_servers_state(steps: list[tuple[str, int, str]], kept: int, how: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(steps, kept, how, Path(folder)))
