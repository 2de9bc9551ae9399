"""Hostile messages (THREATS A5.1) through a whole server: in by SMTP, out by POP3 and IMAP octet for octet, summaries well-formed, others served meanwhile."""

from __future__ import annotations

import imaplib
import poplib
import re
import socket
import threading
from collections.abc import Iterator

import pytest

from hostile_messages import MESSAGES
from imap_values import parse_value
from whole import HOST, PASSWORDS, WholeServer, running

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_PATIENCE = 60  # seconds for one answer, on a machine that is busy with other things


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    # one worker: a message that stopped its loop would stop everybody
    with running(tmp_path_factory.mktemp("hostile"), workers=1) as started:
        yield started


class Bystander:
    """Bob, who says NOOP all the time; `answered` grows while the server answers others."""

    def __init__(self, server: WholeServer) -> None:
        self._imap = server.imap("bob")
        self._over = threading.Event()
        self.answered = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            assert self._imap.noop()[0] == "OK"
            self.answered += 1

    def close(self) -> None:
        self._over.set()
        self._thread.join(timeout=_PATIENCE)
        assert not self._thread.is_alive(), "another session was not answered"
        self._imap.logout()


def sent(server: WholeServer, message: bytes) -> bytes:
    """The reply to the whole content."""
    with socket.create_connection((HOST, server.port("mx")), timeout=_PATIENCE) as sock, sock.makefile("rwb") as lines:

        def reply() -> bytes:
            while True:
                line = lines.readline()
                if line[3:4] != b"-":
                    return line

        assert reply().startswith(b"220")
        for command in (b"EHLO client.test", b"MAIL FROM:<s@remote.test>", b"RCPT TO:<alice@example.test>", b"DATA"):
            lines.write(command + b"\r\n")
            lines.flush()
            assert reply()[:1] in b"23", command
        ended = message if message.endswith(b"\r\n") else message + b"\r\n"
        lines.write(re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n")
        lines.flush()
        said = reply()
        lines.write(b"QUIT\r\n")
        lines.flush()
        assert reply().startswith(b"221"), "the session goes on whatever came"
        return said


def by_pop3(server: WholeServer) -> tuple[bytes, bytes]:
    """The last message by RETR, and its header by TOP."""
    pop = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=_PATIENCE)
    pop.user("alice@example.test")
    pop.pass_(PASSWORDS["alice"])
    last = pop.stat()[0]
    whole = b"\r\n".join(pop.retr(last)[1]) + b"\r\n"
    top = b"\r\n".join(pop.top(last, 0)[1])
    pop.quit()
    return whole, top


def by_imap(server: WholeServer) -> bytes:
    """The same by FETCH, once its summaries have been read strictly."""
    imap = server.imap()
    imap.sock.settimeout(_PATIENCE)
    last = int(imap.select("INBOX", readonly=True)[1][0] or 0)
    for item in ("ENVELOPE", "BODYSTRUCTURE", "BODY"):
        _, rows = imap.fetch("*", f"({item})")
        raw = b"".join(b"%b\r\n%b" % row if isinstance(row, tuple) else row for row in rows)
        start = b"%d (%b " % (last, item.encode())
        assert raw.startswith(start) and raw.endswith(b")"), raw[:200]
        assert isinstance(parse_value(raw[len(start) : -1]), list)
    _, rows = imap.fetch("*", "(BODY.PEEK[])")
    whole = rows[0][1]
    imap.logout()
    assert isinstance(whole, bytes)
    return whole


@pytest.mark.xdist_group("every-door")
@pytest.mark.parametrize("name", MESSAGES)
def test_in_by_smtp_and_out_by_pop3_and_imap(server: WholeServer, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # the clients' own bounds: what they would not read is what is looked at
    monkeypatch.setattr(poplib, "_MAXLINE", 1 << 26)
    monkeypatch.setattr(imaplib, "_MAXLINE", 1 << 26)
    message = MESSAGES[name]
    bystander = Bystander(server)
    try:
        before = bystander.answered
        said = sent(server, message)
        if _BARE.search(message):
            assert said.startswith(b"550 5.6.11"), "bare CR and LF are no line ends to a relay"
            return
        assert said.startswith(b"250"), said
        whole = by_imap(server)
        ended = message if message.endswith(b"\r\n") else message + b"\r\n"
        kept = whole.endswith(ended) and whole.startswith(b"Return-Path: <s@remote.test>\r\n")
        assert kept, whole[:200]  # a difference of megabytes takes minutes to print
        retrieved, top = by_pop3(server)
        same = retrieved == whole and whole.startswith(top[: len(whole)].rstrip(b"\r\n"))
        assert same, (len(retrieved), len(whole), top[:200])
        assert bystander.answered > before, "others are served meanwhile"
    finally:
        bystander.close()
