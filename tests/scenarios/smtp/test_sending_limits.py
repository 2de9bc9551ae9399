"""What one account may send to other servers in a day; mail in the house is not counted."""

from __future__ import annotations

from pathlib import Path

from harness_smtp import running
from postroom.directory.domain_changes import change_domain
from postroom.model.administration import DomainChange
from scenarios.smtp.test_submission import MESSAGE, OWN, alice


async def test_recipients_elsewhere_are_counted_over_sessions(tmp_path: Path) -> None:
    async with running(tmp_path, {"sending.recipients_per_day": 3}) as house:
        async with alice(house) as talk:
            # an alias that leads elsewhere counts, the same address counts once
            accepted = ["bob@example.test", "away@example.test", "far@remote.test", "two@remote.test"]
            assert (await talk.message(accepted, MESSAGE, OWN)).startswith(b"250")
        async with alice(house) as talk:
            await talk.command(f"MAIL FROM:<{OWN}>")
            assert (await talk.command("RCPT TO:<three@remote.test>")).startswith(b"250")
            refused = await talk.command("RCPT TO:<four@remote.test>")
            assert refused.startswith(b"450 4.7.1 this account may send to at most 3 recipients on other servers")
            assert (await talk.command("RCPT TO:<bob@example.test>")).startswith(b"250")
            assert (await talk.command("DATA")).startswith(b"354")
            assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
            await talk.command(f"MAIL FROM:<{OWN}>")
            assert (await talk.command("RCPT TO:<five@remote.test>")).startswith(b"450 4.7.1")
            await talk.command("RSET")
            assert (await talk.message(["bob@example.test", "carol@example.test"], MESSAGE, OWN)).startswith(b"250")
        assert sorted(await house.queued()) == ["far@remote.test", "three@remote.test", "two@remote.test"]


async def test_two_sessions_at_the_limit_send_it_once(tmp_path: Path) -> None:
    async with running(tmp_path, {"sending.recipients_per_day": 1}) as house:
        async with alice(house) as first, alice(house) as second:
            for talk in (first, second):
                await talk.command(f"MAIL FROM:<{OWN}>")
                assert (await talk.command("RCPT TO:<far@remote.test>")).startswith(b"250")
                assert (await talk.command("DATA")).startswith(b"354")
            assert (await first.send(MESSAGE + b".\r\n")).startswith(b"250")
            assert (await second.send(MESSAGE + b".\r\n")).startswith(b"450 4.7.1")
        assert await house.queued() == ["far@remote.test"]


async def test_what_was_refused_is_not_counted(tmp_path: Path) -> None:
    async with running(tmp_path, {"sending.recipients_per_day": 1}) as house, alice(house) as talk:
        loop = b"Received: x\r\n" * 60 + MESSAGE
        assert (await talk.message(["far@remote.test"], loop, OWN)).startswith(b"554 5.4.6")
        assert (await talk.message(["far@remote.test"], MESSAGE, OWN)).startswith(b"250")


async def test_a_limit_of_zero_is_none(tmp_path: Path) -> None:
    async with running(tmp_path, {"sending.recipients_per_day": 0}) as house, alice(house) as talk:
        for _ in range(3):
            assert (await talk.message(["far@remote.test"], MESSAGE, OWN)).startswith(b"250")


async def test_an_attachment_that_the_domain_finds_too_large(tmp_path: Path) -> None:
    attached = (
        b"From: Alice <alice@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: application/zip\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"A" * 76 + b"\r\n") * 100
    )
    async with running(tmp_path) as house, alice(house) as talk:
        change = DomainChange(largest_attachment=5699)
        await house.adapters.database.write(lambda transaction: change_domain(transaction, "example.test", change))
        refused = await talk.message(["far@remote.test", "bob@example.test"], attached, OWN)
        assert refused.startswith(b"552 5.3.4 an attachment may have at most 5699 octets")
        assert await house.queued() == []
        change = DomainChange(largest_attachment=5700)
        await house.adapters.database.write(lambda transaction: change_domain(transaction, "example.test", change))
        assert (await talk.message(["far@remote.test"], attached, OWN)).startswith(b"250")
