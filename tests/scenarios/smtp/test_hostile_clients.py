"""Clients that smuggle, relay, guess and flood (THREATS A1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness_smtp import MESSAGE, Client, client, quick, running

SMUGGLED = b"MAIL FROM:<evil@remote.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nsmuggled\r\n.\r\n"


@pytest.mark.parametrize(
    "fake_end",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n\n.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n"],
)
async def test_no_other_end_of_data_than_crlf_dot_crlf(tmp_path: Path, fake_end: bytes) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            content = MESSAGE + b"text" + fake_end + SMUGGLED[:-5].replace(b"\r\n.", b"\r\n..")
            assert (await talk.message(["alice@example.test"], content + b"\r\n")).startswith(b"550 5.6.11 ")
            assert (await talk.command("NOOP")).startswith(b"250")
        assert await house.messages("alice") == [] and await house.messages("bob") == []


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"a\r"])
async def test_bdat_takes_no_bare_line_ends_nor_nul(tmp_path: Path, content: bytes) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            await talk.command("MAIL FROM:<s@remote.test>")
            await talk.command("RCPT TO:<alice@example.test>")
            reply = await talk.send(b"BDAT %d LAST\r\n" % (len(MESSAGE) + len(content)) + MESSAGE + content)
            assert reply.startswith(b"550 5.6.11 ")
        assert await house.messages("alice") == []


async def test_content_in_the_packet_of_data_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        await talk.command("RCPT TO:<alice@example.test>")
        assert (await talk.send(b"DATA\r\nsmuggled\r\n.\r\n")).startswith(b"554 5.5.0 ")
        assert await talk.ended()
        assert await house.messages("alice") == []


async def test_commands_behind_ehlo_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        talk = await Client.connect(house.ports["mx"])
        await talk.reply()
        assert (await talk.send(b"EHLO x\r\nMAIL FROM:<s@remote.test>\r\n")).startswith(b"554")
        assert await talk.ended()
        await talk.close()


async def test_who_talks_before_the_greeting_is_not_served(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        talk = await Client.connect(house.ports["mx"])
        said = await talk.send(b"EHLO x\r\nMAIL FROM:<s@remote.test>\r\nRCPT TO:<alice@example.test>\r\n")
        said += await talk.reader.read()
        assert b"554 5.5.0 " in said.replace(b"554 Proto", b"554 5.5.0 Proto") and b"250" not in said
        await talk.close()


@pytest.mark.parametrize(
    "path",
    [
        "victim@remote.test",
        "@example.test:victim@remote.test",
        "@relay.test,@example.test:victim@remote.test",
        "victim%remote.test@example.test",
        "remote.test!victim@example.test",
        '"victim@remote.test"@example.test',
        '"victim@remote.test"',
        "victim@remote.test@example.test",
        "victim@[127.0.0.1]",
        "alice@[127.0.0.1]",
        "victim@[IPv6:::1]",
        "victim%remote.test@[127.0.0.1]",
        "victim@example.test.remote.test",
        "victim",
        "@example.test",
        "",
    ],
)
@pytest.mark.parametrize("sender", ["", "alice@example.test"])
async def test_nothing_is_relayed_for_strangers(tmp_path: Path, path: str, sender: str) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        assert (await talk.command(f"MAIL FROM:<{sender}>")).startswith(b"250")
        reply = await talk.command(f"RCPT TO:<{path}>")
        assert reply[:4] in (b"550 ", b"501 "), reply
        assert (await talk.command("DATA")).startswith(b"554 5.5.1")


async def test_no_alias_relays_for_strangers(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await talk.command("MAIL FROM:<>")
        assert (await talk.command("RCPT TO:<away@example.test>")).startswith(b"250")
        assert (await talk.command("RCPT TO:<far@remote.test>")).startswith(b"550 5.7.1 ")


async def test_a_source_route_to_us_is_dropped(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["@relay.test:alice@example.test"])).startswith(b"250")
        assert b"Delivered-To: alice@example.test\r\n" in (await house.messages("alice"))[0]


async def test_networks_that_may_relay_never_route_by_local_part(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.relay_networks": ["127.0.0.0/8"]}) as house, client(house) as talk:
        assert (await talk.message(["far@remote.test"])).startswith(b"250")
        await talk.command("MAIL FROM:<>")
        for path in ("a%b@remote.test", "b!a@remote.test", '"a@b"@remote.test', "a@[127.0.0.1]"):
            assert (await talk.command(f"RCPT TO:<{path}>")).startswith(b"550 5.7.1 "), path
        assert await house.queued() == ["far@remote.test"]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (b"MAIL FROM:<s@remote.test> SIZE=-1", (b"501",)),
        (b"MAIL FROM:<s@remote.test> SIZE=1e99", (b"501",)),
        (b"MAIL FROM:<s@remote.test> SIZE=1 SIZE=1", (b"501",)),
        (b"MAIL FROM:<s@remote.test> SIZE=99999999999999999999", (b"552",)),
        (b"MAIL FROM:<s@remote.test> BODY=", (b"501",)),
        (b"MAIL FROM:<s@remote.test> BODY=BINARYMIME", (b"501", b"555")),
        (b"MAIL FROM:<s@remote.test> RET=", (b"501", b"555")),
        (b"MAIL FROM:<s@remote.test> XFOO=1", (b"555",)),
        (b"MAIL FROM:<s\r@remote.test>", (b"500", b"501")),
        (b"MAIL FROM:<s\0@remote.test>", (b"500", b"501")),
        (b"MAIL FROM:<s\xff@remote.test>", (b"501",)),
        (b"MAIL FROM:s@remote.test", (b"501",)),
        (b"MAIL", (b"501",)),
        (b"XCLIENT ADDR=127.0.0.1", (b"500", b"502")),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2", (b"500", b"502")),
        (b"VRFY alice@example.test", (b"252",)),
        (b"VRFY nobody@example.test", (b"252",)),
        (b"EXPN team", (b"502",)),
        (b"HELP", (b"214",)),
        (b"DATA", (b"503",)),
        (b"RCPT TO:<alice@example.test>", (b"503",)),
        (b"BDAT 0", (b"503",)),
        (b"BDAT 0 LAST", (b"503",)),
        (b"BDAT -1 LAST", (b"501",)),
        (b"BDAT 9223372036854775808 LAST", (b"501",)),
        (b"x" * 3000, (b"500",)),
        (b"GET / HTTP/1.1", (b"500",)),
    ],
)
async def test_bad_commands(tmp_path: Path, line: bytes, codes: tuple[bytes, ...]) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        assert (await talk.send(line + b"\r\n"))[:3] in codes


async def test_declared_and_streamed_size(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.max_message_size": 65536}) as house:
        async with client(house) as talk:
            assert b"250-SIZE 65536\r\n" in await talk.command("EHLO client.test")
            assert (await talk.command("MAIL FROM:<s@remote.test> SIZE=65537")).startswith(b"552 5.3.4 ")
            large = MESSAGE + b"0123456789\r\n" * 50_000
            assert (await talk.message(["alice@example.test"], large)).startswith(b"552 5.3.4 ")
            await talk.command("MAIL FROM:<s@remote.test>")
            await talk.command("RCPT TO:<alice@example.test>")
            assert (await talk.send(b"BDAT %d\r\n" % len(large) + large)).startswith(b"552 5.3.4 ")
            assert (await talk.command("BDAT 0 LAST")).startswith(b"503")
            await talk.command("RSET")
            assert (await talk.message(["alice@example.test"])).startswith(b"250")
        assert len(await house.messages("alice")) == 1


async def test_too_many_recipients(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        for _ in range(100):
            assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"250")
        assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"452 4.5.3 ")
        for _ in range(200):
            assert (await talk.command("RCPT TO:<bob@example.test>")).startswith(b"452 4.5.3 ")
        assert (await talk.command("DATA")).startswith(b"354")
        assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
        assert len(await house.messages("alice")) == 1


async def test_refused_messages_count_as_idle(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        for _ in range(50):
            assert (await talk.command("MAIL FROM:<s@remote.test> SIZE=999999999")).startswith(b"552")
            assert (await talk.message(["alice@example.test"], b"a\nb\r\n")).startswith(b"550")
        assert (await talk.command("MAIL FROM:<s@remote.test> SIZE=999999999")).startswith(b"421")


async def test_junk_ends_the_session(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        for _ in range(20):
            assert (await talk.command("JUNK")).startswith(b"500")
        assert (await talk.command("JUNK")).startswith(b"421 4.7.0 ")
        assert await talk.ended()


@pytest.mark.parametrize("command", ["NOOP", "RSET", "VRFY alice", "HELP", "EHLO again.test"])
async def test_idle_commands_slow_down_and_end(tmp_path: Path, command: str) -> None:
    async with running(tmp_path, {"limits.trusted_networks": []}, shape=quick) as house, client(house) as talk:
        for _ in range(100):
            assert (await talk.command(command))[:3] in (b"250", b"252", b"214")
        assert (await talk.command(command)).startswith(b"421")
        assert await talk.ended()


async def test_mail_resets_the_count_of_idle_commands(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        for _ in range(3):
            for _ in range(80):
                assert (await talk.command("NOOP")).startswith(b"250")
            assert (await talk.message(["alice@example.test"])).startswith(b"250")


async def test_searching_for_names_ends(tmp_path: Path) -> None:
    async with running(tmp_path, {"limits.trusted_networks": []}, shape=quick) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        for number in range(50):
            assert (await talk.command(f"RCPT TO:<guess{number}@example.test>")).startswith(b"550 5.1.1 ")
        assert (await talk.command("RCPT TO:<guess@example.test>")).startswith(b"421 4.7.0 ")
        assert await talk.ended()


async def test_what_a_peer_says_is_no_second_field(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house, hello="EHLO (evil)x") as talk:
            assert (await talk.message(["alice@example.test"], sender='"a b(c"@remote.test')).startswith(b"250")
        (message,) = await house.messages("alice")
        assert message.count(b"\r\nReceived: from ?evil?x (unknown [127.0.0.1])\r\n") == 1
