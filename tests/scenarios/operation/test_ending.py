"""How a server ends and how its processes stand by each other (THREATS D9, D10, D12): SIGTERM under load, kill -9 of each part, a second server."""

from __future__ import annotations

import base64
import contextlib
import gc
import imaplib
import os
import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lines import Lines, wait_for
from whole import DOMAIN, HOST, PASSWORDS, WholeServer, messages, postroom, running

pytestmark = [
    pytest.mark.xdist_group("ending"),
    # the standard library's clients leave their sockets to the collector when the server ends under them
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What is left to the collector is taken while its warnings are ours, and not in another module's test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("ending")) as one:
        yield one


def in_data(server: WholeServer, name: str) -> Lines:
    """A client in the middle of its message."""
    client = Lines(server.port("mx"))
    client.line()
    client.send("EHLO client.test")
    client.until("250 ")
    for command in ("MAIL FROM:<x@remote.test>", f"RCPT TO:<alice@{DOMAIN}>", "DATA"):
        assert client.ask(command)[:1] in (b"2", b"3")
    client.send(f"Subject: {name}", "", "the first half")
    return client


class Senders:
    """Load: messages one after the other, and which of them were acknowledged."""

    def __init__(self, server: WholeServer) -> None:
        self.acknowledged: set[str] = set()
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(index,)) for index in range(4)]

    def __enter__(self) -> Senders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _run(self, index: int) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException), self._server.smtp() as client:
            for number in range(100_000):
                if self._stop.is_set():
                    return
                name = f"load-{index}-{number}-{time.monotonic_ns()}"
                client.sendmail("x@remote.test", [f"alice@{DOMAIN}"], f"Subject: {name}\r\n\r\nHello\r\n")
                self.acknowledged.add(name)


def is_delivered(server: WholeServer, name: str) -> bool:
    """Whether a connection of its own is answered at once, and its message acknowledged."""
    with (
        contextlib.suppress(OSError, smtplib.SMTPException),
        smtplib.SMTP(HOST, server.port("mx"), timeout=2) as client,
    ):
        client.sendmail("x@remote.test", [f"alice@{DOMAIN}"], f"Subject: {name}\r\n\r\nHello\r\n")
        return True
    return False


def subjects(server: WholeServer) -> list[str]:
    with server.imap() as client:
        stored = messages(client).values()
    return [message.partition(b"Subject: ")[2].split(b"\r\n")[0].decode() for message in stored]


def test_sigterm_under_load(server: WholeServer) -> None:
    """What is in the middle is finished or told 421; who waits is told good-bye in the protocol's words."""
    assert server.process is not None
    with contextlib.ExitStack() as stack:
        halves = [stack.enter_context(in_data(server, f"half-{number}")) for number in range(4)]
        idle = {door: stack.enter_context(Lines(server.port(door))) for door in ("mx", "imap", "pop3")}
        for client in idle.values():
            client.line()
        logged_in = stack.enter_context(Lines(server.port("imaps"), server.context()))
        logged_in.line()
        logged_in.ask(f"a LOGIN bob@{DOMAIN} {PASSWORDS['bob']}", "a OK")
        logged_in.ask("b SELECT INBOX", "b OK")
        assert logged_in.ask("c IDLE").startswith(b"+")
        load = stack.enter_context(Senders(server))
        wait_for(lambda: len(load.acknowledged) > 20, 20)
        start = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert idle["mx"].rest().startswith(b"421 ")
        assert idle["imap"].rest().startswith(b"* BYE")
        assert idle["pop3"].rest().startswith(b"-ERR")
        assert b"* BYE" in logged_in.rest()
        finished = []
        for number, half in enumerate(halves[:2]):
            answer = half.ask("the second half\r\n.")
            assert answer.startswith((b"250", b"421")), answer
            if answer.startswith(b"250"):
                finished.append(f"half-{number}")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=16) == 0
        assert time.monotonic() - start < 15.5
        assert {half.rest()[:3] for half in halves[2:]} <= {b"421", b""}
    server.process = None
    server.check_log()
    server.check_data()
    server.start()
    found = subjects(server)
    assert set(finished) <= set(found) and not {"half-2", "half-3"} & set(found)
    lost = load.acknowledged - set(found)
    assert lost == set() and len(found) == len(set(found))


def gone(pids: list[int]) -> Callable[[], bool]:
    def look() -> bool:
        for pid in pids:
            try:
                state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state not in ("Z", "X"):
                return False
        return True

    return look


