"""Logging in over POP3: the gate for clear connections, SASL, limits, deadlines, and going down (SPEC 1.3, THREATS A3)."""

from __future__ import annotations

import asyncio
import base64
import poplib
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from harness_pop3 import ALICE, PASSWORD, Pop3Server, pop3_server
from postroom.servers.pop3 import session as pop3_session
from postroom.wire.sasl.scram_client import ScramClient

PLAIN = base64.b64encode(f"\0{ALICE}\0{PASSWORD}".encode())
MESSAGE = b"Subject: one\r\n\r\ntext\r\n"


async def test_no_password_is_taken_in_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pop3_server(tmp_path) as server:

        async def never(*_: Any) -> Any:
            raise AssertionError("the verifier was asked")

        monkeypatch.setattr(server.adapters.directory, "authenticate", never)
        password = b"PASS " + PASSWORD.encode()
        said = await server.say(b"CAPA", b"USER alice", password, b"AUTH PLAIN " + PLAIN, b"AUTH", b"QUIT", door="pop3")
        capabilities = said[1 : said.index(b".")]
        assert b"STLS" in capabilities
        assert b"USER" not in capabilities
        assert [line for line in capabilities if line.startswith(b"SASL")] == [b"SASL SCRAM-SHA-256"]
        rest = said[said.index(b".") + 1 :]
        assert [line[:4] for line in rest[:3]] == [b"-ERR"] * 3
        assert rest[4:6] == [b"SCRAM-SHA-256", b"."]


