"""Most simultaneous connections of one account from one address, over all workers (SPEC 1.3); and what a PROXY front reports (THREATS A1 19)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import struct
import time
from collections.abc import Iterator

import pytest

from lines import HOST, Lines, is_open, wait_for
from whole import DOMAIN, PASSWORDS, WholeServer, running

pytestmark = pytest.mark.xdist_group("places")
LIMIT = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("places")) as one:
        one.command("alias", "add", f"al@{DOMAIN}", f"alice@{DOMAIN}")
        one.set("imap_pop3.max_connections", LIMIT)
        one.set("limits.proxy_fronts", ["127.0.0.9/32"])
        one.set("checks.exempt_networks", ["127.0.0.0/8", "198.51.100.0/24"])  # there is no DNS to ask
        yield one


def imap(
    server: WholeServer, name: str = f"alice@{DOMAIN}", source: str = "127.0.0.1", before: bytes = b""
) -> tuple[Lines, bytes]:
    client = Lines(server.port("imaps"), server.context(), source=source, before=before)
    assert client.line().startswith(b"* OK")
    password = PASSWORDS["bob" if name.startswith("bob") else "alice"]
    return client, client.ask(f"a LOGIN {name} {password}", "a ")


def pop3(server: WholeServer, source: str = "127.0.0.1") -> tuple[Lines, bytes]:
    client = Lines(server.port("pop3s"), server.context(), source=source)
    assert client.line().startswith(b"+OK")
    client.ask(f"USER alice@{DOMAIN}")
    return client, client.ask(f"PASS {PASSWORDS['alice']}")


@pytest.fixture
def opened(server: WholeServer) -> Iterator[contextlib.ExitStack]:
    """Connections of a test; their places are free again at its end."""
    with contextlib.ExitStack() as stack:
        yield stack
    wait_for(lambda: server.status()["sessions"] == [], 5)


def fill(server: WholeServer, stack: contextlib.ExitStack, count: int = LIMIT, **options: str) -> list[Lines]:
    clients = []
    for _ in range(count):
        client, answer = imap(server, **options)  # type: ignore[arg-type]
        clients.append(stack.enter_context(client))
        assert answer.startswith(b"a OK"), answer
    return clients


def refused(server: WholeServer, **options: object) -> bool:
    client, answer = imap(server, **options)  # type: ignore[arg-type]
    with client:
        if answer.startswith(b"a OK"):
            client.ask("z LOGOUT", "z ")
            return False
        assert answer.startswith(b"a NO [LIMIT]") and str(LIMIT).encode() in answer, answer
        return True


def workers(server: WholeServer) -> set[int]:
    return {session["worker"] for session in server.status()["sessions"]}


def fill_over_both_workers(server: WholeServer, stack: contextlib.ExitStack) -> None:
    """The kernel chooses the worker of a connection: opens all but one, then the last one until it is with the other worker."""
    fill(server, stack, LIMIT - 1)
    for _ in range(64):
        last = contextlib.ExitStack()
        fill(server, last, 1)
        if len(workers(server)) == 2:
            stack.push(last)
            return
        last.close()
        wait_for(lambda: len(server.status()["sessions"]) == LIMIT - 1, 5)
    raise AssertionError("64 connections, and the kernel gave all to one worker")


def test_imap_and_pop3_are_counted_apart_over_all_workers(server: WholeServer, opened: contextlib.ExitStack) -> None:
    fill_over_both_workers(server, opened)
    assert refused(server)
    for _ in range(LIMIT):
        client, answer = pop3(server)
        opened.enter_context(client)
        assert answer.startswith(b"+OK")
    client, answer = pop3(server)
    opened.enter_context(client)
    assert answer.startswith(b"-ERR [SYS/TEMP]") and str(LIMIT).encode() in answer


def test_an_alias_counts_as_its_account_and_another_account_or_address_does_not(
    server: WholeServer, opened: contextlib.ExitStack
) -> None:
    fill(server, opened, LIMIT - 1)
    fill(server, opened, 1, name=f"AL@{DOMAIN.upper()}")
    assert refused(server) and refused(server, name=f"al@{DOMAIN}") and refused(server, name="alice")
    assert not refused(server, name=f"bob@{DOMAIN}")
    assert not refused(server, source="127.0.0.2")


def test_being_refused_is_no_wrong_password(server: WholeServer, opened: contextlib.ExitStack) -> None:
    """A stranger learns nothing of the limit, and the owner's next login is not delayed."""
    clients = fill(server, opened)
    for _ in range(6):
        assert refused(server)
    with Lines(server.port("imaps"), server.context()) as stranger:
        stranger.line()
        assert b"AUTHENTICATIONFAILED" in stranger.ask(f"a LOGIN alice@{DOMAIN} wrong", "a ")
    clients[0].ask("b LOGOUT", "b ")
    wait_for(lambda: not refused(server), 1, "a place is free within a second of LOGOUT")
    clients[1].close()
    wait_for(lambda: not refused(server), 1, "and of a connection that just goes")


def test_the_kernel_tells_of_a_peer_that_breaks_off(server: WholeServer, opened: contextlib.ExitStack) -> None:
    clients = fill(server, opened)
    assert refused(server)
    clients[0].sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    clients[0].close()
    wait_for(lambda: not refused(server), 1)


def test_lowering_the_limit_ends_no_session(server: WholeServer, opened: contextlib.ExitStack) -> None:
    clients = fill(server, opened)
    server.set("imap_pop3.max_connections", 1)
    try:
        assert all(client.ask("n NOOP").startswith(b"n OK") for client in clients)
        client, answer = imap(server)
        client.close()
        assert answer.startswith(b"a NO [LIMIT]")
    finally:
        server.set("imap_pop3.max_connections", LIMIT)


