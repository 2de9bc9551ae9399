"""A client that applies ADDTO and REMOVEFROM to what it was told first always holds what a new search or sort finds (RFC 5267 §4.3)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness_imap import Client, imap_house

STEP = st.tuples(
    st.sampled_from(("append", "add", "remove", "expunge", "move", "noop", "fetch")),
    st.integers(0, 1),
    st.integers(1, 6),
)
SUBJECTS = ("b", "A", "Re: c", "d", "B (fwd)", "[l] e", "")


def numbers(text: bytes) -> list[int]:
    found: list[int] = []
    for piece in text.split(b","):
        low, _, high = piece.partition(b":")
        found += range(int(low), int(high or low) + 1)
    return found


class Told:
    """The results of one client, kept as RFC 5267 tells it to keep them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.results: dict[bytes, list[int]] = {b"S": [], b"N": [], b"O": []}
        self.count = 0

    async def command(self, text: str) -> list[bytes]:
        lines = await self.client.command(text)
        for line in lines[:-1]:
            self.hear(line)
        return lines

    def hear(self, line: bytes) -> None:
        if found := re.match(rb"\* (\d+) EXISTS", line):
            self.count = int(found[1])
        elif found := re.match(rb"\* (\d+) EXPUNGE", line):
            number = int(found[1])
            assert number not in self.results[b"N"], "an expunged message was not taken out before its EXPUNGE"
            self.results[b"N"] = [each - (each > number) for each in self.results[b"N"]]
            self.count -= 1
        elif found := re.match(rb'\* ESEARCH \(TAG "(.)"\)(?: UID)?(.*)', line):
            self.change(found[1], found[2])

    def change(self, tag: bytes, told: bytes) -> None:
        result = self.results[tag]
        for word, pairs in re.findall(rb"(ADDTO|REMOVEFROM) \(([^)]*)\)", told):
            parts = pairs.split(b" ")
            for position, named in zip(map(int, parts[::2]), parts[1::2], strict=True):
                for offset, number in enumerate(numbers(named)):
                    if tag == b"N":
                        assert number <= self.count, "a number was told before its EXISTS"
                    if word == b"ADDTO":
                        assert number not in result
                        result.insert(position - 1 + offset if position else len(result), number)
                    elif position:
                        assert result.pop(position - 1) == number
                    else:
                        result.remove(number)
        if tag != b"O":
            result.sort()

    async def check(self) -> None:
        await self.command("NOOP")
        for tag, question in (
            (b"S", "UID SEARCH FLAGGED"),
            (b"N", "SEARCH UNDELETED"),
            (b"O", "UID SORT (SUBJECT) UTF-8 UNDELETED"),
        ):
            line = (await self.command(question))[0]
            assert self.results[tag] == [int(number) for number in line.split()[2:]], question


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=5, max_size=25))
def test_told_changes_add_up(steps: list[tuple[str, int, int]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with imap_house(Path(folder)) as house:
                watcher = Told(await house.login(mailbox="INBOX"))
                other = await house.login(mailbox="INBOX")
                for tag, question in (
                    (b"S", b"UID SEARCH RETURN (UPDATE) FLAGGED"),
                    (b"N", b"SEARCH RETURN (UPDATE COUNT) UNDELETED"),
                    (b"O", b"UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNDELETED"),
                ):
                    watcher.client.send(tag + b" " + question + b"\r\n")
                    await watcher.client.answer(tag)
                for kind, who, number in steps:
                    await step(watcher if who else other, kind, number)
                await watcher.check()
                await watcher.client.close()
                await other.close()

    asyncio.run(run())


async def step(client: Told | Client, kind: str, number: int) -> None:
    flag = ("\\Deleted", "\\Flagged")[number % 2]
    await client.command(
        {
            "append": f"APPEND INBOX {{{len(message(number))}+}}\r\n{message(number)}",
            "add": f"STORE {number} +FLAGS ({flag})",
            "remove": f"UID STORE {number} -FLAGS ({flag})",
            "expunge": "EXPUNGE",
            "move": f"MOVE {number} Archive",
            "noop": "NOOP",
            "fetch": f"FETCH {number} FLAGS",
        }[kind]
    )


def message(number: int) -> str:
    return f"Subject: {SUBJECTS[number]}\r\n\r\nx"