def test_without_its_supervisor_no_worker_lives(server: WholeServer) -> None:
    assert server.process is not None
    workers = server.worker_pids()
    client = server.imap("bob")
    server.process.kill()
    server.process.wait(10)
    server.process = None
    wait_for(gone(workers), 2, "workers end at once with their supervisor")
    with pytest.raises((OSError, imaplib.IMAP4.abort)):
        client.noop()
    client.shutdown()
    server.start()  # the lock went with them


def test_a_second_server_is_refused_in_one_line(server: WholeServer) -> None:
    done = postroom(server.data, "serve", "--port-offset", str(server.offset + 1), "--workers", "1")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1 and "already" in done.stderr, done.stderr
    with server.imap("bob") as client:
        assert client.noop()[0] == "OK"
    assert server.status()["pid"] == server.process.pid  # type: ignore[union-attr]


def test_a_stopped_worker_leaves_the_others_serving(server: WholeServer) -> None:
    """kill -STOP of one: its share of new connections waits, the other worker's sessions and the databases go on."""
    first, second = server.worker_pids()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(server.imap("bob")) for _ in range(6)]
        os.kill(first, signal.SIGSTOP)
        try:
            for session in sessions:
                session.sock.settimeout(1)
                with contextlib.suppress(OSError, imaplib.IMAP4.abort):
                    session.append("INBOX", "", "", b"Subject: x\r\n\r\nx\r\n")
            # the kernel gives each connection to one of the two by its ports: one of so many reaches the worker that runs
            assert any(is_delivered(server, f"stopped-{number}") for number in range(40))
        finally:
            os.kill(first, signal.SIGCONT)
    assert server.worker_pids() == [first, second]
    with server.imap("bob") as client:
        assert client.select("INBOX")[0] == "OK"


def test_made_up_salts_are_the_same_everywhere(server: WholeServer) -> None:
    """RFC 5802 §9: a stranger can't tell an unknown name from a known one by asking twice, not even across a restart."""

    def salts(name: str) -> set[bytes]:
        found = set()
        for _ in range(8):
            with Lines(server.port("imap")) as client:
                client.line()
                client.ask("a AUTHENTICATE SCRAM-SHA-256", "+")
                first = f"n,,n={name},r=fyko+d2lbbFgONRv9qkxdawL"
                challenge = base64.b64decode(client.ask(base64.b64encode(first.encode()))[2:])
                found.add(dict(part.split(b"=", 1) for part in challenge.split(b","))[b"s"])
        return found

    names = [f"nobody@{DOMAIN}", f"alice@{DOMAIN}"]
    before = [salts(name) for name in names]
    assert [len(found) for found in before] == [1, 1]
    server.stop()
    server.start()
    assert [salts(name) for name in names] == before


def test_the_quota_of_an_account_holds_at_every_door(server: WholeServer) -> None:
    message = b"Subject: too much\r\n\r\n" + b"x" * 60 + b"\r\n"
    with server.smtp() as sender:
        assert sender.sendmail("x@remote.test", [f"bob@{DOMAIN}"], message) == {}
    with server.imap("bob") as client:
        client.select("INBOX")
        _, rows = client.fetch("1:*", "(RFC822.SIZE)")
        held = sum(int(row.split(b"RFC822.SIZE ")[1].split(b")")[0]) for row in rows if row)
    assert "may hold" in server.command("account", "set-quota", f"bob@{DOMAIN}", str(held + 10))
    for make in (server.smtp, server.submission):
        with make() as sender:
            with pytest.raises(smtplib.SMTPException) as refused:
                sender.sendmail(f"alice@{DOMAIN}", [f"bob@{DOMAIN}"], message)
            assert "4.2.2" in str(refused.value) or "5.2.2" in str(refused.value)
    with server.imap("bob") as client:
        client.select("INBOX")
        for status, answer in (client.append("INBOX", "", "", message), client.copy("1", "Trash")):
            assert (status, b"OVERQUOTA" in answer[0]) == ("NO", True)
        assert client.store("1", "+FLAGS", r"(\Seen)")[0] == "OK"
    listed = server.command("account", "list", "--json")
    assert f'"quota": {held + 10}' in listed
    for wrong in ("-1", "ten", "0", "1T"):
        assert postroom(server.data, "account", "set-quota", f"bob@{DOMAIN}", "--", wrong).returncode != 0
    server.command("account", "set-quota", f"bob@{DOMAIN}", "none")
    with server.smtp() as sender:
        assert sender.sendmail("x@remote.test", [f"bob@{DOMAIN}"], message) == {}