async def test_secure_networks_and_the_switch_act_at_once(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        reader, writer = await asyncio.open_connection("localhost", server.ports["pop3"])
        await reader.readline()
        writer.write(b"USER alice\r\n")
        assert (await reader.readline()).startswith(b"-ERR")
        await server.settings(imap_pop3__secure_networks=["127.0.0.0/8"])
        writer.write(b"USER alice\r\nPASS " + PASSWORD.encode() + b"\r\n")
        assert (await reader.readline()).startswith(b"+OK")
        assert (await reader.readline()).startswith(b"+OK 0 messages")
        writer.close()
        await server.settings(imap_pop3__secure_networks=[], imap_pop3__prohibit_plaintext=False)
        said = await server.say(b"CAPA", b"AUTH PLAIN " + PLAIN, b"QUIT", door="pop3")
        assert b"USER" in said
        assert said[-2].startswith(b"+OK 0 messages")


async def test_sasl_plain_with_and_without_an_initial_response(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        assert (await server.say(b"AUTH PLAIN " + PLAIN, b"QUIT"))[0].startswith(b"+OK")
        said = await server.say(b"AUTH PLAIN", PLAIN, b"QUIT")
        assert said[0] == b"+ "
        assert said[1].startswith(b"+OK")
        said = await server.say(b"AUTH PLAIN", b"*", b"AUTH PLAIN", b"!", b"AUTH NONE", b"AUTH PLAIN " + PLAIN, b"QUIT")
        assert [line[:4] for line in said] == [b"+ ", b"-ERR", b"+ ", b"-ERR", b"-ERR", b"+OK ", b"+OK "]


async def test_scram_is_allowed_in_clear(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append([MESSAGE])

        def script() -> bytes:
            scram = ScramClient(ALICE, PASSWORD, b"a nonce of the client".replace(b" ", b"-"))
            client = server.pop3()
            first = scram.initial_response()
            assert first is not None
            client._putcmd("AUTH SCRAM-SHA-256 " + base64.b64encode(first).decode())
            for _ in range(2):
                challenge = client.file.readline()
                assert challenge.startswith(b"+ "), challenge
                answer = scram.step(base64.b64decode(challenge[2:]))
                assert isinstance(answer, bytes)
                client._putline(base64.b64encode(answer))
            assert client._getresp().startswith(b"+OK 1 messages")
            assert client.retr(1)[1][0] == b"Subject: one"
            return client.quit()

        assert (await server.talk(script)).startswith(b"+OK")


async def test_wrong_unknown_and_broken_logins_are_told_alike(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        said = await server.say(
            b"USER alice", b"PASS wrong", b"USER nobody", b"PASS wrong", b"USER \xff\xfe", b"PASS \xff",
            b"USER alice", b"PASS  " + PASSWORD.encode(), b"PASS x", b"USER alice", b"PASS " + PASSWORD.encode(), b"QUIT",
        )  # fmt: skip
        refusals = {said[index] for index in (1, 3, 5, 7)}
        assert refusals == {b"-ERR [AUTH] wrong user name or password"}
        assert said[8].startswith(b"-ERR")
        assert said[10].startswith(b"+OK 0 messages")


async def test_long_lines_are_bounded(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        said = await server.say(b"USER alice", b"PASS " + b"x" * 1_000_000, b"USER alice", b"PASS x", b"QUIT")
        assert said[1].startswith(b"-ERR Line too long")
        assert said[-2].startswith(b"-ERR [AUTH]")


async def test_places_are_counted_after_the_password_and_freed(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.settings(imap_pop3__max_connections=2)

        def script() -> None:
            first, second = server.logged_in(), server.logged_in(ALICE.upper())
            client = server.pop3s()
            client.user(ALICE)
            with pytest.raises(poplib.error_proto, match=r"\[SYS/TEMP\] at most 2 POP3 connections"):
                client.pass_(PASSWORD)
            client.user(ALICE)
            with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
                client.pass_("wrong")
            first.quit()
            client.user(ALICE)
            assert client.pass_(PASSWORD).startswith(b"+OK")
            client.quit()
            second.quit()

        await server.talk(script)
        await until_free(server)


async def until_free(server: Pop3Server) -> None:
    for _ in range(100):
        if not server.adapters.sessions.entries():
            break
        await asyncio.sleep(0.01)
    assert server.adapters.sessions.entries() == []


async def test_a_maildrop_that_cannot_be_opened_leaves_no_place_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pop3_server(tmp_path) as server:
        files = server.adapters.store.files
        await files.remove(server.accounts[ALICE])
        lines = (b"USER alice", b"PASS " + PASSWORD.encode(), b"STAT", b"QUIT")
        assert (await server.say(*lines))[2] == b"+OK 0 0"  # made by the first who needs it

        async def missing(*_: Any) -> None:
            return None

        monkeypatch.setattr(server.adapters.store, "mailbox", missing)
        said = await server.say(*lines)
        assert said[1].startswith(b"-ERR [SYS/PERM]")
        assert said[2].startswith(b"-ERR")
        await until_free(server)


async def test_octets_behind_stls_are_never_run(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        reader, writer = await asyncio.open_connection("localhost", server.ports["pop3"])
        await reader.readline()
        writer.write(b"STLS\r\nUSER bob\r\nCAPA\r\n")
        assert (await reader.readline()).startswith(b"+OK")
        await writer.start_tls(server.client_context(), server_hostname="localhost")
        writer.write(b"PASS x\r\nNOOP\r\nQUIT\r\n")
        said = (await reader.read()).split(b"\r\n")
        assert said[0] == b"-ERR USER first"
        assert said[1].startswith(b"-ERR")
        assert said[2].startswith(b"+OK")
        writer.close()


async def test_programs_of_other_protocols_are_sent_away(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        request = [b"GET / HTTP/1.1", b"Host: localhost", b"Accept: */*", b"User-Agent: x", b""]
        said = await server.say(*request, door="pop3")
        assert len(said) <= 3
        assert said[-1] == b"-ERR This is a POP3 server"


async def test_deadlines_before_and_after_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pop3_server(tmp_path) as server:
        limits = server.live.settings.limits.model_copy(update={"login_timeout": 0.15, "pop3_timeout": 0.05})
        server.live.settings = server.live.settings.model_copy(update={"limits": limits})
        assert await server.say(b"CAPX") == [b"-ERR Unknown command", b"-ERR No login for too long"]
        said = await server.say(b"AUTH PLAIN " + PLAIN, b"DELE 1")
        assert said[-1] == b"-ERR No command for too long"


async def test_a_server_that_ends_says_so(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append([MESSAGE])
        reader, writer = await asyncio.open_connection(
            "localhost", server.ports["pop3s"], ssl=server.client_context(), server_hostname="localhost"
        )
        writer.write(b"AUTH PLAIN " + PLAIN + b"\r\nDELE 1\r\n")
        for _ in range(3):
            await reader.readline()
        for connection in tuple(server.connections):
            connection.server_closing()
        assert await reader.read() == b"-ERR [SYS/TEMP] The server is shutting down\r\n"
        assert len(await server.uids()) == 1
        writer.close()


async def test_pipelined_commands_run_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pop3_session, "_SLICE", 5)
    async with pop3_server(tmp_path) as server:
        await server.append([MESSAGE] * 3)
        said = await server.say(
            b"USER alice", b"PASS " + PASSWORD.encode(), *[b"STAT"] * 200, b"RETR 2", b"DELE 3", b"QUIT"
        )
        assert said[2:202] == [b"+OK 3 %d" % (3 * len(MESSAGE))] * 200
        assert said[203:206] == MESSAGE.split(b"\r\n")[:-1]
        assert len(await server.uids()) == 2


async def test_the_log_has_one_line_per_end_and_no_password(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append([MESSAGE] * 2)
        with capture_logs() as lines:
            await server.say(b"AUTH PLAIN " + PLAIN, b"RETR 1", b"DELE 1", b"QUIT")
            await server.say(b"USER alice", b"PASS not the password", b"QUIT")
            await until_free(server)
            await asyncio.sleep(0.01)
    ends = [line for line in lines if line["event"] == "session ended"]
    assert [(line["by"], line["retrieved"], line["deleted"], line["left"]) for line in ends] == [("quit", 1, 1, 1)]
    assert [line["event"] for line in lines].count("login") == 1
    assert PASSWORD not in repr(lines)
    assert "not the password" not in repr(lines)
