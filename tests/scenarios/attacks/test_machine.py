"""TLS and what the machine has of everything (THREATS A6): a server of its own processes on real ports."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lines import HOST, Lines, wait_for
from postroom.net import certificates
from postroom.net.certificates import make_self_signed
from whole import DOMAIN, PASSWORDS, WholeServer, postroom, running

pytestmark = pytest.mark.xdist_group("attacks on the machine")
FLOOD = 2000
HELD = 200
MEBIBYTE = 1 << 20
MOST_THREADS = 24  # of one worker: eight for disks, two for passwords, and what the runtime has of its own


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * FLOOD)), hard))
    with running(tmp_path_factory.mktemp("machine")) as one:
        yield one


def answers(server: WholeServer) -> None:
    started = time.monotonic()
    with Lines(server.port("mx")) as client:
        assert client.line().startswith(b"220 ")
    assert time.monotonic() - started < 5


def resident(server: WholeServer) -> int:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) for pid in server.worker_pids())
    return pages * os.sysconf("SC_PAGE_SIZE")


def shown(server: WholeServer, name: str | None) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection((HOST, server.port("imaps")), timeout=20)
    with context.wrap_socket(raw, server_hostname=name) as sock:
        return sock.getpeercert(binary_form=True) or b""


def test_any_name_that_a_client_asks_for_gets_the_one_certificate(server: WholeServer) -> None:
    names = ["unknown.test", "x" * 63 + ".test", "xn--bcher-kva.test", *(f"n{n}.test" for n in range(100))]
    assert {shown(server, name) for name in [None, *names]} == {
        ssl.PEM_cert_to_DER_cert((server.data / "certificates" / "default.pem").read_text())
    }


@pytest.mark.parametrize(
    "hello",
    [
        b"\x16\x03\x01\x40\x00\x01\x10\x00\x00\x03\x03" + b"x" * MEBIBYTE,
        b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03" + b"x" * 16_378,
        b"\x16\x03\x01\x00\x01\x01" * 100_000,
        b"\x80" * MEBIBYTE,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_mad_client_hello_ends_in_no_session(server: WholeServer, hello: bytes) -> None:
    before = resident(server)
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(Lines(server.port("imaps")))
            with contextlib.suppress(OSError):
                client.sock.sendall(hello)
        answers(server)
        assert resident(server) - before < 64 * MEBIBYTE
        for client in stack.pop_all()._exit_callbacks:  # type: ignore[attr-defined]
            client[1](None, None, None)
    answers(server)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not installed")
def test_nobody_renegotiates(server: WholeServer) -> None:
    command = ["openssl", "s_client", "-connect", f"{HOST}:{server.port('imaps')}", "-tls1_2"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    ) as client:
        assert client.stdin is not None and client.stdout is not None
        said = b""
        while b"* OK" not in said:
            piece = client.stdout.read(4096)
            assert piece, said
            said += piece
        client.stdin.write(b"R\n")
        said = client.stdout.read()
    assert b"no renegotiation" in said or b"NO_RENEGOTIATION" in said.upper().replace(b" ", b"_"), said[-500:]


def test_a_flood_of_connections_is_over_when_it_is(server: WholeServer) -> None:
    pids = server.worker_pids()
    before = resident(server)
    with contextlib.ExitStack() as stack:
        for number in range(FLOOD):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex((HOST, server.port("mx" if number % 2 else "imap")))
        with server.imap("bob") as client:
            assert client.noop()[0] == "OK"
        assert resident(server) - before < 128 * MEBIBYTE
        for pid in pids:
            assert len(list(Path(f"/proc/{pid}/task").iterdir())) < MOST_THREADS
    answers(server)
    assert server.worker_pids() == pids


STRANGERS_MOST = {
    "mx": (b"EHLO client.test\r\nMAIL FROM:<" + b"s" * 200 + b"@remote.test>\r\n", b"NOOP " + b"x" * 400_000),
    "imap": (b"", b"a LOGIN " + b"x" * 400_000),
    "pop3": (b"", b"USER " + b"x" * 400_000),
}
USERS_MOST = b'b SEARCH SUBJECT "' + b"x" * 400_000


def send_all(sock: socket.socket, data: bytes) -> None:
    """As much as the server takes: it may have had enough before the end."""
    sock.settimeout(0.2)
    with contextlib.suppress(OSError):
        sock.sendall(data)


def test_what_two_hundred_connections_may_make_us_keep(server: WholeServer) -> None:
    """Each sends the most that it may before a line, a literal or a message is whole, and stays."""
    server.set("imap_pop3.max_connections", HELD)
    context = server.context()
    with server.imap("bob") as warm:
        warm.noop()
    before = resident(server)
    with contextlib.ExitStack() as stack:
        for number in range(HELD - 50):
            door = ("mx", "imap", "pop3")[number % 3]
            client = stack.enter_context(Lines(server.port(door)))
            client.line()
            first, endless = STRANGERS_MOST[door]
            send_all(client.sock, first + endless)
        for _ in range(50):
            client = stack.enter_context(Lines(server.port("imaps"), context))
            client.line()
            client.ask(f"a LOGIN alice@{DOMAIN} {PASSWORDS['alice']}", "a OK")
            send_all(client.sock, USERS_MOST)
        answers(server)
        grown = resident(server) - before
        assert grown < 64 * MEBIBYTE, f"{grown / MEBIBYTE:.0f} MiB for {HELD} connections"


def test_who_sends_a_message_and_waits_costs_disk_and_no_memory(server: WholeServer) -> None:
    before = resident(server)
    body = b"x" * 76 + b"\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(Lines(server.port("mx")))
            client.line()
            client.ask("EHLO client.test", "250 ")
            client.ask("MAIL FROM:<s@remote.test>")
            client.ask(f"RCPT TO:<alice@{DOMAIN}>")
            assert client.ask("DATA").startswith(b"354")
            client.sock.sendall(b"Subject: x\r\n\r\n" + body * (8 * MEBIBYTE // len(body)))
        assert resident(server) - before < 64 * MEBIBYTE
        answers(server)
    wait_for(lambda: not list((server.data / "staging").iterdir()), 10, "nothing half is kept")


def test_an_expired_certificate_is_told_everywhere(tmp_path: Path) -> None:
    with running(tmp_path, workers=1) as server:
        folder = server.data / "certificates"
        kept = {name: (folder / name).read_bytes() for name in (certificates.CHAIN_NAME, certificates.KEY_NAME)}
        for age, word, status in ((390, "expires soon", 0), (500, "expired", 4)):
            chain, key = make_self_signed("mail.example.test", int(time.time()) - age * 86400)
            (folder / certificates.KEY_NAME).write_bytes(key)
            (folder / certificates.CHAIN_NAME).write_bytes(chain)
            assert server.process is not None
            os.kill(server.process.pid, 1)
            wait_for(lambda word=word: f'"event":"certificate {word}"' in server.log.read_text(), 5)
            assert json.loads(postroom(server.data, "status", "--json").stdout)["certificate"]["alarm"] == word
            assert f"({word})" in postroom(server.data, "status").stdout
            assert postroom(server.data, "doctor").returncode == status
        answers(server)
        for name, content in kept.items():
            (folder / name).write_bytes(content)


def test_a_log_that_takes_nothing_stops_no_mail(tmp_path: Path) -> None:
    server = WholeServer(tmp_path / "data", workers=1)
    server.set_up()
    command = [sys.executable, "-m", "postroom", "serve", "--data", str(server.data), "--log-format", "json"]
    command += ["--port-offset", str(server.offset), "--workers", "1"]
    with Path("/dev/full").open("ab") as full:
        server.process = subprocess.Popen(command, stdout=full, stderr=full, stdin=subprocess.DEVNULL)
    try:
        with contextlib.suppress(AssertionError):
            wait_for(lambda: _is_serving(server), 30)
        with server.smtp() as sender:
            sender.sendmail("a@remote.test", [f"alice@{DOMAIN}"], b"Subject: unlogged\r\n\r\nx\r\n")
        with server.imap() as reader:
            assert reader.select("INBOX")[1] == [b"1"]
        server.process.terminate()
        server.process.wait(20)
        server.process = None
        server.check_data()
    finally:
        if server.process is not None:
            server.kill_all()


def _is_serving(server: WholeServer) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        if sock.connect_ex((HOST, server.port("mx"))) != 0:
            return False
        return sock.recv(4).startswith(b"220")
