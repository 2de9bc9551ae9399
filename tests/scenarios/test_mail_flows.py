"""The main job: a stranger hands a message in, its owner reads it by IMAP and POP3, answers, and the answer arrives; through a whole server."""

from __future__ import annotations

import imaplib
import poplib
import re
import smtplib
import time

import pytest

from whole import HOST, PASSWORDS, WholeServer, messages, postroom, running

MESSAGE = (
    b"From: Stranger <stranger@remote.test>\r\nTo: alice@example.test\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n"
    b"Date: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <one@remote.test>\r\n\r\n.leading dot\r\n\r\nThe end.\r\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    with running(tmp_path_factory.mktemp("flow")) as started:
        yield started


def test_from_a_stranger_to_imap_and_pop3(server: WholeServer) -> None:
    with server.smtp() as client:
        client.sendmail("stranger@remote.test", ["alice@example.test"], MESSAGE, ["BODY=8BITMIME"])
    imap = server.imap()
    by_imap = [body for body in messages(imap).values() if b"<one@remote.test>" in body]
    imap.logout()
    assert len(by_imap) == 1
    prefix, found, rest = by_imap[0].partition(MESSAGE)
    assert found == MESSAGE and rest == b""
    assert prefix.startswith(b"Return-Path: <stranger@remote.test>\r\n")
    assert b"Received: from" in prefix

    pop = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=20)
    pop.user("alice@example.test")
    pop.pass_(PASSWORDS["alice"])
    bodies = [b"\r\n".join(pop.retr(number)[1]) + b"\r\n" for number in range(1, pop.stat()[0] + 1)]
    pop.quit()
    assert by_imap[0] in bodies


def test_an_answer_from_alice_reaches_bob(server: WholeServer) -> None:
    answer = b"From: alice@example.test\r\nTo: bob@example.test\r\nBcc: admin@example.test\r\nSubject: Re: lunch\r\n\r\nYes.\r\n"
    with server.submission("alice") as client:
        client.sendmail("alice@example.test", ["bob@example.test", "admin@example.test"], answer)
    for user in ("bob", "admin"):
        imap = server.imap(user)
        found = [body for body in messages(imap).values() if b"Subject: Re: lunch" in body]
        imap.logout()
        assert len(found) == 1
        assert b"Bcc" not in found[0]
        assert b"\r\nDate: " in found[0] and b"\r\nMessage-ID: <" in found[0]


def test_a_unix_file_is_submitted_as_it_is(server: WholeServer) -> None:
    """curl and scripts send LF alone; a login is known, so its line ends are repaired, and a dot on a line ends nothing."""
    with server.submission("alice") as client:
        client.mail("alice@example.test")
        client.rcpt("bob@example.test")
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(b"From: alice@example.test\nBcc: admin@example.test\nSubject: unix\n\none\n.\ntwo\n\r\n.\r\n")
        assert client.getreply()[0] == 250
    imap = server.imap("bob")
    found = [body for body in messages(imap).values() if b"Subject: unix" in body]
    imap.logout()
    assert len(found) == 1
    assert found[0].endswith(b"Subject: unix\r\n\r\none\r\n.\r\ntwo\r\n\r\n")


def test_mail_for_others_waits_in_the_queue(server: WholeServer) -> None:
    with server.submission("alice") as client:
        client.sendmail(
            "alice@example.test", ["friend@elsewhere.test"], b"From: alice@example.test\r\nSubject: far\r\n\r\nHi.\r\n"
        )
    done = postroom(server.data, "status", "--json")
    assert '"queue": 1' in done.stdout


def test_a_stranger_cannot_relay_nor_reach_an_unknown_name(server: WholeServer) -> None:
    with server.smtp() as client:
        client.ehlo("remote.test")
        client.mail("stranger@remote.test")
        assert client.rcpt("nobody@example.test")[0] == 550
        assert client.rcpt("someone@elsewhere.test")[0] == 550
        assert client.rcpt("alice@example.test")[0] == 250


def test_a_wrong_password_is_refused_at_every_door(server: WholeServer) -> None:
    imap = imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=server.context(), timeout=20)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        imap.login("alice@example.test", "wrong password")
    imap.shutdown()
    smtp = smtplib.SMTP_SSL("localhost", server.port("submissions"), context=server.context(), timeout=20)
    with smtp, pytest.raises(smtplib.SMTPAuthenticationError):
        smtp.login("alice@example.test", "wrong password")


def test_no_password_is_taken_in_clear(server: WholeServer) -> None:
    imap = imaplib.IMAP4(HOST, server.port("imap"), timeout=20)
    assert "LOGINDISABLED" in imap.capabilities
    with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
        imap.login("alice@example.test", PASSWORDS["alice"])
    imap.logout()


def test_settings_act_on_the_running_server(server: WholeServer) -> None:
    """SPEC: switch a protocol off, and its port closes within 2 s while sessions of another live on."""
    kept = server.imap()
    assert postroom(server.data, "settings", "set", "imap_pop3.pop3.enabled", "off").returncode == 0
    deadline = time.monotonic() + 10
    while True:
        try:
            poplib.POP3(HOST, server.port("pop3"), timeout=5).quit()
        except ConnectionRefusedError:
            break
        assert time.monotonic() < deadline, "the port is still open"
        time.sleep(0.1)
    assert kept.noop()[0] == "OK"
    assert postroom(server.data, "settings", "undo").returncode == 0
    deadline = time.monotonic() + 10
    while True:
        try:
            poplib.POP3(HOST, server.port("pop3"), timeout=5).quit()
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the port did not open again"
            time.sleep(0.1)
    kept.logout()


def test_the_connection_limit_counts_over_all_workers(server: WholeServer) -> None:
    assert postroom(server.data, "settings", "set", "imap_pop3.max_connections", "3").returncode == 0
    time.sleep(1.5)
    held = [server.imap("bob") for _ in range(3)]
    with pytest.raises(imaplib.IMAP4.error, match="LIMIT"):
        server.imap("bob")
    held.pop().logout()
    deadline = time.monotonic() + 5
    while True:
        try:
            held.append(server.imap("bob"))
            break
        except imaplib.IMAP4.error as error:
            assert re.search("LIMIT", str(error))
            assert time.monotonic() < deadline, "the place was not freed"
            time.sleep(0.1)
    for client in held:
        client.logout()
    assert postroom(server.data, "settings", "undo").returncode == 0
