"""What SEARCH, SORT and THREAD read: columns and header caches; no message is opened where these can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness_imap import imap_house
from postroom.access.search import threading
from postroom.model.email import Column
from postroom.servers.imap.commands.selected import sort, thread
from postroom.servers.imap.searching import results

MESSAGE = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: x\r\nDate: Thu, 1 Jan 2026 12:00:00 +0000\r\n\r\nbody"
HUGE = b"To: " + b", ".join(b"someone%d@example.test" % n for n in range(4000)) + b"\r\nSubject: x\r\n\r\nbody"


async def columns_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, message: bytes, command: str
) -> tuple[bytes, set[Column]]:
    async with imap_house(folder) as house:
        client = await house.login()
        assert b" OK " in (await client.append(message))[-1]
        await client.command("SELECT INBOX")
        asked: set[Column] = set()
        fetch = type(house.adapters.store).fetch

        async def counted(self: Any, account_id: Any, mailbox_id: Any, ranges: Any, columns: tuple[Column, ...]) -> Any:
            asked.update(columns)
            return await fetch(self, account_id, mailbox_id, ranges, columns)

        monkeypatch.setattr(type(house.adapters.store), "fetch", counted)
        lines = await client.command(command)
        await client.close()
        return lines[0], asked


@pytest.mark.parametrize(
    ("command", "more"),
    [
        (
            "SEARCH UNSEEN SINCE 1-Jan-2020 LARGER 10",
            {Column.BITS, Column.RECEIVED_AT, Column.RECEIVED_ZONE, Column.SIZE},
        ),
        ("SEARCH SAVEDSINCE 1-Jan-2020", {Column.SAVED_AT}),
        ("SEARCH UNSEEN SUBJECT x", {Column.BITS, Column.HEADER_CACHE}),
        ("SORT (ARRIVAL SIZE) UTF-8 ALL", {Column.RECEIVED_AT, Column.SIZE}),
        ("SORT (DATE) UTF-8 ALL", {Column.SENT_AT, Column.RECEIVED_AT}),
        ("SORT (SUBJECT) UTF-8 ALL", {Column.BASE_SUBJECT}),
        ("SORT (FROM TO CC DISPLAYFROM) UTF-8 ALL", {Column.HEADER_CACHE}),
        ("THREAD ORDEREDSUBJECT UTF-8 ALL", {Column.SENT_AT, Column.RECEIVED_AT, Column.BASE_SUBJECT}),
    ],
)
async def test_columns_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, more: set[Column]
) -> None:
    line, asked = await columns_of(tmp_path, monkeypatch, MESSAGE, command)
    assert line.split()[2].strip(b"()") == b"1"
    assert asked == {Column.UID, Column.MOD_SEQ} | more


@pytest.mark.parametrize("command", ["SORT (TO) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL", 'SEARCH TO "someone3999@"'])
async def test_a_header_without_room_in_the_cache_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    line, asked = await columns_of(tmp_path, monkeypatch, HUGE, command)
    assert line.split()[2].strip(b"()") == b"1"
    assert Column.CONTENT in asked


async def test_a_search_by_uid_reads_those_only(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        for _ in range(5):
            await client.append(MESSAGE)
        await client.command("SELECT INBOX")
        assert (await client.command("UID SEARCH UID 2,4 UNSEEN"))[0] == b"* SEARCH 2 4"
        assert (await client.command("UID SEARCH OR UID 2 UID 4:9"))[0] == b"* SEARCH 2 4 5"
        assert (await client.command("UID SEARCH NOT UID 2:4"))[0] == b"* SEARCH 1 5"
        assert (await client.command("UID SEARCH UID 2:4 NOT 3"))[0] == b"* SEARCH 2 4"
        await client.close()


async def test_long_results_are_sorted_and_written_off_the_loop_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = (
        "SEARCH ALL", "UID SORT RETURN (ALL MIN SAVE) (REVERSE ARRIVAL) UTF-8 ALL", "SORT (REVERSE SUBJECT) UTF-8 $",
        "THREAD REFERENCES UTF-8 ALL", "UID THREAD ORDEREDSUBJECT UTF-8 ALL",
    )  # fmt: skip
    async with imap_house(tmp_path) as house:
        client = await house.login()
        for number in range(6):
            await client.append(
                b"Subject: %d\r\nMessage-ID: <%d@x>\r\nReferences: <%d@x>\r\n\r\n" % (number % 3, number, number - 2)
            )
        await client.command("SELECT INBOX")
        first = [(await client.command(question))[0].split(b") ", 1)[-1] for question in questions]
        for module in (results, sort, thread):
            monkeypatch.setattr(module, "_ON_THE_LOOP", 0)
        monkeypatch.setattr(threading, "_IN_THREAD", 0)
        assert [(await client.command(question))[0].split(b") ", 1)[-1] for question in questions] == first
        assert first[0] == b"* SEARCH 1 2 3 4 5 6" and first[2] == b"* SORT 3 6 2 5 1 4"
        await client.close()
