"""poplib against both doors: what a mail program does."""

from __future__ import annotations

import poplib
from pathlib import Path

import pytest

from harness_pop3 import ALICE, PASSWORD, pop3_server

MESSAGES = [
    b"Subject: one\r\n\r\n.\r\n..two dots\r\nthree\r\n",
    b"Subject: two\r\n\r\nno line end",
    b"Subject: three\r\nX-Long: " + b"folded field\r\n " * 6_000 + b"\r\n\r\n" + b"line of the body\r\n" * 20_000,
]


def whole(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


async def test_a_session_with_tls_from_the_first_octet(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        appended = await server.append(MESSAGES)

        def script() -> None:
            client = server.pop3s()
            assert "USER" in client.capa()
            assert "STLS" not in client.capa()
            client.user(ALICE)
            client.pass_(PASSWORD)
            assert client.stat() == (3, sum(len(message) for message in MESSAGES))
            assert client.list()[1] == [b"%d %d" % (n, len(message)) for n, message in enumerate(MESSAGES, 1)]
            assert client.list(2) == b"+OK 2 %d" % len(MESSAGES[1])
            identifiers = client.uidl()[1]
            assert identifiers == [b"%d %x-%x" % (n, one.uid_validity, one.uid) for n, one in enumerate(appended, 1)]
            assert client.uidl(3) == b"+OK " + identifiers[2]
            assert [whole(client.retr(n)[1]) for n in (1, 3)] == [MESSAGES[0], MESSAGES[2]]
            assert whole(client.retr(2)[1]) == MESSAGES[1] + b"\r\n"
            assert whole(client.top(1, 2)[1]) == b"Subject: one\r\n\r\n.\r\n..two dots\r\n"
            assert whole(client.top(3, 1)[1]) == MESSAGES[2].partition(b"\r\n\r\n")[0] + b"\r\n\r\nline of the body\r\n"
            client.dele(2)
            assert client.stat()[0] == 2
            client.rset()
            assert client.stat()[0] == 3
            client.dele(1)
            client.dele(3)
            client.quit()

        await server.talk(script)
        assert await server.uids() == [appended[1].uid]


async def test_stls_then_login(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        await server.append(MESSAGES[:1])

        def script() -> None:
            client = server.pop3()
            before = client.capa()
            assert "USER" not in before
            assert before["SASL"] == ["SCRAM-SHA-256"]
            with pytest.raises(poplib.error_proto, match="Start TLS"):
                client.user(ALICE)
            client.stls(server.client_context())
            after = client.capa()
            assert "USER" in after
            assert "PLAIN" in after["SASL"]
            assert "STLS" not in after
            client.user("alice")
            client.pass_(PASSWORD)
            assert whole(client.retr(1)[1]) == MESSAGES[0]
            client.quit()

        await server.talk(script)


async def test_trace_fields_come_first(tmp_path: Path) -> None:
    async with pop3_server(tmp_path) as server:
        trace = b"Return-Path: <bob@example.test>\r\n"
        await server.append([MESSAGES[0], MESSAGES[2]], prefix=trace)

        def script() -> None:
            client = server.logged_in()
            assert client.list(1).endswith(b" %d" % len(trace + MESSAGES[0]))
            assert whole(client.retr(1)[1]) == trace + MESSAGES[0]
            assert whole(client.retr(2)[1]) == trace + MESSAGES[2]
            assert whole(client.top(1, 0)[1]) == trace + b"Subject: one\r\n\r\n"
            client.quit()

        await server.talk(script)
