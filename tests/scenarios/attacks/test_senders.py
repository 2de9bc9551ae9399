"""Strangers on port 25 and thieves on 587 (THREATS A1): what `smtp/` has not asked yet, with the oracle of THREATS around it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import directory_rows
from harness_smtp import MESSAGE, PASSWORD, Client, House, client, quick, running
from postroom.model.address import parse_address
from postroom.mta.dispatch import Dispatch

STRANGER = {"limits.trusted_networks": []}
PLAIN = base64.b64encode(b"\0alice@example.test\0" + PASSWORD.encode()).decode()


@contextlib.asynccontextmanager
async def harmless(house: House) -> AsyncIterator[None]:
    """Another session is answered within a second meanwhile, and nothing is stored."""
    async with client(house) as other:
        yield
        started = time.monotonic()
        assert (await other.command("NOOP")).startswith(b"250")
        assert time.monotonic() - started < 1
    assert [await house.messages(name) for name in ("alice", "bob", "carol")] == [[], [], []]


# A1 2


async def test_early_talk_is_heard_in_the_pause_before_the_greeting(tmp_path: Path) -> None:
    """The one line of an early talker comes after we accepted it: only who waits hears it."""
    async with running(tmp_path, STRANGER | {"limits.greeting_pause": 5000}) as house:
        talk = await Client.connect(house.ports["mx"])
        await asyncio.sleep(0.05)
        assert (await talk.send(b"EHLO x\r\n")).startswith(b"554 ")
        assert await talk.ended()
        await talk.close()
        assert await house.messages("alice") == []


async def test_who_waits_for_the_greeting_gets_it(tmp_path: Path) -> None:
    async with running(tmp_path, STRANGER | {"limits.greeting_pause": 50}) as house, client(house) as talk:
        assert (await talk.message(["alice@example.test"])).startswith(b"250")


async def test_people_are_greeted_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, STRANGER | {"limits.greeting_pause": 10_000}) as house:
        for door in ("submission", "submissions"):
            talk = await Client.connect(house.ports[door], tls=door == "submissions")
            assert (await asyncio.wait_for(talk.reply(), 5)).startswith(b"220 ")
            await talk.close()


async def test_a_server_that_ends_does_not_wait_for_the_pause(tmp_path: Path) -> None:
    async with running(tmp_path, STRANGER | {"limits.greeting_pause": 10_000}) as house:
        talk = await Client.connect(house.ports["mx"])
        while not house.connections:  # noqa: ASYNC110 - the door tells nobody
            await asyncio.sleep(0.01)
        for connection in tuple(house.connections):
            connection.server_closing()
        said = await asyncio.wait_for(talk.reader.read(), 5)
        assert b"421 " in said
        await talk.close()


# A1 3


async def test_a_second_starttls_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await talk.start_tls()
        await talk.command("EHLO client.test")
        assert (await talk.command("STARTTLS")).startswith(b"503 ")
        assert (await talk.message(["alice@example.test"])).startswith(b"250")


# A1 4


@pytest.mark.parametrize(
    "response",
    [
        b"=", b"====", b"*", b"AA=A", b"A" * 1_000_000, b"\xff\xfe", base64.b64encode(b"\0\0"), base64.b64encode(b"\0alice@example.test\0"),
        base64.b64encode(b"a\0b\0c\0d"), base64.b64encode(b"bob\0alice@example.test\0" + PASSWORD.encode()), base64.b64encode(b"\0" * 500),
        base64.b64encode(b"\0alice@example.test\r\n235 ok\0x"),
    ],
)  # fmt: skip
async def test_a_broken_exchange_harms_nobody_and_is_one_line_of_log(tmp_path: Path, response: bytes) -> None:
    async with running(tmp_path) as house, client(house, "submissions") as talk, harmless(house):
        with capture_logs() as lines:
            assert (await talk.command("AUTH PLAIN")).startswith(b"334")
            assert (await talk.send(response + b"\r\n"))[:3] in (b"501", b"535", b"500")
        assert not [line for line in lines if "exc_info" in line or PASSWORD in str(line)]
        assert (await talk.command("MAIL FROM:<alice@example.test>")).startswith(b"530")
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235")


# A1 7, 8, 15


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<s@remote.test> RET=FULL RET=HDRS",
        b"MAIL FROM:<s@remote.test> ENVID=+ZZ",
        b"MAIL FROM:<s@remote.test> ENVID=\x01",
        b"MAIL FROM:<s@remote.test> SIZE",
        b"MAIL FROM:<s@remote.test> SIZE=",
        b"MAIL FROM:<s@remote.test> SIZE=\xd9\xa1",
        b"MAIL FROM:<s@remote.test> SIZE=1_0",
        b"MAIL FROM:<s@remote.test> =1",
        b"MAIL FROM:<s@remote.test> " + b"A=" + b"x" * 1500,
        b"MAIL FROM:<" + b"s" * 1500 + b"@remote.test>",
        b"MAIL FROM:<s@" + b"a." * 700 + b"test>",
        "MAIL FROM:<größe@remote.test>".encode(),
        b"MAIL FROM:<\xff\xfe@remote.test> SMTPUTF8",
        b"MAIL FROM:<\xed\xa0\x80@remote.test> SMTPUTF8",
        b"MAIL FROM:<a@b> <c@d>",
        b"MAIL FROM:<s@remote.test>\tSIZE=1",
        b"MAIL FROM:<s@remote.test\r\nRCPT TO:<alice@example.test>",
    ],
)
async def test_bad_mail_is_refused_and_nothing_of_it_lasts(tmp_path: Path, line: bytes) -> None:
    async with running(tmp_path) as house, client(house) as talk, harmless(house):
        with capture_logs() as lines:
            assert (await talk.send(line + b"\r\n"))[:3] in (b"500", b"501", b"550", b"553", b"555")
        said = [str(value) for line in lines for value in line.values()]
        assert all(text.isprintable() for text in said), said


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (b"NOTIFY=NEVER,SUCCESS", b"5"), (b"NOTIFY=", b"5"), (b"ORCPT=rfc822;a+ZZ", b"5"), (b"NOTIFY=NEVER NOTIFY=NEVER", b"5"),
        (b"XFOO", b"555"), (b"ORCPT=\x00", b"5"),
    ],
)  # fmt: skip
async def test_bad_parameters_of_rcpt(tmp_path: Path, parameters: bytes, code: bytes) -> None:
    async with running(tmp_path) as house, client(house) as talk, harmless(house):
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.send(b"RCPT TO:<alice@example.test> " + parameters + b"\r\n")).startswith(code)
        assert (await talk.command("DATA")).startswith(b"554 5.5.1")


async def test_an_address_in_utf8_needs_the_extension(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk, harmless(house):
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.command("RCPT TO:<größe@example.test>"))[:3] in (b"501", b"550", b"553")
        assert (await talk.send(b"RCPT TO:<gr\xff@example.test>\r\n"))[:3] in (b"501", b"550", b"553")


async def test_a_long_line_is_dropped_to_its_end_and_not_kept(tmp_path: Path) -> None:
    """8 MB without a line end: refused once, and no octet of it is run or remembered."""
    async with running(tmp_path) as house, client(house) as talk, harmless(house):
        talk.writer.write(b"NOOP " + b"x" * 8_000_000)
        await talk.writer.drain()
        assert (await talk.reply()).startswith(b"500")
        assert all(connection._waiting_size < 1 << 20 for connection in house.connections)
        assert (await talk.send(b" RCPT\r\nNOOP\r\n")).startswith(b"250")


async def test_a_header_line_beyond_998_octets_is_kept(tmp_path: Path) -> None:
    message = b"Subject: " + b"long " * 10_000 + b"\r\nFrom: a@remote.test\r\n\r\nx\r\n"
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test"], message)).startswith(b"250")
        assert (await house.messages("alice"))[0].endswith(message)


# A1 12


class Slow:
    """A dispatch that waits until it is let go, and then does its work."""

    def __init__(self, real: Dispatch) -> None:
        self.real = real
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()

    async def send(self, message: object, max_hops: int) -> object:
        self.reached.set()
        await self.let_go.wait()
        return await self.real.send(message, max_hops)  # type: ignore[arg-type]


async def test_who_vanishes_after_the_dot_leaves_a_whole_message_or_none(tmp_path: Path) -> None:
    from dataclasses import replace

    slow: list[Slow] = []

    def patch(rooms, adapters):  # type: ignore[no-untyped-def]
        slow.append(Slow(rooms.dispatch))
        return replace(rooms, dispatch=slow[0])

    async with running(tmp_path, patch=patch) as house:
        talk = await Client.connect(house.ports["mx"])
        await talk.begin()
        for line in ("MAIL FROM:<s@remote.test>", "RCPT TO:<alice@example.test>", "DATA"):
            await talk.command(line)
        talk.writer.write(MESSAGE + b".\r\n")
        await slow[0].reached.wait()
        talk.writer.transport.abort()
        slow[0].let_go.set()
        await house.quiet()
        kept = await house.messages("alice")
        assert len(kept) <= 1 and all(message.endswith(MESSAGE) for message in kept)
        async with client(house) as again:
            assert (await again.message(["alice@example.test"])).startswith(b"250")
        assert len(await house.messages("alice")) == len(kept) + 1
        assert list(house.adapters.data.staging.iterdir()) == []


# A1 13


async def test_a_message_that_ran_in_a_circle_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk, harmless(house):
        circle = b"Received: from a by b; Sun, 22 Nov 2026 22:00:00 +0000\r\n" * 51 + MESSAGE
        assert (await talk.message(["alice@example.test"], circle)).startswith(b"554 5.4.6 ")
        own = b"Delivered-To: alice@example.test\r\n" + MESSAGE
        assert (await talk.message(["alice@example.test"], own)).startswith(b"554 5.4.6 ")


# A1 14


async def test_forged_results_are_cut_out_and_the_message_is_kept(tmp_path: Path) -> None:
    ours = b"Authentication-Results: mail.example.test;\r\n\tspf=pass smtp.mailfrom=bank.test\r\n"
    theirs = b"Authentication-Results: mx.remote.test; spf=fail\r\n"
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test"], ours + theirs + ours + MESSAGE)).startswith(b"250")
        async with client(house, "lmtp") as talk:
            assert (await talk.message(["bob@example.test"], ours + MESSAGE)).startswith(b"250")
        (stored,) = await house.messages("alice")
        assert stored.endswith(b"\r\n" + theirs + MESSAGE) and b"bank.test" not in stored
        assert b"bank.test" not in (await house.messages("bob"))[0]


ODD = {
    "no From": b"Subject: x\r\n",
    "five Froms": b"".join(b"From: a%d@remote.test\r\n" % n for n in range(5)),
    "two addresses": b"From: a@x.test <b@y.test>\r\n",
    "right to left": "From: \u202etset.knab@a <a@remote.test>\r\n".encode(),
    "homograph": "From: а@bаnk.test\r\n".encode(),
    "group": b"From: friends: a@x.test, b@y.test;\r\n",
    "empty group": b"From: undisclosed:;\r\n",
    "two signatures": b"DKIM-Signature: v=1; a=rsa-sha256; d=bank.test\r\n" * 2,
    "no header": b"",
}


@pytest.mark.parametrize("name", ODD)
async def test_odd_headers_are_kept_byte_for_byte(tmp_path: Path, name: str) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test"], ODD[name] + b"\r\nbody\r\n")).startswith(b"250")
        assert (await house.messages("alice"))[0].endswith(b"\r\n" + ODD[name] + b"\r\nbody\r\n")


# A1 6, 16


async def test_a_search_for_names_over_many_sessions_is_told_450(tmp_path: Path) -> None:
    """From then on a name that is here and one that is not are answered alike, in whatever session; other ways in are not touched."""
    settings = STRANGER | {"limits.unknown_recipients": 10, "limits.greeting_pause": 0}
    async with running(tmp_path, settings, shape=quick) as house:
        for start in (0, 5):
            async with client(house) as talk:
                await talk.command("MAIL FROM:<s@remote.test>")
                for number in range(start, start + 5):
                    assert (await talk.command(f"RCPT TO:<guess{number}@example.test>")).startswith(b"550 5.1.1 ")
        async with client(house) as talk:
            await talk.command("MAIL FROM:<s@remote.test>")
            known = await talk.command("RCPT TO:<alice@example.test>")
            unknown = await talk.command("RCPT TO:<nobody@example.test>")
            assert known.startswith(b"450 4.7.1 ") and known == unknown
        async with client(house, "submissions") as person:
            await person.command(f"AUTH PLAIN {PLAIN}")
            await person.command("MAIL FROM:<alice@example.test>")
            assert (await person.command("RCPT TO:<bob@example.test>")).startswith(b"250")
        house.change(limits__trusted_networks=["127.0.0.0/8"])
        async with client(house) as friend:
            assert (await friend.message(["alice@example.test"])).startswith(b"250")


async def test_a_disabled_account_is_told_at_rcpt(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await house.adapters.database.write(
            lambda transaction: directory_rows.set_disabled(
                transaction, parse_address("bob@example.test"), disabled=True
            )
        )
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.command("RCPT TO:<bob@example.test>")).startswith(b"550 5.2.1 ")
        assert (await talk.command("RCPT TO:<team@example.test>")).startswith(b"250")
        await talk.command("DATA")
        assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
        assert [len(await house.messages(name)) for name in ("bob", "carol")] == [0, 1]


async def test_unknown_names_are_refused_before_any_content(tmp_path: Path) -> None:
    """So nothing has to be bounced at somebody who never wrote (backscatter)."""
    async with running(tmp_path) as house, client(house) as talk, harmless(house):
        for sender in ("", "victim@remote.test"):
            await talk.command(f"MAIL FROM:<{sender}>")
            assert (await talk.command("RCPT TO:<nobody@example.test>")).startswith(b"550 5.1.1 ")
            assert (await talk.command("DATA")).startswith(b"554 5.5.1")
            await talk.command("RSET")
        assert await house.queued() == []


# A1 20


@pytest.mark.parametrize(
    "chunk",
    [b"BDAT", b"BDAT x", b"BDAT 1 2", b"BDAT 9223372036854775808", b"BDAT 18446744073709551616", b"BDAT 0x5", b"BDAT 1_0", b"BDAT +5", b"BDAT 5 LASTx"],
)  # fmt: skip
async def test_a_chunk_without_a_right_size_is_never_read_as_one(tmp_path: Path, chunk: bytes) -> None:
    async with running(tmp_path) as house, harmless(house), client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        await talk.command("RCPT TO:<alice@example.test>")
        assert (await talk.send(chunk + b"\r\n"))[:3] in (b"501", b"503", b"552")


async def test_chunks_are_counted_exactly(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            await talk.command("MAIL FROM:<s@remote.test>")
            await talk.command("RCPT TO:<alice@example.test>")
            assert (await talk.send(b"BDAT 0\r\n")).startswith(b"250")
            assert (await talk.send(b"BDAT %d\r\n" % len(MESSAGE) + MESSAGE)).startswith(b"250")
            assert (await talk.command("DATA")).startswith(b"503")
            assert (await talk.command("MAIL FROM:<x@remote.test>")).startswith(b"503")
            tail = b"QUIT\r\n.\r\nRSET\r\n"
            assert (await talk.send(b"BDAT %d LAST\r\n" % len(tail) + tail + b"NOOP\r\n")).startswith(b"250 2.0.0 Acc")
            assert (await talk.reply()).startswith(b"250")
            await talk.command("MAIL FROM:<s@remote.test>")
            await talk.command("RCPT TO:<alice@example.test>")
            assert (await talk.send(b"BDAT 5\r\nhello")).startswith(b"250")
        await house.quiet()
        (stored,) = await house.messages("alice")
        assert stored.endswith(MESSAGE + tail)
        assert list(house.adapters.data.staging.iterdir()) == []


# A1 10


async def test_many_connections_of_one_address_are_told_421(tmp_path: Path) -> None:
    settings = STRANGER | {"limits.connections_per_address": 5, "limits.greeting_pause": 0}
    async with running(tmp_path, settings) as house, contextlib.AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(client(house)) for _ in range(5)]
        refused = await Client.connect(house.ports["mx"])
        assert (await refused.reply()).startswith(b"421 4.7.0 ")
        assert await refused.ended()
        await refused.close()
        assert (await talks[0].message(["alice@example.test"])).startswith(b"250")


async def test_a_full_house_keeps_places_for_people_and_for_itself(tmp_path: Path) -> None:
    settings = STRANGER | {"limits.connections": 10, "limits.greeting_pause": 0}
    async with running(tmp_path, settings) as house, contextlib.AsyncExitStack() as stack:

        async def is_served(door: str, start: Callable[[bytes], bool] = lambda line: line.startswith(b"220")) -> bool:
            talk = await Client.connect(house.ports[door], tls=False)
            stack.push_async_callback(talk.close)
            return start(await talk.reply())

        assert [await is_served("mx") for _ in range(9)] == [True] * 8 + [False]
        assert [await is_served("submission") for _ in range(2)] == [True, False]
        house.change(limits__trusted_networks=["127.0.0.0/8"])
        assert [await is_served("mx") for _ in range(2)] == [True, False]
