"""What is damaged or lost costs what it held and nothing else: a page, a log, a file of one message, a folder, the server's own database (THREATS D6)."""

from __future__ import annotations

import imaplib
import os
import poplib
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lines import wait_for
from whole import DOMAIN, HOST, PASSWORDS, WholeServer, messages, postroom, running

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("damaged")]
LARGE = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 2000
SMALL = b"Subject: small\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("damaged")) as one:
        for who in ("alice", "bob"):
            for message in (SMALL, LARGE, SMALL, LARGE):
                assert send(one, message, who) == 250
        yield one


def send(server: WholeServer, message: bytes, to: str) -> int:
    with smtplib.SMTP(HOST, server.port("mx"), timeout=20) as client:
        client.ehlo()
        client.mail("x@remote.test")
        client.rcpt(f"{to}@{DOMAIN}")
        return client.data(message)[0]


def folder_of(server: WholeServer, who: str) -> Path:
    number = 1 + list(PASSWORDS).index(who)
    return server.data / "accounts" / f"{number:02x}" / str(number)


@contextmanager
def stopped(server: WholeServer) -> Iterator[None]:
    """Whatever is done to the data while no server runs; the log of before is checked, that of the damage is the test's."""
    server.stop()
    yield
    server.start()


def refused(server: WholeServer, who: str) -> str:
    """What a login and a look at INBOX are answered, by IMAP and POP3."""
    with imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=server.context(), timeout=20) as client:
        status, text = client.login(f"{who}@{DOMAIN}", PASSWORDS[who])
        assert status == "OK"
        status, text = client.select("INBOX")
        assert status == "NO", text
    other = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=20)
    other.user(f"{who}@{DOMAIN}")
    with pytest.raises(poplib.error_proto):
        other.pass_(PASSWORDS[who])
    other.close()
    return text[0].decode()


def findings(server: WholeServer) -> str:
    done = postroom(server.data, "doctor", "--deep")
    assert done.returncode == 4, done.stdout + done.stderr
    return done.stdout


def serves(server: WholeServer, who: str) -> None:
    before = len(all_of(server, who))
    assert send(server, SMALL, who) == 250
    assert len(all_of(server, who)) == before + 1


def all_of(server: WholeServer, who: str) -> dict[int, bytes]:
    with server.imap(who) as client:
        return messages(client)


def test_a_missing_file_costs_its_message(server: WholeServer) -> None:
    file = sorted((folder_of(server, "bob") / "content").glob("*/*"))[0]
    away = server.data.parent / "away"
    file.rename(away)
    try:
        with server.imap("bob") as client:
            client.select("INBOX")
            answers = {uid: client.uid("fetch", str(uid), "(BODY.PEEK[])") for uid in (1, 2, 3, 4)}
            lost = [uid for uid, (status, _) in answers.items() if status != "OK"]
            assert len(lost) == 1 and lost[0] in (2, 4)
            status, rows = client.uid("fetch", "1:*", "(UID RFC822.SIZE ENVELOPE)")
            assert (status, len(rows)) == ("OK", 4), "its line in the list is still there"
            whole = [uid for uid, (status, rows) in answers.items() if status == "OK" and len(rows[0][1]) > 20]
            assert len(whole) == 3
        other = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=20)
        other.user(f"bob@{DOMAIN}")
        other.pass_(PASSWORDS["bob"])
        assert other.stat()[0] == 4
        with pytest.raises(poplib.error_proto):
            other.retr(lost[0])
        assert [other.retr(uid)[0][:3] for uid in whole] == [b"+OK"] * 3
        other.quit()
        assert "a large content is not there whole" in findings(server)
    finally:
        away.rename(file)
    server.check_data()


def test_a_damaged_page_costs_its_account(server: WholeServer) -> None:
    """The first page of bob's database is overwritten: bob is refused, alice served, and it is told."""
    database = folder_of(server, "bob") / "mail.sqlite"
    with stopped(server):
        sound = database.read_bytes()
        with database.open("r+b") as file:
            file.write(os.urandom(4096))
    assert send(server, SMALL, "bob") in (451, 452)
    refused(server, "bob")
    serves(server, "alice")
    log = server.log.read_text()
    assert "damaged" in log and "restore it from a backup" in log
    assert "can't be opened" in findings(server) or "damaged" in findings(server)
    with stopped_for_repair(server):
        database.write_bytes(sound)
    serves(server, "bob")


@contextmanager
def stopped_for_repair(server: WholeServer) -> Iterator[None]:
    assert server.process is not None
    server.process.terminate()
    assert server.process.wait(20) == 0
    server.check_log()
    yield
    server.start()
    server.check_data()


def test_a_lost_database_is_not_made_anew(server: WholeServer) -> None:
    """UIDVALIDITY: an empty mailbox in the place of a lost one makes mail programs throw away what they hold."""
    database = folder_of(server, "bob") / "mail.sqlite"
    away = server.data.parent / "mail.away"
    with stopped(server):
        database.rename(away)
    for kind in ("gone", "empty"):
        if kind == "empty":
            database.touch()
        assert send(server, SMALL, "bob") in (451, 452)
        refused(server, "bob")
        assert not database.exists() or database.stat().st_size == 0
    serves(server, "alice")
    assert "has lost its mail store" in findings(server) or "can't be opened" in findings(server)
    with stopped_for_repair(server):
        away.replace(database)
    assert len(all_of(server, "bob")) >= 4


