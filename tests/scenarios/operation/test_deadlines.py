"""Slow and greedy clients cost what is stated and no more: deadlines, readers that never read, many idle connections, no descriptors (THREATS A1 11, A2 9, A6)."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lines import HOST, Lines, wait_for
from whole import DOMAIN, PASSWORDS, WholeServer, running

pytestmark = pytest.mark.xdist_group("deadlines")
SHORT = 10  # seconds: the least that the settings allow
IDLE = 500
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("deadlines")) as one:
        one.set("limits.command_timeout", SHORT)
        one.set("limits.login_timeout", SHORT)
        yield one


def ended(port: int, first: bytes, drip: bytes, *, greets: bool) -> tuple[float, bytes]:
    """Seconds until the server ends a connection that says `first` (an answer is read at each |) and then a few octets a second; and its last words."""
    start = time.monotonic()
    with socket.create_connection((HOST, port), timeout=30) as sock:
        said = sock.recv(4096) if greets else b""
        *answered, last = first.split(b"|")
        for piece in answered:
            sock.sendall(piece)
            said += sock.recv(4096)
        sock.sendall(last)
        sock.settimeout(0.5)
        while time.monotonic() - start < 30:
            try:
                received = sock.recv(4096)
            except TimeoutError:
                with contextlib.suppress(OSError):
                    sock.sendall(drip)
                continue
            except ConnectionResetError:
                break
            if not received:
                break
            said += received
        return time.monotonic() - start, said


SLOW = [
    ("mx", b"", b"", b"421"),
    ("mx", b"EHLO client.test\r\n|MAIL FR", b"O", b"421"),
    (
        "mx",
        f"EHLO client.test\r\n|MAIL FROM:<x@remote.test>\r\nRCPT TO:<alice@{DOMAIN}>\r\nDATA\r\n|Subject: slow".encode(),
        b"",
        b"421",
    ),
    ("submission", b"", b"", b"421"),
    ("imap", b"", b"", b"* BYE"),
    ("imap", b"a NOOP\r\nb NO", b"O", b"* BYE"),
    ("imap", b"", b"n NOOP\r\n", b"* BYE"),
    ("pop3", b"", b"", b"-ERR"),
    ("pop3", b"CAPA\r\nUS", b"E", b"-ERR"),
    ("imaps", b"", b"", b""),
    ("imaps", b"\x16\x03\x01\x02\x00\x01", b"", b""),
    ("submissions", b"\x16\x03\x01\x02\x00\x01", b"\x00", b""),
    ("pop3s", b"", b"", b""),
]  # fmt: skip


def test_slow_clients_are_told_to_go(server: WholeServer) -> None:
    """All at once, since each waits for a deadline; meanwhile the others are answered."""
    with ThreadPoolExecutor(len(SLOW)) as pool:
        waiting = [
            pool.submit(ended, server.port(door), first, drip, greets=bool(word)) for door, first, drip, word in SLOW
        ]
        longest = 0.0
        while not all(one.done() for one in waiting):
            start = time.monotonic()
            with Lines(server.port("mx")) as client:
                assert client.line().startswith(b"220")
            longest = max(longest, time.monotonic() - start)
            time.sleep(0.5)
    for (door, first, _, word), one in zip(SLOW, waiting, strict=True):
        seconds, said = one.result()
        assert SHORT - 1.5 < seconds < SHORT + 8, (door, first, seconds, said)
        assert said.splitlines()[-1].startswith(word) if word else said == b"" or said[:1] == b"\x15", (
            door,
            first,
            said,
        )
    assert longest < 5


def memory(server: WholeServer) -> int:
    """Octets that the workers have of their own."""
    total = 0
    for pid in server.worker_pids():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += sum(
            int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Dirty", "Private_Clean"))
        )
    return total


def test_a_client_that_never_reads_costs_a_buffer(server: WholeServer) -> None:
    """It asks for 40 MB on each of eight connections and takes nothing; the others are served meanwhile."""
    message = b"Subject: large\r\n\r\n" + (b"y" * 76 + b"\r\n") * (5 * MEBIBYTE // 78)
    with server.imap() as client:
        assert client.append("INBOX", "", "", message)[0] == "OK"
        for _ in range(3):
            client.select("INBOX")
            assert client.copy("1:*", "INBOX")[0] == "OK"
    with contextlib.ExitStack() as stack:
        before = memory(server)
        for _ in range(8):
            greedy = stack.enter_context(Lines(server.port("imaps"), server.context()))
            greedy.line()
            greedy.ask(f"a LOGIN alice@{DOMAIN} {PASSWORDS['alice']}", "a OK")
            greedy.ask("b EXAMINE INBOX", "b OK")
            greedy.send("c FETCH 1:* (BODY.PEEK[])")
        time.sleep(2)
        grown = memory(server) - before
        assert grown < 64 * MEBIBYTE, f"{grown / MEBIBYTE:.0f} MiB for eight greedy clients"
        start = time.monotonic()
        with server.imap("bob") as other:
            assert other.select("INBOX")[0] == "OK"
        assert time.monotonic() - start < 5


def test_many_idle_connections(server: WholeServer) -> None:
    server.set("limits.login_timeout", 60)
    server.set("limits.command_timeout", 300)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < IDLE + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with contextlib.ExitStack() as stack:
        idle = [
            stack.enter_context(Lines(server.port(door))) for door in ("imap", "pop3", "mx") for _ in range(IDLE // 3)
        ]
        assert all(client.line() for client in idle)
        with server.imap("bob") as client:
            assert client.noop()[0] == "OK"
        assert idle[0].ask("a NOOP").startswith(b"a OK")
        assert idle[-1].ask("NOOP").startswith(b"250")
    with server.imap("bob") as client:
        assert client.noop()[0] == "OK"


def test_without_descriptors_accepting_pauses_and_recovers(server: WholeServer) -> None:
    """Sessions that are there go on; new connections wait in the kernel; no core is burnt."""
    with server.imap("bob") as session, contextlib.ExitStack() as stack:
        session.select("INBOX")
        pids = server.worker_pids()
        limits = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids}
        for pid in pids:
            used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 5, limits[pid][1]))
        clients = [stack.enter_context(Lines(server.port("mx"))) for _ in range(40)]
        wait_for(lambda: b"accepting paused" in server.log.read_bytes(), 5)
        busy = _seconds_used(pids)
        time.sleep(1)
        assert _seconds_used(pids) - busy < 0.7, "no spinning"
        assert session.noop()[0] == "OK"
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits[pid])
        greeted = [client.line().startswith(b"220") for client in clients]
        assert all(greeted), f"{greeted.count(False)} connections were lost"
        assert server.worker_pids() == pids, "nobody died of it"
    with server.imap("bob") as session:
        assert session.select("INBOX")[0] == "OK"
    assert threading.active_count() < 20


def _seconds_used(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
