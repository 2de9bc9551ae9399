"""Real mail servers of others, Postfix and Exim: we send to them, they send to us, in clear and by TLS, with all that their EHLO offers."""

from __future__ import annotations

import os
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from authority import Authority
from far_servers import FarServers, far_servers, running_beside
from interop import mail_servers
from interop.mail_servers import MailServer
from whole import WholeServer, messages

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("interop-readers"),
    pytest.mark.skipif(os.geteuid() != 0, reason="mail servers change users: needs root"),
]

ZONE = {name: {"A": ["127.0.0.1"]} for name in ("postfix.test", "exim.test")}
MESSAGE = "From: alice@example.test\r\nTo: bob\r\nSubject: through\r\n\r\n.dots\r\n..more\r\nGrüße\r\n"


@pytest.fixture(scope="module")
def far() -> Iterator[FarServers]:
    with far_servers(ZONE) as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, far: FarServers) -> Iterator[WholeServer]:
    with running_beside(far, tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = tmp_path_factory.mktemp("authority")
    Authority(folder).context("mx.postfix.test", "mx.exim.test")
    return (folder / "server-1.pem").read_bytes()


@pytest.fixture(scope="module", params=[mail_servers.postfix, mail_servers.exim], ids=["postfix", "exim"])
def other(request: pytest.FixtureRequest, server: WholeServer, pem: bytes) -> Iterator[MailServer]:
    start: Callable[[bytes, int], AbstractContextManager[MailServer]] = request.param
    with start(pem, server.port("mx")) as started:
        server.set("relay.port", started.port)
        yield started


def submit(server: WholeServer, *recipients: str, text: str = MESSAGE, options: tuple[str, ...] = ()) -> None:
    client = server.submission()
    client.ehlo()
    client.mail("alice@example.test", ["body=8bitmime", *options])
    for recipient in recipients:
        assert client.rcpt(recipient, ["notify=failure"])[0] == 250
    assert client.data(text.encode())[0] == 250
    client.quit()


def empty(server: WholeServer) -> None:
    end = time.monotonic() + 30
    while "Nothing waits." not in (shown := server.command("queue", "list")):
        assert time.monotonic() < end, shown
        time.sleep(0.2)


def reports(server: WholeServer) -> list[bytes]:
    client = server.imap()
    found = [raw for raw in messages(client).values() if b"multipart/report" in raw]
    client.logout()
    return found


def test_it_takes_what_we_send_whole_and_by_tls(server: WholeServer, other: MailServer) -> None:
    before = len(other.messages())
    submit(server, f"bob@{other.domain}", f"carol@{other.domain}")
    found = other.until(before + 1)[-1]
    assert found.replace(b"\r\n", b"\n").endswith("Subject: through\n\n.dots\n..more\nGrüße\n".encode())
    assert b"DKIM-Signature: " in found
    assert b"TLS" in found.partition(b"Subject:")[0]
    empty(server)
    assert "TLS" in server.log.read_text()


def test_who_is_unknown_there_comes_back_with_its_words(server: WholeServer, other: MailServer) -> None:
    before = len(reports(server))
    submit(server, f"nobody@{other.domain}")
    empty(server)
    found = reports(server)
    assert len(found) == before + 1
    assert b"Diagnostic-Code: smtp; 550 " in found[-1]


def test_a_message_too_large_for_it_comes_back_at_once(server: WholeServer, other: MailServer) -> None:
    before = len(reports(server))
    submit(server, f"bob@{other.domain}", text=MESSAGE + "a line\r\n" * 500_000)
    empty(server)
    found = reports(server)
    assert len(found) == before + 1
    assert b"Status: 5.3.4" in found[-1]


def test_a_stream_of_mail_arrives_once_each(server: WholeServer, other: MailServer) -> None:
    before = len(other.messages())
    client = server.submission()
    for number in range(40):
        client.sendmail(
            "alice@example.test",
            [f"bob@{other.domain}"],
            f"Subject: number {number} of the stream\r\n\r\nx\r\n".encode(),
        )
    client.quit()
    found = other.until(before + 40)
    empty(server)
    for number in range(40):
        assert sum(f"Subject: number {number} of the stream\n".encode() in raw for raw in found) == 1


def test_it_sends_to_us_and_hears_our_refusals(server: WholeServer, other: MailServer) -> None:
    with smtplib.SMTP("127.0.0.1", other.port, timeout=20) as client:
        for number in range(10):
            client.sendmail(
                f"bob@{other.domain}",
                ["alice@example.test"],
                f"Subject: from {other.domain} {number}\r\n\r\n.x\r\n".encode(),
            )
        client.sendmail(f"bob@{other.domain}", ["nobody@example.test"], b"Subject: y\r\n\r\ny\r\n")
    end = time.monotonic() + 30
    while True:
        reader = server.imap()
        found = [raw for raw in messages(reader).values() if f"Subject: from {other.domain}".encode() in raw]
        reader.logout()
        if len(found) == 10:
            break
        assert time.monotonic() < end, other.log()[-3000:]
        time.sleep(0.3)
    assert all(b"with ESMTPS id" in raw for raw in found)
    bounced = other.until(1)
    while not any(b"550 5.1.1" in raw for raw in bounced):
        assert time.monotonic() < end, other.log()[-3000:]
        time.sleep(0.3)
        bounced = other.messages()