def test_without_the_accounts_folder_nobody_gets_a_new_mailbox(server: WholeServer) -> None:
    accounts, away = server.data / "accounts", server.data / "accounts.away"
    with stopped(server):
        accounts.rename(away)
        accounts.mkdir()
    assert send(server, SMALL, "bob") in (451, 452)
    refused(server, "bob")
    refused(server, "alice")
    assert list(accounts.iterdir()) == []
    with stopped_for_repair(server):
        accounts.rmdir()
        away.rename(accounts)
    serves(server, "bob")


def test_a_truncated_log(server: WholeServer) -> None:
    """What a log lost its end of is an older moment, whole; nothing was acknowledged by a program that had not synced it."""
    for who in ("alice", "bob"):
        assert send(server, LARGE, who) == 250
    server.kill_all()
    log = folder_of(server, "bob") / "mail.sqlite-wal"
    size = log.stat().st_size
    assert size > 8192
    before = len(LARGE)
    with log.open("r+b") as file:
        file.truncate(size - 1000)
    server.start()
    serves(server, "alice")
    serves(server, "bob")
    # the message whose row is lost leaves a file that no row names, which is no fault
    server.check_data()
    assert all(len(body) >= before or b"small" in body for body in all_of(server, "bob").values())
    assert "0 faults" in (said := postroom(server.data, "doctor", "--repair").stdout) or "whole and consistent" in said


def test_a_lost_server_database_ends_the_start(server: WholeServer) -> None:
    database = server.data / "server.sqlite"
    away = server.data.parent / "server.away"
    server.stop()
    database.rename(away)
    try:
        for kind in ("gone", "empty"):
            if kind == "empty":
                database.touch()
            done = postroom(server.data, "serve", "--port-offset", str(server.offset), "--workers", "1")
            assert done.returncode != 0
            assert len(done.stderr.strip().splitlines()) <= 3 and "Traceback" not in done.stderr, done.stderr
            assert not database.exists() or database.stat().st_size == 0
        done = postroom(server.data, "setup", "--domain", DOMAIN)
        assert done.returncode != 0 and not (database.exists() and database.stat().st_size)
    finally:
        away.replace(database)
    server.start()
    serves(server, "alice")


_AS_ANOTHER = """
import asyncio, os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from postroom.model.errors import TryLater
from postroom.store.files.account_files import AccountFiles

async def main():
    files = AccountFiles(Path(sys.argv[1]), ThreadPoolExecutor(1))
    for number in (1, 2, 3):
        await files.create(number)
    await files.close()
    os.system(f"chown -R daemon {sys.argv[1]} && chown -R root {files.folder(2)} {files.folder(3) / 'mail.sqlite'}")
    os.chmod(files.folder(2), 0o700)
    os.chmod(files.folder(3) / "mail.sqlite", 0o600)
    os.setuid(1)
    assert len((await files.get(1)).read("SELECT count(*) FROM mailbox")) == 1
    for number in (2, 3):
        for use in (files.get, files.create):
            try:
                await use(number)
            except TryLater as error:
                assert str(number) in error.detail, error.detail
            else:
                raise AssertionError(number)
    await files.close()

asyncio.run(main())
"""


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """The workers run as the owner of the data; an account that belongs to another and is closed to them is refused, the next one served."""
    assert os.geteuid() == 0, "the tests of damage run as root"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        command = [sys.executable, "-c", _AS_ANOTHER, folder + "/accounts"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("error", ["EROFS", "EIO", "ENOSPC"])
def test_a_disk_that_fails_under_a_running_server(tmp_path: Path, error: str) -> None:
    """From one moment on each write fails, as on a disk that the kernel has made read-only: nothing is taken, all is read, and it mends without a restart."""
    with running(tmp_path, workers=1) as server:
        assert send(server, LARGE, "bob") == 250
        with server.imap("bob") as reader:
            reader.select("INBOX")
            with failing(server, error):
                for message in (SMALL, LARGE):
                    assert send(server, message, "bob") in (451, 452)
                    assert reader.append("INBOX", "", "", message)[0] == "NO"
                assert reader.store("1", "+FLAGS", r"(\Flagged)")[0] == "NO"
                status, rows = reader.fetch("1", "(BODY.PEEK[])")
                assert status == "OK" and rows[0][1].endswith(LARGE[-500:])
            assert reader.append("INBOX", "", "", SMALL)[0] == "OK"
        assert send(server, SMALL, "bob") == 250
        found = all_of(server, "bob")
        # one whose sync failed is refused and may yet be there; whole, and once
        assert 3 <= len(found) <= 7
        assert all(body.endswith((LARGE[-50:], SMALL[-10:])) for body in found.values())


@contextmanager
def failing(server: WholeServer, error: str) -> Iterator[None]:
    calls = "pwrite64,fdatasync,fsync,ftruncate,link,linkat,fallocate"
    command = ["strace", "-f", "-qq", "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}", "-o", "/dev/null"]
    tracer = subprocess.Popen([*command, "-p", str(server.worker_pids()[0])])
    try:
        wait_for(lambda: tracer_of(server.worker_pids()[0]), 10, "strace attaches")
        yield
    finally:
        tracer.terminate()
        tracer.wait(20)


def tracer_of(pid: int) -> bool:
    """Whether every thread of the process is traced."""
    return all(
        "TracerPid:\t0\n" not in (task / "status").read_text("ascii") for task in Path(f"/proc/{pid}/task").iterdir()
    )
