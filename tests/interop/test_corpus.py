"""Real mail, byte for byte: in by SMTP and by IMAP, out by IMAP and by POP3. `make soak` takes all 6,000, `make test` every tenth."""

from __future__ import annotations

import imaplib
import os
import poplib

import pytest

from interop.corpus import mails
from whole import DOMAIN, PASSWORDS, WholeServer

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("corpus")]
_STEP = 1 if os.environ.get("POSTROOM_SOAK") else 10


@pytest.fixture(scope="module")
def corpus() -> list[bytes]:
    found = mails()
    assert len(found) > 6000
    return found[::_STEP]


def bodies_by_imap(server: WholeServer, user: str) -> list[bytes]:
    client = server.imap(user)
    client.select("INBOX", readonly=True)
    found = []
    _, rows = client.uid("search", "ALL")
    uids = rows[0].decode().split()
    for start in range(0, len(uids), 200):
        _, rows = client.uid(
            "fetch", ",".join(uids[start : start + 200]), "(BODY.PEEK[] RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
        )
        for row in rows:
            if isinstance(row, tuple) and b"BODY[] {" in row[0]:
                found.append(row[1])
    client.logout()
    return found


def bodies_by_pop3(server: WholeServer, user: str) -> list[bytes]:
    poplib._MAXLINE = 1 << 20  # type: ignore[attr-defined]  # real mail has lines beyond 2,048 octets
    client = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=60)
    client.user(f"{user}@{DOMAIN}")
    client.pass_(PASSWORDS[user])
    found = [b"\r\n".join(client.retr(number)[1]) + b"\r\n" for number in range(1, client.stat()[0] + 1)]
    client.quit()
    return found


def test_by_smtp(server: WholeServer, corpus: list[bytes]) -> None:
    client = server.smtp()
    client.ehlo("remote.test")
    refused = []
    for mail in corpus:
        client.mail("corpus@remote.test", ["BODY=8BITMIME"])
        client.rcpt(f"bob@{DOMAIN}")
        code, text = client.data(mail)
        if code != 250:
            refused.append((code, text, mail[:200]))
    client.quit()
    assert refused == []
    for found in (bodies_by_imap(server, "bob"), bodies_by_pop3(server, "bob")):
        assert_each_is_suffix(corpus, found)


def assert_each_is_suffix(corpus: list[bytes], found: list[bytes]) -> None:
    """Delivery keeps the order of one sender: each message is the end of the stored one, behind our trace fields."""
    wrong = []
    for mail, body in zip(corpus, found, strict=True):
        if not body.endswith(mail) or not body.startswith(b"Return-Path: <corpus@remote.test>\r\n"):
            wrong.append((mail[:80], body[:200]))
    assert wrong == []


def test_by_imap(server: WholeServer, corpus: list[bytes]) -> None:
    imaplib._MAXLINE = 50_000_000
    client = server.imap("admin")
    for mail in corpus:
        status, text = client.append("INBOX", "", "", mail)
        assert status == "OK", text
    client.logout()
    assert bodies_by_imap(server, "admin") == corpus
    assert bodies_by_pop3(server, "admin") == corpus
