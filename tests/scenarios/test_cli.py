"""The command line beside a running server: refusals, prompts on a terminal, accounts that go away under their sessions."""

from __future__ import annotations

import imaplib
import os
import pty
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from whole import DOMAIN, WholeServer, postroom, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("cli")) as started:
        yield started


def test_a_second_server_is_refused(server: WholeServer) -> None:
    done = postroom(server.data, "serve", "--port-offset", str(server.offset + 100))
    assert (done.returncode, done.stderr) == (1, f"postroom: another Postroom serves {server.data} already\n")


def test_a_taken_port_is_told_and_not_shared(tmp_path: Path) -> None:
    other = WholeServer(tmp_path / "data", workers=1)
    other.set_up()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as a second server of the same user would have it
        taken.bind(("0.0.0.0", other.port("mx")))
        taken.listen()
        other.start()
        try:
            assert "Address already in use" in postroom(other.data, "status").stdout
            assert f"port {other.port('mx')}: Address already in use" in other.log.read_text()
            other.imap("alice").logout()
        finally:
            other.stop()


def test_status_tells_who_is_connected(server: WholeServer) -> None:
    client = server.imap("bob")
    try:
        done = postroom(server.data, "status")
        assert (done.returncode, done.stderr) == (0, "")
        assert "bob@example.test" in done.stdout and "127.0.0.1" in done.stdout
    finally:
        client.logout()


def removed(server: WholeServer, name: str) -> imaplib.IMAP4_SSL:
    """A session of an account that is removed under it."""
    address = f"{name}@{DOMAIN}"
    password = "a-long-password"
    assert postroom(server.data, "account", "add", address, "--password-stdin", stdin=password).returncode == 0
    client = imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=server.context(), timeout=20)
    client.login(address, password)
    client.append("INBOX", None, None, b"Subject: kept\r\n\r\nbody\r\n" * 5000)
    client.select("INBOX")
    return client


def test_a_removed_account_is_gone_for_sessions_and_senders(server: WholeServer) -> None:
    client = removed(server, "carol")
    done = postroom(server.data, "account", "remove", f"carol@{DOMAIN}", "--yes")
    assert (done.returncode, done.stdout) == (0, f"Removed carol@{DOMAIN}.\n")
    deadline = time.monotonic() + 10
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        while time.monotonic() < deadline:
            client.noop()
            time.sleep(0.05)
    client.shutdown()
    with server.smtp() as sender, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        sender.sendmail(f"alice@{DOMAIN}", [f"carol@{DOMAIN}"], b"Subject: late\r\n\r\n")
    assert refused.value.recipients[f"carol@{DOMAIN}"][0] == 550
    assert "carol" not in postroom(server.data, "status").stdout


def test_a_disabled_account_loses_its_sessions_and_keeps_its_mail(server: WholeServer) -> None:
    client = removed(server, "dora")
    assert postroom(server.data, "account", "disable", f"dora@{DOMAIN}").returncode == 0
    deadline = time.monotonic() + 10
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        while time.monotonic() < deadline:
            client.noop()
            time.sleep(0.05)
    client.shutdown()
    with server.smtp() as sender, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        sender.sendmail(f"alice@{DOMAIN}", [f"dora@{DOMAIN}"], b"Subject: late\r\n\r\n")
    assert refused.value.recipients[f"dora@{DOMAIN}"] == (550, b"5.2.1 this mailbox is disabled")
    assert postroom(server.data, "account", "enable", f"dora@{DOMAIN}").returncode == 0
    with server.smtp() as sender:
        assert sender.sendmail(f"alice@{DOMAIN}", [f"dora@{DOMAIN}"], b"Subject: again\r\n\r\n") == {}
    with imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=server.context(), timeout=20) as reader:
        reader.login(f"dora@{DOMAIN}", "a-long-password")
        assert reader.select("INBOX")[1] == [b"2"]


# without a running server


def answered(data: Path, words: list[str], answers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """The command on a terminal; each answer is typed when its question has come."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "postroom", *words, "--data", str(data)])
    seen = b""
    try:
        for question, answer in answers:
            while question not in seen:
                seen += os.read(terminal, 4096)
            seen = seen.partition(question)[2]
            os.write(terminal, answer + b"\n")
        while piece := os.read(terminal, 4096):
            seen += piece
    except OSError:  # Linux's end of a terminal
        pass
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_setup_asks_for_what_is_not_given(tmp_path: Path) -> None:
    questions = [
        (b"Name of this machine", b"mail.example.test"),
        (b"Mail domain", b"example.test"),
        (b"Address of the administrator", b"admin@example.test"),
        (b"Password for admin@example.test", b"a-long-password"),
        (b"The same again", b"another-password"),
        (b"Password for admin@example.test", b"a-long-password"),
        (b"The same again", b"a-long-password"),
    ]
    status, seen = answered(tmp_path / "new", ["setup"], questions)
    assert status == 0, seen
    assert b"Next: postroom serve" in seen and b"a-long-password" not in seen
    status, seen = answered(tmp_path / "new", ["account", "remove", "admin@example.test"], [(b"for ever? [y/N]", b"n")])
    assert status == 1 and b"stopped; nothing was changed" in seen


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    server = WholeServer(tmp_path_factory.mktemp("stopped") / "data")
    server.set_up()
    return server.data


def copied(stopped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stopped, tmp_path / "copy"))


@pytest.mark.parametrize("command", [["account", "list"], ["status"], ["doctor"], ["serve", "--port-offset", "20000"]])
@pytest.mark.parametrize("how", ["overwritten", "cut", "emptied", "newer"])
def test_a_server_database_out_of_order_is_refused(stopped: Path, tmp_path: Path, how: str, command: list[str]) -> None:
    data = copied(stopped, tmp_path)
    file = data / "server.sqlite"
    if how == "newer":
        content = bytearray(file.read_bytes())
        content[60:64] = (9999).to_bytes(4, "big")  # where the file format has the user version
        file.write_bytes(content)
    else:
        file.write_bytes({"overwritten": b"\xaa" * 9000, "cut": file.read_bytes()[:5000], "emptied": b""}[how])
    done = postroom(data, *command)
    assert_refused(done, 1)
    assert ("newer" if how == "newer" else "backup") in done.stderr


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root reads everything")
def test_an_unreadable_folder_is_refused(stopped: Path, tmp_path: Path) -> None:
    data = copied(stopped, tmp_path)
    outer = tmp_path / "outer"
    data.rename(outer)
    outer.chmod(0)
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    code = "import sys; sys.path[:0] = sys.argv.pop(1).split(':'); from postroom.cli import main; main()"
    loaded = f"from pathlib import Path; {code}"
    command = [
        *drop,
        sys.executable,
        "-c",
        loaded,
        ":".join(filter(None, sys.path)),
        "account",
        "list",
        "--data",
        str(outer),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd="/")
    outer.chmod(0o700)
    if "No module named" in done.stderr or "can't open" in done.stderr:
        pytest.skip("another user can't read this Python")
    assert_refused(done)


def assert_refused(done: subprocess.CompletedProcess[str], status: int | None = None) -> None:
    """One line that begins with our name."""
    assert done.returncode != 0 if status is None else done.returncode == status, done
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("postroom: ") and len(lines[0]) > 20, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
