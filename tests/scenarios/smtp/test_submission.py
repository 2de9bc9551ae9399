"""What a login may send, and what becomes of it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from harness_smtp import PASSWORD, Client, House, client, client_context, running

PLAIN = base64.b64encode(f"\0alice@example.test\0{PASSWORD}".encode()).decode()
OWN = "alice@example.test"
MESSAGE = (
    b"From: Alice <alice@example.test>\r\nDate: Mon, 5 Oct 2026 10:00:00 +0000\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"
)


@contextlib.asynccontextmanager
async def alice(house: House) -> AsyncIterator[Client]:
    """A client that has logged in."""
    async with client(house, "submissions") as talk:
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235")
        yield talk


async def queued_bytes(house: House) -> list[bytes]:
    rows = house.adapters.database.read("SELECT prefix, data FROM queue_message ORDER BY message_id")
    return [bytes(prefix) + bytes(data) for prefix, data in rows]


async def test_local_recipients_get_it_at_once_and_others_by_the_queue(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with alice(house) as talk:
            reply = await talk.message(["bob@example.test", "far@remote.test"], MESSAGE, OWN)
            assert reply.startswith(b"250 2.0.0 ")
        (message,) = await house.messages("bob")
        assert message.endswith(MESSAGE)
        assert b" with ESMTPSA id " in message
        (queued,) = await queued_bytes(house)
        assert queued.startswith(b"Received: ") and queued.endswith(MESSAGE)
        assert b"Return-Path" not in queued and b"Delivered-To" not in queued
        assert await house.queued() == ["far@remote.test"]


async def test_missing_fields_are_added_in_front(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with alice(house) as talk:
            assert (await talk.message(["bob@example.test"], b"Subject: x\r\n\r\nbody\r\n", OWN)).startswith(b"250")
            assert (await talk.message(["bob@example.test"], b"just text\r\n", OWN)).startswith(b"250")
            assert (await talk.message(["bob@example.test"], b"\r\ntext\r\n", OWN)).startswith(b"250")
        for message in await house.messages("bob"):
            assert b"\r\nFrom: Alice <alice@example.test>\r\n" in message
            assert b"\r\nDate: " in message and b"\r\nMessage-ID: <" in message


async def test_blind_copies_are_cut_out_before_anything_is_kept(tmp_path: Path) -> None:
    blind = b"To: bob@example.test\r\nBcc: secret@remote.test,\r\n more@remote.test\r\nBCC : x@y\r\n" + MESSAGE
    async with running(tmp_path) as house:
        async with alice(house) as talk:
            assert (await talk.message(["bob@example.test", "secret@remote.test"], blind, OWN)).startswith(b"250")
        (message,) = await house.messages("bob")
        assert message.endswith(b"To: bob@example.test\r\n" + MESSAGE)
        assert b"secret" not in message
        assert b"secret" not in (await queued_bytes(house))[0]


@pytest.mark.parametrize("sender", ["bob@example.test", "alice@remote.test", "nobody@example.test", ""])
async def test_a_sender_of_somebody_else_is_refused(tmp_path: Path, sender: str) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        assert (await talk.command(f"MAIL FROM:<{sender}>")).startswith(b"553 5.7.1 ")
        assert (await talk.command("RCPT TO:<far@remote.test>")).startswith(b"503")


@pytest.mark.parametrize(
    "author",
    [
        b"From: Bob <bob@example.test>",
        b"From: alice@example.test <bob@example.test>",
        b"From: alice@example.test, bob@example.test",
        b"From: alice@example.test\r\nFrom: bob@example.test",
        b"X: 1\r\nfrom : bob@example.test",
        b"From:\r\n bob@example.test",
        b"From: undisclosed:;",
        b"From: ",
        b"From: \xff@example.test",
        b"From: alice@example.test.remote.test",
    ],
)
async def test_an_author_of_somebody_else_is_refused(tmp_path: Path, author: bytes) -> None:
    async with running(tmp_path) as house:
        async with alice(house) as talk:
            reply = await talk.message(["bob@example.test", "far@remote.test"], author + b"\r\n\r\nbody\r\n", OWN)
            assert reply.startswith(b"553 5.7.1 ")
            assert (await talk.message(["bob@example.test"], MESSAGE, OWN)).startswith(b"250")
        assert len(await house.messages("bob")) == 1
        assert await house.queued() == []
        assert list(house.adapters.data.staging.iterdir()) == []


async def test_own_subaddresses_and_spellings_may_be_used(tmp_path: Path) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        content = MESSAGE.replace(b"<alice@example.test>", b"<ALICE+x@Example.Test>")
        assert (await talk.message(["bob@example.test"], content, "Alice+lists@EXAMPLE.TEST")).startswith(b"250")


async def test_the_rule_of_own_addresses_can_be_turned_off(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.sender_must_belong": False}) as house, alice(house) as talk:
        content = b"From: bob@example.test\r\n\r\nbody\r\n"
        assert (await talk.message(["far@remote.test"], content, "bob@example.test")).startswith(b"250")


async def test_a_header_without_end_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        content = b"From: alice@example.test\r\n" + b"X: " + b"y" * 990 + b"\r\n"
        assert (await talk.message(["bob@example.test"], content * 1100, OWN)).startswith(b"550 5.6.0 ")
        assert (await talk.message(["bob@example.test"], content * 10, OWN)).startswith(b"250")


async def test_unknown_local_recipients_and_routes_are_refused_here_too(tmp_path: Path) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        await talk.command(f"MAIL FROM:<{OWN}>")
        assert (await talk.command("RCPT TO:<nobody@example.test>")).startswith(b"550 5.1.1 ")
        assert (await talk.command("RCPT TO:<x@[127.0.0.1]>")).startswith(b"550 5.7.1 ")


async def test_a_large_message_keeps_its_body(tmp_path: Path) -> None:
    body = MESSAGE + b"".join(b"line %06d\r\n" % number for number in range(60_000))
    async with running(tmp_path) as house:
        async with alice(house) as talk:
            assert (await talk.message(["bob@example.test"], b"Bcc: x@y.test\r\n" + body, OWN)).startswith(b"250")
        (message,) = await house.messages("bob")
        assert message.endswith(body)


@pytest.mark.parametrize("door", ["mx", "submission", "submissions"])
async def test_smtplib_on_every_door(tmp_path: Path, door: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = OWN, "bob@example.test", "Grüße"
    message.set_content("Hällo\n.\n..\nworld\n")
    message.add_attachment(bytes(range(256)) * 500, maintype="application", subtype="octet-stream", filename="x.bin")
    message.set_boundary("frame")

    def send(port: int) -> dict[str, tuple[int, bytes]]:
        if door == "submissions":
            server: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", port, timeout=10, context=client_context())
        else:
            server = smtplib.SMTP("127.0.0.1", port, timeout=10)
            server.ehlo()
            server.starttls(context=client_context())
        with server:
            if door != "mx":
                server.login(OWN, PASSWORD)
            return server.send_message(message)

    async with running(tmp_path) as house:
        assert await asyncio.to_thread(send, house.ports[door]) == {}
        (stored,) = await house.messages("bob")
        assert stored.endswith(message.as_bytes().replace(b"\n", b"\r\n"))


async def test_smtplib_hears_which_recipients_are_refused(tmp_path: Path) -> None:
    def send(port: int) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
            return server.sendmail(
                "s@remote.test", ["alice@example.test", "no@example.test", "x@remote.test"], "hi\r\n"
            )

    async with running(tmp_path) as house:
        refused = await asyncio.to_thread(send, house.ports["mx"])
        assert {path: code for path, (code, _) in refused.items()} == {"no@example.test": 550, "x@remote.test": 550}
        assert len(await house.messages("alice")) == 1
