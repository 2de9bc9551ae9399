"""A database that another process holds, a clock that jumps, no descriptors, no memory, SIGHUP (THREATS D7–D10)."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from lines import Lines, wait_for
from whole import DOMAIN, HOST, WholeServer, messages, running

pytestmark = [
    pytest.mark.crash,
    pytest.mark.xdist_group("locks"),
    # the standard library's clients leave their sockets to the collector when the server ends under them
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
SMALL = b"Subject: small\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("locks")) as one:
        yield one


def send(server: WholeServer, to: str, message: bytes = SMALL) -> int:
    with smtplib.SMTP(HOST, server.port("mx"), timeout=30) as client:
        client.ehlo()
        client.mail("x@remote.test")
        code, _ = client.rcpt(f"{to}@{DOMAIN}")
        return code if code != 250 else client.data(message)[0]


def test_a_database_that_is_locked_for_long(server: WholeServer) -> None:
    """Another process holds bob's database: bob's mail is deferred after a bounded wait, and the loop serves alice meanwhile."""
    assert send(server, "bob") == send(server, "alice") == 250
    holder = apsw.Connection(str(server.data / "accounts" / "03" / "3" / "mail.sqlite"))
    reader, other = server.imap("bob"), server.imap("alice")
    reader.select("INBOX")
    holder.execute("BEGIN IMMEDIATE")
    waiting = Lines(server.port("mx"))
    try:
        waiting.line()
        waiting.send("EHLO client.test")
        waiting.until("250 ")
        for command in ("MAIL FROM:<x@remote.test>", f"RCPT TO:<bob@{DOMAIN}>", "DATA"):
            assert waiting.ask(command)[:1] in (b"2", b"3")
        waiting.send(SMALL + b".")
        served = 0
        waiting.sock.settimeout(0.01)
        start = time.monotonic()
        answer = b""
        while not answer:
            assert send(server, "alice") == 250
            assert other.noop()[0] == "OK"
            assert reader.fetch("1", "(BODY.PEEK[])")[0] == "OK", "reading needs no lock"
            served += 1
            with contextlib.suppress(TimeoutError):
                answer = waiting.sock.recv(1000)
            assert time.monotonic() - start < 25, "the wait is bounded"
        assert answer.startswith(b"45"), answer
        assert served > 20, "the others go on meanwhile"
    finally:
        holder.execute("ROLLBACK")
        holder.close()
        waiting.close()
        reader.logout()
        other.logout()
    assert send(server, "bob") == 250


def test_a_stopped_worker_goes_on(server: WholeServer) -> None:
    """kill -STOP: what it held waits for it, everything else is served, and after SIGCONT nobody is stuck."""
    stopped = server.worker_pids()[0]
    sessions = [server.imap("bob") for _ in range(4)]
    os.kill(stopped, signal.SIGSTOP)
    try:
        for session in sessions:
            session.send(b"x NOOP\r\n")
    finally:
        os.kill(stopped, signal.SIGCONT)
    for session in sessions:
        assert session.readline().startswith(b"x OK")
        session.shutdown()
    assert server.worker_pids()[0] == stopped
    assert [send(server, "bob") for _ in range(6)] == [250] * 6


def test_sighup_loses_no_connection(server: WholeServer) -> None:
    """Settings are live anyway; SIGHUP has them and the certificates read again, by the supervisor, the workers, or all at once."""
    assert server.process is not None
    workers = server.worker_pids()
    clients = [server.imap("bob") for _ in range(4)]
    before = server.log.read_text().count("settings in force")
    # a new certificate lies there, as a renewal leaves it
    old = ssl_serial(server)
    chain, key = (server.data / "certificates" / f"default.{end}" for end in ("pem", "key"))
    request = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    command = [*request.split(), "-keyout", str(key), "-out", str(chain)]
    subprocess.run(command, check=True, capture_output=True)
    for pid in (server.process.pid, *workers):
        os.kill(pid, signal.SIGHUP)
    wait_for(lambda: server.log.read_text().count("settings in force") > before, 10)
    wait_for(lambda: ssl_serial(server) != old, 10, "the new certificate is shown")
    for client in clients:
        assert client.noop()[0] == "OK"
        client.logout()
    assert server.worker_pids() == workers


def ssl_serial(server: WholeServer) -> bytes:
    import ssl

    return ssl.get_server_certificate((HOST, server.port("imaps")), timeout=10).encode()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors(server: WholeServer) -> None:
    """Accepting pauses and does not spin; what is connected goes on; it recovers without a restart."""
    client = server.imap("bob")
    client.select("INBOX")
    limits = {}
    for pid in server.worker_pids():
        limits[pid] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        held = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (held + 2, limits[pid][1]))
    crowd = []
    try:
        for _ in range(30):
            crowd.append(socket.create_connection((HOST, server.port("imap")), timeout=10))
        wait_for(lambda: "accepting paused" in server.log.read_text(), 10)
        before = {pid: cpu_seconds(pid) for pid in limits}
        start = time.monotonic()
        while time.monotonic() - start < 2.0:
            assert client.noop()[0] == "OK"
            time.sleep(0.1)
        spent = sum(cpu_seconds(pid) - before[pid] for pid in limits)
        assert spent < 0.5 * (time.monotonic() - start), "waiting for descriptors costs no processor"
    finally:
        for sock in crowd:
            sock.close()
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    wait_for(lambda: answers(server), 20, "accepts again")
    assert client.append("INBOX", "", "", SMALL)[0] == "OK"
    client.logout()


def answers(server: WholeServer) -> bool:
    try:
        with Lines(server.port("imap")) as client:
            return client.line().startswith(b"* OK")
    except OSError:
        return False


def test_a_worker_without_memory(tmp_path: Path) -> None:
    """A worker that may not grow refuses or dies; what it acknowledged is there, and the next one serves."""
    server = WholeServer(tmp_path / "data")
    server.set_up()
    server.start()
    try:
        acknowledged = 0
        for pid in server.worker_pids():
            size = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGESIZE")
            resource.prlimit(pid, resource.RLIMIT_AS, (size + (1 << 20), size + (1 << 20)))
        large = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 40_000
        for _ in range(8):
            with contextlib.suppress(OSError, smtplib.SMTPException):
                acknowledged += send(server, "bob", large) == 250
        workers = server.worker_pids()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # as the kernel does when memory is out
        wait_for(lambda: not set(workers) & set(server.worker_pids()) and answers(server), 20)
        assert acknowledged <= len(inbox(server)) <= 8
        assert all(body.endswith(b"x\r\n") for body in inbox(server).values())
        assert send(server, "bob", large) == 250
        assert server.process is not None
        server.process.terminate()
        assert server.process.wait(20) == 0
        server.process = None
        server.check_data()  # its log has the failures that were asked for
    finally:
        if server.process is not None:
            server.kill_all()


def inbox(server: WholeServer) -> dict[int, bytes]:
    with server.imap("bob") as client:
        return messages(client)


def test_a_clock_that_jumps(tmp_path: Path) -> None:
    """Started with another clock, it gives out higher numbers all the same, keeps its queue, and lets people in; and so when the clock is right again."""
    with running(tmp_path, workers=1) as server:
        server.command("alias", "add", f"away@{DOMAIN}", "far@remote.test")
        assert send(server, "bob") == send(server, "away") == 250
        before = numbers(server)
        for count, (jump, year) in enumerate((("+10y", 10), ("2038-01-19 03:14:00", None), ("-1d", 0), ("", 0)), 1):
            server.stop()
            with clock_of(jump):
                server.start()
            assert send(server, "bob") == send(server, "away") == 250
            after = numbers(server)
            assert after["INBOX"] == (before["INBOX"][0], before["INBOX"][1] + 1), jump
            assert after["Passing"][0] > before["Passing"][0], "made anew, under a number of its own"
            assert queued(server) == count + 1
            expected = 2038 if year is None else time.gmtime(time.time() - 86_400 * (jump == "-1d")).tm_year + year
            assert str(expected) in newest(server), "the clock of the server was another one"
            before = after


def newest(server: WholeServer) -> str:
    with server.imap("bob") as client:
        client.select("INBOX", readonly=True)
        return str(client.fetch("*", "(INTERNALDATE)")[1][0])


@contextlib.contextmanager
def clock_of(jump: str) -> Iterator[None]:
    """What is started meanwhile sees another time of day; its monotonic clock goes on as ever."""
    if not jump:
        yield
        return
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    changed = {
        "LD_PRELOAD": str(library),
        "FAKETIME": jump if jump[0] in "+-" else f"@{jump}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    os.environ.update(changed)
    try:
        yield
    finally:
        for name in changed:
            del os.environ[name]


def numbers(server: WholeServer) -> dict[str, tuple[int, int]]:
    """UIDVALIDITY and UIDNEXT; "Passing" is deleted and made anew each time."""
    found = {}
    with server.imap("bob") as client:
        client.delete("Passing")
        assert client.create("Passing")[0] == "OK"
        for name in ("INBOX", "Passing"):
            _, rows = client.status(name, "(UIDVALIDITY UIDNEXT)")
            words = rows[0].decode().replace(")", "").split()
            found[name] = (int(words[words.index("(UIDVALIDITY") + 1]), int(words[words.index("UIDNEXT") + 1]))
    return found


def queued(server: WholeServer) -> int:
    connection = apsw.Connection(str(server.data / "server.sqlite"))
    found = connection.execute("SELECT count(*) FROM queue_recipient").fetchall()[0][0]
    connection.close()
    return int(found)