def test_places_of_a_killed_worker_are_free_and_nobody_is_refused_meanwhile(
    server: WholeServer, opened: contextlib.ExitStack
) -> None:
    fill(server, opened)
    before = server.worker_pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    # connections wait in the sockets that the supervisor keeps, until the new worker takes them
    waiting = [opened.enter_context(Lines(server.port("mx"))) for _ in range(8)]
    wait_for(lambda: not refused(server), 10, "places of a killed worker are free within 10 s")
    assert all(client.line().startswith(b"220 ") for client in waiting)
    wait_for(lambda: len(set(server.worker_pids()) - set(before)) == 2, 5)


def v1(client: str, protocol: str = "TCP4", server: str = "192.0.2.25") -> bytes:
    return f"PROXY {protocol} {client} {server} 40000 993\r\n".encode()


def v2(client: str, server: str = "2001:db8::25", *, tls: bool = False, command: int = 0x21) -> bytes:
    """PROXY protocol, version 2: an IPv6 client; with `tls` the TLV that says that the front spoke TLS with it."""
    addresses = socket.inet_pton(socket.AF_INET6, client) + socket.inet_pton(socket.AF_INET6, server)
    body = addresses + struct.pack("!HH", 40000, 993)
    if tls:
        inner = struct.pack("!BI", 0x01, 0)
        body += struct.pack("!BH", 0x20, len(inner)) + inner
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, 0x21, len(body)) + body


FRONT = "127.0.0.9"


def sessions_of(server: WholeServer) -> list[str]:
    return [session["address"] for session in server.status()["sessions"]]


def test_a_front_reports_the_client_on_implicit_tls(server: WholeServer, opened: contextlib.ExitStack) -> None:
    fill(server, opened, 1, source=FRONT, before=v1("198.51.100.7"))  # type: ignore[arg-type]
    fill(server, opened, 1, source=FRONT, before=v2("2001:db8:1:2::7"))  # type: ignore[arg-type]
    assert sorted(sessions_of(server)) == ["198.51.100.7", "2001:db8:1:2::7"]


def test_ipv6_counts_by_its_64(server: WholeServer, opened: contextlib.ExitStack) -> None:
    for last in range(LIMIT):
        fill(server, opened, 1, source=FRONT, before=v2(f"2001:db8:a:b::{last + 1}"))  # type: ignore[arg-type]
    assert refused(server, source=FRONT, before=v2("2001:db8:a:b:ffff::9"))
    assert not refused(server, source=FRONT, before=v2("2001:db8:a:c::1"))
    assert not refused(server)


def test_a_front_that_reports_tls_counts_as_private(server: WholeServer, opened: contextlib.ExitStack) -> None:
    for tls in (True, False):
        client = opened.enter_context(Lines(server.port("imap"), source=FRONT, before=v2("2001:db8::7", tls=tls)))
        assert (b"LOGINDISABLED" in client.line()) is not tls
        answer = client.ask(f"a LOGIN alice@{DOMAIN} {PASSWORDS['alice']}")
        assert answer.startswith(b"a OK") is tls
        assert tls or b"PRIVACYREQUIRED" in answer


def test_a_local_header_means_the_front_itself(server: WholeServer, opened: contextlib.ExitStack) -> None:
    fill(server, opened, 1, source=FRONT, before=v2("2001:db8::7", command=0x20))  # type: ignore[arg-type]
    assert sessions_of(server) == [FRONT]


def test_only_a_front_may_and_a_front_must(server: WholeServer) -> None:
    with Lines(server.port("mx"), before=v1("198.51.100.7")) as stranger:
        answers = [stranger.line(), stranger.line()]
        assert answers[0].startswith((b"220", b"554")) and answers[1][:1] in (b"5", b"")
    with pytest.raises((ssl.SSLError, OSError)):
        Lines(server.port("imaps"), server.context(), before=v1("198.51.100.7"))
    for wrong in (
        b"EHLO client.test\r\n",
        b"PROXY TCP4 999.1.1.1 1.1.1.1 1 1\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x31\x21\0\0",
    ):
        with Lines(server.port("mx"), source=FRONT, before=wrong) as client:
            assert client.rest() == b"", wrong


def test_a_slow_header_is_not_waited_for(server: WholeServer) -> None:
    start = time.monotonic()
    with Lines(server.port("mx"), source=FRONT, before=b"PROXY TCP4 198") as client:
        assert client.rest() == b""
    assert 3 < time.monotonic() - start < 10
    assert is_open(server.port("mx"))


def test_received_names_the_reported_client(server: WholeServer, opened: contextlib.ExitStack) -> None:
    with Lines(server.port("mx"), source=FRONT, before=v1("198.51.100.77")) as client:
        client.line()
        client.send("EHLO client.test")
        client.until("250 ")
        for command, code in (
            ("MAIL FROM:<a@remote.test>", b"250"),
            (f"RCPT TO:<bob@{DOMAIN}>", b"250"),
            ("DATA", b"354"),
        ):
            assert client.ask(command).startswith(code)
        assert client.ask("Subject: by a front\r\n\r\nHello\r\n.").startswith(b"250")
    with server.imap("bob") as reader:
        reader.select("INBOX", readonly=True)
        _, rows = reader.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (RECEIVED RETURN-PATH DELIVERED-TO)])")
    fields = rows[-2][1]
    assert b"[198.51.100.77]" in fields and HOST.encode() not in fields
    assert fields.startswith(b"Return-Path: <a@remote.test>\r\nDelivered-To: bob@")
