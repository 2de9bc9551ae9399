"""STARTTLS, logins, deadlines and the end of the server."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path

import pytest

from harness_smtp import MESSAGE, PASSWORD, Client, client, client_context, running
from postroom.servers.connection import Connection
from postroom.servers.smtp.dialect import SmtpDoor

PLAIN = base64.b64encode(f"\0alice@example.test\0{PASSWORD}".encode()).decode()


async def test_starttls_forgets_everything(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert b"STARTTLS" in await talk.command("EHLO client.test")
            await talk.start_tls()
            assert (await talk.command("MAIL FROM:<s@remote.test>")).startswith(b"503")
            hello = await talk.command("EHLO again.test")
            assert b"STARTTLS" not in hello and b"AUTH" not in hello
            assert (await talk.command("STARTTLS")).startswith(b"503")
            assert (await talk.message(["alice@example.test"])).startswith(b"250")
        (message,) = await house.messages("alice")
        assert b"from again.test" in message and b" with ESMTPS id " in message and b"\t(TLSv1." in message


async def test_commands_in_clear_behind_starttls_are_never_run(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        said = await talk.send(b"STARTTLS\r\nMAIL FROM:<evil@remote.test>\r\nRCPT TO:<alice@example.test>\r\n")
        assert said.startswith(b"220")
        await talk.writer.start_tls(client_context())
        assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"503")
        assert (await talk.command("EHLO client.test")).startswith(b"250")
        assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"503")


async def test_a_handshake_that_breaks_in_our_hands_ends_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(connection: Connection, context: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(Connection, "start_tls", broken)
    async with running(tmp_path) as house, client(house) as talk:
        assert (await talk.command("STARTTLS")).startswith(b"220")
        assert await talk.ended()
        await house.quiet()


async def test_starttls_in_a_transaction_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.command("STARTTLS")).startswith(b"503")


async def test_submission_wants_tls_and_then_a_login(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house, "submission") as talk:
        assert b"AUTH" not in await talk.command("EHLO client.test")
        assert (await talk.command("MAIL FROM:<alice@example.test>")).startswith(b"530 5.7.0 ")
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"538 5.7.11 ")
        assert (await talk.command("AUTH LOGIN")).startswith(b"538 5.7.11 ")
        assert (await talk.command("AUTH SCRAM-SHA-256")).startswith(b"530 5.7.0 ")
        assert (await talk.command("AUTH NONSENSE")).startswith(b"530 5.7.0 ")
        await talk.start_tls()
        hello = await talk.command("EHLO client.test")
        assert b"AUTH " in hello and b"PLAIN" in hello and b"SCRAM-SHA-256" in hello
        assert (await talk.command("MAIL FROM:<alice@example.test>")).startswith(b"530 5.7.0 ")
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235 2.7.0 ")
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"503")
        assert (
            await talk.message(["far@remote.test"], sender="alice@example.test", content=_from("alice"))
        ).startswith(b"250")


async def test_a_network_called_secure_may_log_in_in_clear(tmp_path: Path) -> None:
    async with running(tmp_path, {"imap_pop3.secure_networks": ["127.0.0.0/8"]}) as house:
        async with client(house, "submission") as talk:
            assert b"PLAIN" in await talk.command("EHLO client.test")
            assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235 2.7.0 ")
        house.change(imap_pop3__secure_networks=[])
        async with client(house, "submission") as talk:
            assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"538 5.7.11 ")


async def test_port_25_takes_logins_only_where_allowed_and_over_tls(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"502 5.5.1 ")
            await talk.start_tls()
            assert b"AUTH" not in await talk.command("EHLO client.test")
            assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"502 5.5.1 ")
        house.change(smtp__login_on_mx=True)
        async with client(house) as talk:
            assert b"AUTH" not in await talk.command("EHLO client.test")
            assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"538 5.7.11 ")
            assert (await talk.command("AUTH SCRAM-SHA-256")).startswith(b"530 5.7.0 ")
            await talk.start_tls()
            assert b"AUTH" in await talk.command("EHLO client.test")
            assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235")
            assert (await talk.command("MAIL FROM:<bob@example.test>")).startswith(b"553 5.7.1 ")
            assert (await talk.message(["far@remote.test"], _from("alice"), "alice@example.test")).startswith(b"250")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["AUTH PLAIN", "*"], b"501"),
        (["AUTH PLAIN", "not base64!"], b"501"),
        (["AUTH PLAIN =="], b"501"),
        (["AUTH PLAIN ="], b"501"),
        (["AUTH PLAIN", ""], b"501"),
        (["AUTH PLAIN " + base64.b64encode(b"\0alice@example.test\0wrong").decode()], b"535 5.7.8"),
        (["AUTH PLAIN " + base64.b64encode(b"\0nobody@example.test\0wrong").decode()], b"535 5.7.8"),
        (
            ["AUTH PLAIN " + base64.b64encode(f"bob@example.test\0alice@example.test\0{PASSWORD}".encode()).decode()],
            b"535",
        ),
        (["AUTH PLAIN " + base64.b64encode(b"a\0b\0c\0d").decode()], b"501"),
        (["AUTH PLAIN " + base64.b64encode(b"\0\0").decode()], b"535 5.7.8"),
        (["AUTH LOGIN", "", ""], b"5"),
        (["AUTH NONSENSE"], b"504 5.5.4"),
        (["AUTH"], b"501"),
        (["AUTH PLAIN " + "A" * 1_000_000], b"500"),
        (["AUTH PLAIN", "A" * 1_000_000], b"50"),
    ],
)
async def test_bad_logins_harm_nobody(tmp_path: Path, lines: list[str], code: bytes) -> None:
    async with running(tmp_path) as house, client(house, "submissions") as talk:
        for line in lines:
            reply = await talk.command(line)
        assert reply.startswith(code), reply
        assert (await talk.command("NOOP")).startswith(b"250")
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"235")


async def test_auth_in_a_transaction_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.login_on_mx": True}) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        assert (await talk.command(f"AUTH PLAIN {PLAIN}")).startswith(b"503")


async def test_login_word_by_word(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house, "submissions") as talk:
        assert (await talk.command("AUTH LOGIN")).startswith(b"334 ")
        assert (await talk.command(base64.b64encode(b"alice@example.test").decode())).startswith(b"334 ")
        assert (await talk.command(base64.b64encode(PASSWORD.encode()).decode())).startswith(b"235 2.7.0 ")


async def test_failed_logins_end_the_session(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house, "submissions") as talk:
        wrong = base64.b64encode(b"\0alice@example.test\0wrong").decode()
        replies = [(await talk.command(f"AUTH PLAIN {wrong}"))[:3] for _ in range(21)]
        assert replies == [b"535"] * 20 + [b"421"]
        assert await talk.ended()


def hurried(door: SmtpDoor) -> SmtpDoor:
    """A door whose deadline for a message is short."""
    return replace(door, content_seconds=0.4)


class ShortDeadline:
    """The settings in force with a command deadline below what a setting may be."""

    def __init__(self, settings: object, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds

    def __getattr__(self, name: str) -> object:
        if name == "command_timeout":
            return self._seconds
        found = getattr(self._settings, name)
        return ShortDeadline(found, self._seconds) if name == "limits" else found


@pytest.mark.parametrize("said", [b"", b"NOO", b"MAIL FROM:<s@remote.test>\r\nRC"])
async def test_a_silent_client_is_told_to_go(tmp_path: Path, said: bytes) -> None:
    async with running(tmp_path) as house:
        house.live.settings = ShortDeadline(house.live.settings, 0.3)  # type: ignore[assignment]
        async with client(house) as talk:
            talk.writer.write(said)
            if b"\r\n" in said:
                assert (await talk.reply()).startswith(b"250")
            assert (await talk.reply()).startswith(b"421 4.4.2 ")
            assert await talk.ended()


@pytest.mark.parametrize("command", [b"DATA\r\n", b"BDAT 1000000\r\n"])
async def test_dripping_content_does_not_move_the_deadline(tmp_path: Path, command: bytes) -> None:
    async with running(tmp_path, shape=hurried) as house:
        async with client(house) as talk:
            await talk.command("MAIL FROM:<s@remote.test>")
            await talk.command("RCPT TO:<alice@example.test>")
            talk.writer.write(command)
            if command.startswith(b"DATA"):
                assert (await talk.reply()).startswith(b"354")
            answer = asyncio.ensure_future(talk.reply())
            while not answer.done():
                talk.writer.write(b"x")
                await asyncio.sleep(0.02)
            assert answer.result().startswith(b"421 4.4.2 ")
        assert await house.messages("alice") == []
        assert list(house.adapters.data.staging.iterdir()) == []


async def test_the_server_says_good_bye_between_commands(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        for connection in tuple(house.connections):
            connection.server_closing()
        assert (await talk.reply()).startswith(b"421 4.3.2 ")
        assert await talk.ended()


async def test_a_message_that_has_begun_is_finished_before_the_end(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await talk.command("MAIL FROM:<s@remote.test>")
        await talk.command("RCPT TO:<alice@example.test>")
        assert (await talk.command("DATA")).startswith(b"354")
        for connection in tuple(house.connections):
            connection.server_closing()
        assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
        assert (await talk.reply()).startswith(b"421 4.3.2 ")


async def test_a_group_of_commands_is_answered_in_order(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        group = (
            b"MAIL FROM:<s@remote.test>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n"
        )
        replies = [await talk.send(group), *[await talk.reply() for _ in range(3)]]
        assert [reply[:3] for reply in replies] == [b"250", b"550", b"250", b"354"]
        talk.writer.write(MESSAGE + b".\r\nRSET\r\nQUIT\r\n")
        assert [(await talk.reply())[:3] for _ in range(3)] == [b"250", b"250", b"221"]
        assert await talk.ended()


async def test_a_clear_client_on_the_tls_port_gets_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        talk = await Client.connect(house.ports["submissions"])
        talk.writer.write(b"EHLO x\r\n")
        assert b"220" not in await talk.reader.read()
        await talk.close()


def _from(name: str) -> bytes:
    return f"From: {name}@example.test\r\nSubject: x\r\n\r\nbody\r\n".encode()
