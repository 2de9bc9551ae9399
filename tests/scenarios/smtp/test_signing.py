"""A submitted message leaves with two signatures of its author's domain, which others verify: however it came in."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import dkim as dkimpy
import pytest

from dns_zone import FakeResolver
from harness_smtp import Client, House, client, running
from postroom.mailauth.dkim.verify import DkimStatus, verify
from postroom.mailauth.stream import read_message
from postroom.model.account import KeyState
from scenarios.smtp.test_submission import PLAIN

OWN = "alice@example.test"
HEADER = (
    b"From: Alice <alice@example.test>\r\nTo: bob@example.test\r\nSubject: Hello\r\n"
    b"Date: Mon, 5 Oct 2026 10:00:00 +0000\r\nMessage-ID: <1@x>\r\n"
)
LETTERS = {
    "plain": HEADER + b"\r\nHow are you?\r\n",
    "dots": HEADER + b"\r\n.\r\n..\r\n.dot\r\n...\r\n",
    "8-bit": HEADER + "X-Name: é\r\n\r\nGrüße, 邮件\r\n".encode(),
    "empty body": HEADER + b"\r\n",
    "no body": HEADER,
    "no header": b"\r\njust text\r\n",
    "no fields": b"just text\r\n",
    "blank lines": HEADER + b"\r\n \t\r\ntext \t text \r\n\r\n\r\n",
    "huge": HEADER + b"\r\n" + b"A line of a very long message.\r\n" * 100_000,
    "blind copies": b"Bcc: secret@remote.test\r\n" + HEADER + b"Bcc: more@remote.test\r\n\r\nhello\r\n",
}


@contextlib.asynccontextmanager
async def alice(house: House) -> AsyncIterator[Client]:
    async with client(house, "submissions") as talk:
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235")
        yield talk


async def assert_signed(message: bytes, zone: dict[str, Any], *, elsewhere: bool = True) -> None:
    """By our own verifier and by dkimpy, both algorithms."""
    results = await verify(read_message(message), FakeResolver(zone), int(time.time()))
    assert [(result.status, result.algorithm, result.domain) for result in results] == [
        (DkimStatus.PASS, "rsa-sha256", "example.test"),
        (DkimStatus.PASS, "ed25519-sha256", "example.test"),
    ]

    if not elsewhere:
        return

    def text(name: bytes, timeout: int = 5) -> bytes:
        return str(zone[name.decode().removesuffix(".")]["TXT"][0]).encode()

    checked = dkimpy.DKIM(message)
    assert checked.verify(0, dnsfunc=text)
    assert checked.verify(1, dnsfunc=text)


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("chunked", [False, True], ids=["DATA", "BDAT"])
async def test_both_signatures_verify(tmp_path: Path, name: str, chunked: bool) -> None:
    letter = LETTERS[name]
    async with running(tmp_path) as house:
        zone = await house.make_keys()
        async with alice(house) as talk:
            if chunked:
                await talk.command(f"MAIL FROM:<{OWN}>")
                await talk.command("RCPT TO:<bob@example.test>")
                for at in range(0, len(letter), 70_001):
                    piece = letter[at : at + 70_001]
                    assert (await talk.send(b"BDAT %d\r\n" % len(piece) + piece)).startswith(b"250")
                assert (await talk.command("BDAT 0 LAST")).startswith(b"250")
            else:
                stuffed = letter.replace(b"\r\n.", b"\r\n..")
                assert (await talk.message(["bob@example.test"], stuffed, OWN)).startswith(b"250")
        (message,) = await house.messages("bob")
        assert b"secret@" not in message
        # dkimpy reads no message that has a line which is no field
        await assert_signed(message, zone, elsewhere=name != "no fields")
        assert message.index(b"Received:") < message.index(b"DKIM-Signature:") < message.index(b"From:")


async def test_line_ends_that_were_repaired_are_signed_as_they_are_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        zone = await house.make_keys()
        letter = HEADER.replace(b"\r\n", b"\n") + b"\nbare\nlines\n"
        async with alice(house) as talk:
            await talk.command(f"MAIL FROM:<{OWN}>")
            await talk.command("RCPT TO:<bob@example.test>")
            assert (await talk.send(b"BDAT %d LAST\r\n" % len(letter) + letter)).startswith(b"250")
        (message,) = await house.messages("bob")
        await assert_signed(message, zone)


async def test_a_changed_message_does_not_verify(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        zone = await house.make_keys()
        async with alice(house) as talk:
            await talk.message(["bob@example.test"], LETTERS["plain"], OWN)
        (message,) = await house.messages("bob")
    second = message.replace(b"DKIM-Signature", b"Subject: another one\r\nDKIM-Signature", 1)
    for changed in (message.replace(b"How are", b"Who are"), second, message.replace(b"Hello", b"Hullo")):
        results = await verify(read_message(changed), FakeResolver(zone), int(time.time()))
        assert all(result.status is DkimStatus.FAIL for result in results)


async def test_rotation_and_the_switch_act_on_the_next_message(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        keys = house.adapters.domain_keys
        zone = await house.make_keys()
        following = await house.make_keys(KeyState.NEXT)
        async with alice(house) as talk:
            await talk.message(["bob@example.test"], LETTERS["plain"], OWN)
            await keys.activate("example.test", house.adapters.clock.now())
            await talk.message(["bob@example.test"], LETTERS["plain"], OWN)
            house.change(sending__dkim=False)
            await talk.message(["bob@example.test"], LETTERS["plain"], OWN)
        first, second, third = await house.messages("bob")
        await assert_signed(first, zone)
        await assert_signed(second, following)
        assert b"DKIM-Signature" not in third


async def test_only_mail_of_our_own_domains_is_signed(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.sender_must_belong": False}) as house:
        await house.make_keys()
        foreign = b"From: x@remote.test\r\n\r\nhello\r\n"
        several = b"From: alice@example.test, x@remote.test\r\n\r\nhello\r\n"
        async with alice(house) as talk:
            await talk.message(["bob@example.test"], foreign, OWN)
            await talk.message(["bob@example.test"], several, OWN)
        async with client(house) as talk:
            await talk.message(["bob@example.test"], LETTERS["plain"], OWN)
        for message in await house.messages("bob"):
            assert b"DKIM-Signature" not in message


async def test_a_key_that_is_damaged_stops_no_mail(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        await house.make_keys()
        await house.adapters.database.write(
            lambda transaction: transaction.execute("UPDATE domain_key SET private_key = x'00' WHERE kind = 'ed25519'")
        )
        async with alice(house) as talk:
            assert (await talk.message(["bob@example.test"], LETTERS["plain"], OWN)).startswith(b"250")
        (message,) = await house.messages("bob")
        assert message.count(b"DKIM-Signature") == 1
