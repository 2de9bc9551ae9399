"""LMTP: a reply for each recipient (RFC 2033 §4.2)."""

from __future__ import annotations

import asyncio
import smtplib
from pathlib import Path

from harness_smtp import MESSAGE, client, running
from scenarios.smtp.test_failures import FULL, failing


async def test_each_recipient_has_its_own_reply(tmp_path: Path) -> None:
    async with running(tmp_path, patch=failing({2: FULL})) as house:
        async with client(house, "lmtp") as talk:
            await talk.command("MAIL FROM:<s@remote.test>")
            for name in ("alice", "bob", "carol", "team"):
                assert (await talk.command(f"RCPT TO:<{name}@example.test>")).startswith(b"250")
            assert (await talk.command("RCPT TO:<nobody@example.test>")).startswith(b"550 5.1.1 ")
            await talk.command("DATA")
            replies = [await talk.send(MESSAGE + b".\r\n"), *[await talk.reply() for _ in range(3)]]
            assert [reply[:10] for reply in replies] == [b"250 2.0.0 ", b"452 4.3.1 ", b"250 2.0.0 ", b"250 2.0.0 "]
            assert (await talk.command("NOOP")).startswith(b"250")
        assert b" with LMTP id " in (await house.messages("alice"))[0]
        assert len(await house.messages("carol")) == 1
        assert await house.queued() == ["bob@example.test"]  # of the alias: carol has it, so the alias is not refused


async def test_bad_content_is_refused_for_each(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house, "lmtp") as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        await talk.command("RCPT TO:<alice@example.test>")
        await talk.command("RCPT TO:<bob@example.test>")
        await talk.command("DATA")
        assert (await talk.send(MESSAGE + b"\n.\r\n\r\n.\r\n")).startswith(b"550 5.6.11 ")
        assert (await talk.reply()).startswith(b"550 5.6.11 ")


async def test_a_circle_is_refused_for_each(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.max_hops": 10}) as house, client(house, "lmtp") as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        await talk.command("RCPT TO:<alice@example.test>")
        await talk.command("RCPT TO:<bob@example.test>")
        await talk.command("DATA")
        assert (await talk.send(b"Received: x\r\n" * 11 + MESSAGE + b".\r\n")).startswith(b"554 5.4.6 ")
        assert (await talk.reply()).startswith(b"554 5.4.6 ")


async def test_no_relaying_no_login_no_ehlo(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.relay_networks": ["127.0.0.0/8"]}) as house, client(house, "lmtp") as talk:
        assert (await talk.command("EHLO client.test")).startswith(b"500")
        assert (await talk.command("AUTH PLAIN AAAA")).startswith(b"502")
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.command("RCPT TO:<x@remote.test>")).startswith(b"550 5.7.1 ")


async def test_smtplib_speaks_lmtp_with_it(tmp_path: Path) -> None:
    def send(port: int) -> object:
        with smtplib.LMTP("127.0.0.1", port) as server:
            return server.sendmail("s@remote.test", ["alice@example.test"], "Subject: x\r\n\r\nhi\r\n")

    async with running(tmp_path) as house:
        assert await asyncio.to_thread(send, house.ports["lmtp"]) == {}
        assert len(await house.messages("alice")) == 1
