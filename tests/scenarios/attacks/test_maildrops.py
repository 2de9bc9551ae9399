"""POP3 clients that try things, and very large maildrops (THREATS A3): what `pop3/` has not asked yet."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from harness_pop3 import PASSWORD, Pop3Server, pop3_server
from postroom.access import maildrop
from postroom.model.mailbox import Mailbox

LOGIN = (b"USER alice", b"PASS " + PASSWORD.encode())
FIVE = [b"Subject: %d\r\n\r\ntext\r\n" % n for n in range(1, 6)]
MANY = 100_000


async def test_nothing_is_allowed_before_a_login(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)
        asked = (b"STAT", b"LIST", b"UIDL", b"RETR 1", b"DELE 1", b"TOP 1 1", b"RSET", b"PASS x", b"USER", b"PASS")
        said = await server.say(*asked, b"QUIT")
        assert [line[:4] for line in said[:-1]] == [b"-ERR"] * len(asked)
        assert len(await server.uids()) == 5


async def test_apop_is_not_there(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        reader, writer = await asyncio.open_connection("localhost", server.ports["pop3"])
        assert b"<" not in await reader.readline(), "no timestamp that APOP would need"
        writer.write(b"CAPA\r\nAPOP alice 0123456789abcdef0123456789abcdef\r\nQUIT\r\n")
        said = await reader.read()
        assert b"\r\nAPOP" not in said and b"-ERR" in said
        writer.close()


async def test_pass_belongs_to_the_last_user(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)
        password = b"PASS " + PASSWORD.encode()
        assert (await server.say(b"USER alice", b"USER bob", password, b"QUIT"))[2].startswith(b"+OK 0 messages")
        assert (await server.say(b"USER alice", b"QUIT"))[-1].startswith(b"+OK")
        assert (await server.say(password, b"QUIT"))[0].startswith(b"-ERR")


async def test_two_sessions_share_a_maildrop_by_rule(tmp_path: Path) -> None:
    """docs/quirks.md: neither is refused, each keeps its numbers, and each deletes what it marked itself."""
    async with pop3_server(tmp_path) as server:
        appended = await server.append(FIVE)

        def script() -> list[int]:
            first, second = server.logged_in(), server.logged_in()
            first.dele(1)
            second.dele(2)
            assert second.stat()[0] == 4 and len(second.list()[1]) == 4
            assert second.retr(1)[1][0] == b"Subject: 1", "marked elsewhere is not deleted"
            first.quit()
            second.noop()
            second.quit()
            return [first is second]

        await server.talk(script)
        assert await server.uids() == [appended[index].uid for index in (2, 3, 4)]


async def test_an_identifier_fits_the_standard_for_ever(tmp_path: Path) -> None:
    """RFC 1939 §7: 1 to 70 characters of 0x21 to 0x7E, whatever the numbers grow to."""
    longest = b"%x-%x" % (2**32 - 1, 2**32 - 1)
    assert len(longest) <= 70 and all(0x21 <= octet <= 0x7E for octet in longest)
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)
        lists = [(await server.say(*LOGIN, b"UIDL", b"QUIT"))[3:-2] for _ in range(2)]
        assert lists[0] == lists[1] and len({line.split()[1] for line in lists[0]}) == 5


@pytest.mark.parametrize(
    "verb", [b"RETR", b"TOP 1", b"LIST", b"UIDL", b"DELE", b"STAT", b"NOOP", b"USER", b"AUTH PLAIN"]
)
async def test_a_megabyte_behind_any_verb_is_one_refusal(tmp_path: Path, verb: bytes) -> None:
    async with pop3_server(tmp_path) as server:
        said = await server.say(*LOGIN, verb + b" " + b"9" * 1_000_000, b"STAT", b"QUIT")
        assert said[2].startswith(b"-ERR") and said[3] == b"+OK 0 0"


def large(monkeypatch: pytest.MonkeyPatch, server: Pop3Server) -> None:
    """The store says that there are so many: filling a real one takes a minute, and is done by the bench."""
    real = server.adapters.store.open_mailbox

    async def open_mailbox(*arguments: Any, **named: Any) -> tuple[Mailbox, list[int]]:
        mailbox, _ = await real(*arguments, **named)
        return mailbox, list(range(1, MANY + 1))

    async def fetch(account_id: Any, mailbox_id: Any, ranges: Any, columns: Any) -> list[tuple[int, int]]:
        return [(uid, 1000 + uid) for first, last in ranges for uid in range(first, last + 1)]

    monkeypatch.setattr(server.adapters.store, "open_mailbox", open_mailbox)
    monkeypatch.setattr(server.adapters.store, "fetch", fetch)


async def test_a_hundred_thousand_messages_are_listed_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pop3_server(tmp_path) as server:
        with monkeypatch.context() as patch:
            large(patch, server)
            turns: list[float] = []

            async def others() -> None:
                last = time.monotonic()
                while True:
                    await asyncio.sleep(0)
                    turns.append((now := time.monotonic()) - last)
                    last = now

            watching = asyncio.create_task(others())
            started = time.monotonic()
            said = await server.say(*LOGIN, b"LIST", b"UIDL", b"STAT", b"QUIT", door="pop3s")
            watching.cancel()
            assert time.monotonic() - started < 15
            assert said[3] == b"1 1001" and said[2 + MANY] == b"%d %d" % (MANY, 1000 + MANY)
            assert len(said) == 2 + (MANY + 2) * 2 + 2
            assert len(turns) > 2 * MANY // 5000, "listing gives the others turns"
        assert maildrop._SNAPSHOT_ROWS <= 5000
