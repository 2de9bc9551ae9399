"""App passwords and groups at a running server: by every door, and out when they are removed."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from whole import DOMAIN, WholeServer, messages, postroom, running

ALICE = f"alice@{DOMAIN}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("people")) as started:
        yield started


def made(data: Path, *protocols: str) -> str:
    options = [word for one in protocols for word in ("--protocol", one)]
    done = postroom(data, "account", "app-password", "add", ALICE, "phone", *options)
    assert done.returncode == 0
    return done.stdout.strip()


def imap(server: WholeServer) -> imaplib.IMAP4_SSL:
    return imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=server.context(), timeout=20)


def pop3(server: WholeServer, password: str) -> bytes:
    client = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=20)
    try:
        client.user(ALICE)
        return client.pass_(password)
    finally:
        client.close()


def test_each_door_takes_what_is_good_for_it(server: WholeServer) -> None:
    reading, sending = made(server.data, "imap", "pop3"), made(server.data, "smtp")
    with imap(server) as client:
        client.login(ALICE, reading)
        with pytest.raises(imaplib.IMAP4.error), imap(server) as other:
            other.login(ALICE, sending)
    assert pop3(server, reading).startswith(b"+OK")
    with pytest.raises(poplib.error_proto, match="wrong user name or password"):
        pop3(server, sending)
    for password, is_right in ((sending, True), (reading, False)):
        with smtplib.SMTP_SSL("localhost", server.port("submissions"), context=server.context(), timeout=20) as client:
            if is_right:
                client.login(ALICE, password)
                assert client.sendmail(ALICE, [f"bob@{DOMAIN}"], b"Subject: by app password\r\n\r\n") == {}
            else:
                with pytest.raises(smtplib.SMTPAuthenticationError):
                    client.login(ALICE, password)


def test_a_lost_phone_is_out_at_once(server: WholeServer) -> None:
    password = made(server.data, "imap")
    phone, computer = imap(server), server.imap("alice")
    phone.login(ALICE, password)
    listed = postroom(server.data, "account", "app-password", "list", ALICE, "--json").stdout
    number = max(int(word.rstrip(",")) for line in listed.splitlines() if '"id"' in line for word in line.split()[1:])
    assert postroom(server.data, "account", "app-password", "remove", ALICE, str(number)).returncode == 0
    deadline = time.monotonic() + 10
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        while time.monotonic() < deadline:
            phone.noop()
            time.sleep(0.05)
    phone.shutdown()
    assert computer.noop()[0] == "OK", "the others stay"
    computer.logout()
    with imap(server) as again, pytest.raises(imaplib.IMAP4.error):
        again.login(ALICE, password)


def test_mail_for_a_group_reaches_everybody_once(server: WholeServer) -> None:
    for words in (
        ("group", "add", f"inner@{DOMAIN}", ALICE, f"bob@{DOMAIN}"),
        ("group", "add", f"outer@{DOMAIN}", f"inner@{DOMAIN}", f"bob@{DOMAIN}"),
        ("group", "add-member", f"inner@{DOMAIN}", f"outer@{DOMAIN}"),
    ):
        assert postroom(server.data, *words).returncode == 0
    with server.smtp() as sender:
        assert sender.sendmail("far@elsewhere.test", [f"outer@{DOMAIN}"], b"Subject: to all of us\r\n\r\n") == {}
    for user in ("alice", "bob"):
        with server.imap(user) as client:
            assert sum(b"to all of us" in text for text in messages(client).values()) == 1
