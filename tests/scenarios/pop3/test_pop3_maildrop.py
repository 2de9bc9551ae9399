"""What a maildrop promises: numbers fixed for the session, identifiers for ever, deletion at QUIT alone (THREATS A3)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from harness_pop3 import ALICE, BOB, PASSWORD, pop3_server
from postroom.access import maildrop
from postroom.model.email import KeywordChange
from postroom.model.errors import TryLater
from postroom.model.keywords import DELETED, Keywords
from postroom.model.mailbox import INBOX

LOGIN = (b"USER alice", b"PASS " + PASSWORD.encode())
FIVE = [b"Subject: %d\r\n\r\ntext\r\n" % n for n in range(1, 6)]


async def test_numbers_that_name_nothing(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE[:1])
        commands = [b"%b %b" % (verb, number) for verb in (b"RETR", b"LIST", b"UIDL", b"DELE") for number in NUMBERS]
        commands += [b"TOP %b 1" % number for number in NUMBERS] + [b"TOP 1 -1", b"TOP 1", b"TOP 1 x"]
        said = await server.say(*LOGIN, *commands, b"STAT", b"QUIT")
        assert [line[:4] for line in said[2:-2]] == [b"-ERR"] * len(commands)
        assert said[-2] == b"+OK 1 %d" % len(FIVE[0])


NUMBERS = (b"0", b"-1", b"+1", b"2", b"4294967296", b"99999999999999999999", b"one", b"1_0", b"\xd9\xa1", b"1 1 1")


async def test_a_marked_message_is_not_there(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE[:2])
        said = await server.say(
            *LOGIN, b"DELE 1", b"RETR 1", b"TOP 1 0", b"LIST 1", b"UIDL 1", b"DELE 1", b"LIST", b"QUIT"
        )
        assert [line[:4] for line in said[2:8]] == [b"+OK ", *[b"-ERR"] * 5]
        assert said[9:-1] == [b"2 %d" % len(FIVE[1]), b"."]


async def test_a_lost_connection_deletes_nothing(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)
        reader, writer = await asyncio.open_connection(
            "localhost", server.ports["pop3s"], ssl=server.client_context(), server_hostname="localhost"
        )
        writer.write(b"\r\n".join([*LOGIN, b"DELE 1", b"DELE 2", b"NOOP", b""]))
        for _ in range(6):
            assert (await reader.readline()).startswith(b"+OK")
        writer.transport.abort()
        await asyncio.sleep(0.05)
        assert len(await server.uids()) == 5


async def test_quit_deletes_what_was_marked_here_and_nothing_else(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        appended = await server.append(FIVE)
        store, account_id = server.adapters.store, server.accounts[ALICE]
        inbox = await store.mailbox(account_id, INBOX)
        assert inbox is not None
        marked_elsewhere = ((appended[4].uid, appended[4].uid),)
        change = KeywordChange(KeywordChange.Action.ADD, Keywords(DELETED))
        await store.change_keywords(account_id, inbox.mailbox_id, marked_elsewhere, change)
        said = await server.say(*LOGIN, b"DELE 2", b"DELE 3", b"RSET", b"DELE 1", b"DELE 4", b"QUIT")
        assert said[-1].startswith(b"+OK")
        assert await server.uids() == [appended[index].uid for index in (1, 2, 4)]


async def test_numbers_stay_while_others_expunge_and_append(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE[:3])

        def first(client: Any) -> None:
            other = server.logged_in()
            other.dele(2)
            other.quit()
            asyncio.run_coroutine_threadsafe(server.append(FIVE[3:4]), loop).result(5)
            assert client.stat()[0] == 3
            assert len(client.uidl()[1]) == 3
            with pytest.raises(Exception, match="deleted in another session"):
                client.retr(2)
            with pytest.raises(Exception, match="deleted in another session"):
                client.top(2, 1)
            assert client.retr(3)[1][0] == b"Subject: 3"
            client.dele(2)
            client.dele(3)
            assert client.quit().startswith(b"+OK")
            with_new = server.logged_in()
            assert [with_new.retr(n)[1][0] for n in (1, 2)] == [b"Subject: 1", b"Subject: 4"]
            with_new.quit()

        loop = asyncio.get_running_loop()
        await server.talk(lambda: first(server.logged_in()))


async def test_identifiers_are_unique_printable_and_survive_a_restart(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)
        before = (await server.say(*LOGIN, b"DELE 2", b"UIDL", b"QUIT"))[4:-2]
        alone = await server.say(*LOGIN, b"UIDL 1", b"QUIT")
        account = server.accounts[ALICE]
    async with pop3_server_again(tmp_path) as server:
        await server.append(FIVE[:1])
        after = (await server.say(*LOGIN, b"UIDL", b"QUIT"))[3:-2]
    assert account == 1
    named = [line.split(b" ")[1] for line in before]
    assert [line.split(b" ")[1] for line in after[:4]] == named
    assert alone[2] == b"+OK 1 " + named[0]
    assert len({line.split(b" ")[1] for line in after}) == 5
    assert all(re.fullmatch(rb"[\x21-\x7e]{1,70}", name) for name in named)


def pop3_server_again(folder: Path) -> Any:
    return pop3_server(folder, again=True)


async def test_messages_of_dots_and_without_line_ends(tmp_path: Path) -> None:
    messages = [
        b".\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.a\r\n",
        b"",
        b"no header at all",
        b"Subject: bare\n\n.\n.quit\nend\n",
        b"Subject: cr\r\n\r\nx\r",
        b"\r\n.\r\n",
    ]
    async with pop3_server(tmp_path) as server:
        await server.append(messages)

        def script() -> list[bytes]:
            client = server.logged_in()
            got = []
            for number in range(1, len(messages) + 1):
                client._putcmd(f"RETR {number}")
                client._getresp()
                lines = []
                while (line := client.file.readline()) != b".\r\n":
                    lines.append(line[1:] if line.startswith(b".") else line)
                got.append(b"".join(lines))
                assert client.noop() == b"+OK"
            client.quit()
            return got

        got = await server.talk(script)
        assert got[0] == messages[0]
        assert got[1] == messages[1]
        assert got[2] in (b"", b"\r\n")
        assert got[3] == messages[3] + b"\r\n"
        assert got[4].replace(b"\r\n", b"\n") == messages[4]
        assert got[5].startswith(messages[5])
        assert got[6] == messages[6]


async def test_a_mailbox_of_another_is_out_of_reach(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE, BOB)
        said = await server.say(*LOGIN, b"STAT", b"RETR 1", b"QUIT")
        assert said[2] == b"+OK 0 0"
        assert said[3].startswith(b"-ERR")


async def test_many_messages_are_listed_in_pieces_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildrop, "_SNAPSHOT_ROWS", 7)
    async with pop3_server(tmp_path) as server:
        appended = await server.append([b"Subject: %d\r\n\r\n" % n for n in range(40)])
        said = await server.say(*LOGIN, b"DELE 3", b"LIST", b"UIDL", b"QUIT")
        assert [int(line.split()[0]) for line in said[4:43]] == [n for n in range(1, 41) if n != 3]
        uids = [int(line.rpartition(b"-")[2], 16) for line in said[45:84]]
        assert uids == [one.uid for index, one in enumerate(appended) if index != 2]


async def test_what_cannot_be_deleted_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)

        async def full(*_: Any, **__: Any) -> Any:
            raise TryLater("no space is left\r\n+OK for mail", detail="disk")

        monkeypatch.setattr(server.adapters.store, "expunge", full)
        said = await server.say(*LOGIN, b"DELE 1", b"QUIT")
        assert said[-1] == b"-ERR [SYS/TEMP] no space is left +OK for mail"
        assert len(await server.uids()) == 5


async def test_a_fault_of_ours_costs_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(FIVE)
        fetch, calls = server.adapters.store.fetch, []

        async def faulty(*arguments: Any) -> Any:
            calls.append(arguments)
            if len(calls) == 2:
                raise ZeroDivisionError("ours")
            return await fetch(*arguments)

        monkeypatch.setattr(server.adapters.store, "fetch", faulty)
        said = await server.say(*LOGIN, b"RETR 1", b"RETR 2", b"QUIT")
        assert said[2].startswith(b"-ERR [SYS/TEMP]")
        assert b"ours" not in b"".join(said)
        assert said[4] == b"Subject: 2"


async def test_a_message_that_breaks_off_ends_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildrop, "PIECE", 65536)
    async with pop3_server(tmp_path) as server:
        await server.append([b"Subject: large\r\n\r\n" + b"0123456789abcd\r\n" * 20_000])
        read = server.adapters.store.read_content

        async def broken(account_id: Any, path: str, start: int, end: int) -> bytes:
            if start:
                raise TryLater("this message can't be read at the moment")
            return await read(account_id, path, start, end)

        monkeypatch.setattr(server.adapters.store, "read_content", broken)

        async def script() -> bytes:
            reader, writer = await asyncio.open_connection(
                "localhost", server.ports["pop3s"], ssl=server.client_context(), server_hostname="localhost"
            )
            writer.write(b"\r\n".join([*LOGIN, b"RETR 1", b"QUIT", b""]))
            try:
                return await reader.read()
            except OSError:
                return b""
            finally:
                writer.transport.abort()

        said = await script()
        assert b"\r\n.\r\n" not in said
        assert not said.endswith(b"Bye\r\n")
