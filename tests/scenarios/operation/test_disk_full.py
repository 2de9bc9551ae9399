"""A disk without room: nothing new is taken, everything else goes on, and it mends by itself (THREATS D5)."""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lines import wait_for
from whole import DOMAIN, PASSWORDS, WholeServer, messages, postroom, running

pytestmark = pytest.mark.xdist_group("disk full")
BIG = b"Subject: big\r\n\r\n" + (b"x" * 68 + b"\r\n") * 3000
SMALL = b"Subject: small\r\n\r\nHello\r\n"


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting needs root: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("disk")
    mount("-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def server(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    log = tmp_path_factory.mktemp("log") / "server.log"
    with running(disk, log=log) as one:
        yield one


def fill(disk: Path) -> Path:
    """Every octet of the disk is taken."""
    ballast = disk / "ballast"
    for piece in (1 << 16, 512):
        with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(piece))
    return ballast


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    try:
        fill(disk)
        yield
    finally:
        (disk / "ballast").unlink(missing_ok=True)


def send(server: WholeServer, message: bytes, to: str = "alice") -> int:
    """The code that the message is answered with."""
    with server.smtp() as client:
        client.ehlo()
        for command in ("MAIL FROM:<x@remote.test>", f"RCPT TO:<{to}@{DOMAIN}>"):
            code, text = client.docmd(command)
            if code != 250:
                return code
        code, text = client.data(message)
        assert code == 250 or b" 4.3" in b" " + text, text
        return code


def uids(client: imaplib.IMAP4) -> list[bytes]:
    _, found = client.uid("search", "ALL")
    return found[0].split()


def test_a_full_disk(server: WholeServer, disk: Path) -> None:
    for number in range(6):
        assert send(server, b"X-Number: %d\r\n" % number + BIG) == 250
    for _ in range(20):
        assert send(server, SMALL) == 250
    open_session = server.imap()
    open_session.select("INBOX")
    with full(disk):
        for message in (BIG, SMALL * 1000, SMALL * 1000, SMALL * 1000):
            assert send(server, message) in (451, 452)
        status, answer = open_session.append("INBOX", "", "", BIG)
        assert (status, b"UNAVAILABLE" in answer[0]) == ("NO", True), answer
        assert open_session.noop()[0] == "OK"

        with server.imap() as reader:  # logging in and reading go on, in every worker
            for _ in range(2):
                reader.select("INBOX")
                _, rows = reader.fetch("1", "(BODY[])")
                assert rows[0][1].endswith(BIG[-1000:])
        client = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=20)
        client.user(f"alice@{DOMAIN}")
        client.pass_(PASSWORDS["alice"])
        assert b"".join(line + b"\r\n" for line in client.retr(1)[1]).endswith(BIG[-1000:])
        client.dele(26)
        assert client.quit().startswith(b"+OK")

        everything = uids(open_session)
        assert len(everything) == 25, "the message that POP3 deleted is gone"
        assert open_session.uid("store", b",".join(everything[-10:]), "+FLAGS", r"(\Deleted \Seen)")[0] == "OK"
        assert open_session.expunge()[0] == "OK"
        assert len(uids(open_session)) == 15
        assert open_session.append("INBOX", "", "", BIG)[0] == "NO", "the reserve is not for new mail"
        for uid in everything[:6]:
            assert open_session.uid("store", uid, "+FLAGS", r"(\Deleted \Flagged)")[0] == "OK"
        assert open_session.expunge()[0] == "OK"
        assert len(uids(open_session)) == 9

        with contextlib.suppress(smtplib.SMTPException):
            send(server, BIG, "bob")
    wait_for(lambda: send(server, BIG) == 250, 10, "works again without a restart")
    wait_for(lambda: open_session.append("INBOX", "", "", BIG)[0] == "OK", 10)
    assert (server.data / "reserve").stat().st_size > 1 << 20, "the reserve is there again"
    assert len(messages(open_session)) == 11
    open_session.logout()
    server.check_data()


def test_the_first_login_of_a_worker_on_a_full_disk(server: WholeServer, disk: Path) -> None:
    """Opening an account's database makes files beside it; bob's has not been opened since the start."""
    server.stop()
    server.start()
    with full(disk):
        for _ in range(4):
            with server.imap("bob") as client:
                assert client.select("INBOX")[0] == "OK"
                assert client.create("New") is not None
    wait_for(lambda: send(server, BIG, "bob") == 250, 10)


def test_a_read_only_folder_is_told_in_one_line(server: WholeServer, disk: Path, tmp_path: Path) -> None:
    """A folder that can't be written to does not make a server that accepts and forgets."""
    server.stop()
    try:
        mount("--bind", str(disk), str(tmp_path))
        mount("-o", "remount,bind,ro", str(tmp_path))
        done = postroom(tmp_path / "data", "serve", "--port-offset", str(server.offset))
        assert done.returncode != 0
        assert "Read-only" in done.stderr and "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    finally:
        subprocess.run(["umount", str(tmp_path)], check=False, capture_output=True)
        server.start()
    assert send(server, SMALL) == 250
