"""Full-text search on a whole server: the indexer follows what arrives, searches never miss, whatever happens to the index."""

from __future__ import annotations

import imaplib
import os
import random
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

import documents
from corpora import CHARSETS, mail
from lines import wait_for
from whole import WholeServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("full-text"), workers=2) as found:
        yield found


def letter(subject: str, text: str, **attached: bytes) -> bytes:
    found = EmailMessage()
    found["Subject"], found["From"], found["To"] = subject, "sender@far.test", "alice@example.test"
    found.set_content(text)
    for name, data in attached.items():
        stem, _, kind = name.rpartition("_")
        main, _, sub = {"pdf": "application/pdf", "docx": "application/octet-stream"}[kind].partition("/")
        found.add_attachment(data, maintype=main, subtype=sub, filename=f"{stem}.{kind}")
    return found.as_bytes()


def deliver(server: WholeServer, *letters: bytes) -> None:
    with server.smtp() as client:
        for one in letters:
            octets = re.sub(rb"\r\n|\r|\n", b"\r\n", one)
            client.sendmail("sender@far.test", ["alice@example.test"], octets)


def search(client: imaplib.IMAP4, *keys: str, text: str = "") -> list[int]:
    client.select("INBOX")
    if text:
        client.literal = text.encode()
        _, found = client.uid("SEARCH", "CHARSET", "UTF-8", *keys)
    else:
        _, found = client.uid("SEARCH", *keys)
    return [int(uid) for uid in found[0].split()]


def state(server: WholeServer) -> tuple[int, int]:
    """(indexed, waiting) over all accounts."""
    with sqlite3.connect(server.data / "run" / "run.sqlite") as database:
        rows = database.execute(
            "SELECT coalesce(sum(indexed), 0), coalesce(sum(waiting), 0) FROM account_index"
        ).fetchall()
    database.close()
    return rows[0][0], rows[0][1]


def index_file(server: WholeServer) -> Path:
    return max(server.data.glob("accounts/*/*/index.sqlite"), key=lambda path: path.stat().st_size)


def test_what_arrives_is_indexed_and_found(server: WholeServer) -> None:
    before = state(server)[0]
    deliver(
        server,
        letter("first", "plain text\r\n"),
        letter("second", "see attachment\r\n", report_pdf=documents.pdf("Quarterly figures", "四半期報告書")),
        letter("third", "for you\r\n", minutes_docx=documents.docx("회의록 초안", "Decision: postpone")),
    )
    wait_for(lambda: state(server) == (before + 3, 0), 60)
    client = server.imap()
    uids = search(client, "ALL")[-3:]
    assert search(client, "BODY", '"plain te"') == [uids[0]]
    assert search(client, "BODY", '"figures"') == search(client, "BODY", text="半期報") == [uids[1]]
    assert search(client, "BODY", '"postpone"') == search(client, "TEXT", text="회의") == [uids[2]]
    assert search(client, "BODY", '"report.pdf"') == [uids[1]]
    assert search(client, "SUBJECT", "third", "BODY", '"decision"') == [uids[2]]
    assert search(client, "NOT", "BODY", '"figures"', "NOT", "SUBJECT", "third")[-1] == uids[0]
    client.logout()


def test_a_search_right_behind_the_arrival(server: WholeServer) -> None:
    client = server.imap()
    for number in range(20):
        client.append("INBOX", "", "", letter(f"race {number}", f"needle-{number}-needle\r\n"))
        assert len(search(client, "BODY", f'"needle-{number}-"')) == 1
    client.logout()


def test_the_switches_of_the_settings_page(server: WholeServer) -> None:
    deliver(server, letter("switch", "全文検索 機能\r\n", a_pdf=documents.pdf("Only in the attachment")))
    client = server.imap()
    (uid,) = search(client, "SUBJECT", "switch")
    assert search(client, "BODY", text="検索") == [uid]
    server.set("search.cjk_characters", False)
    assert search(client, "BODY", text="検索") == [] and search(client, "BODY", text="全文検索") == [uid]
    server.set("search.enabled", False)
    assert search(client, "BODY", text="検索") == [uid]
    assert search(client, "BODY", '"only in the attachment"') == []  # looked into by the index alone
    wait_for(lambda: not list(server.data.glob("accounts/*/*/index.sqlite")), 60)
    server.set("search.enabled", True)
    server.set("search.cjk_characters", True)
    assert search(client, "BODY", text="検索") == search(client, "BODY", '"only in the attachment"') == [uid]
    server.set("search.paused", True)
    deliver(server, letter("paused", "while it rests\r\n"))
    assert len(search(client, "BODY", '"while it rests"')) == 1
    server.set("search.paused", False)
    count = len(search(client, "ALL"))
    wait_for(lambda: state(server) == (count, 0), 60)
    client.logout()


def test_bits_that_fell_over_under_the_server(server: WholeServer) -> None:
    source = random.Random(4)
    deliver(
        server,
        *[mail(source, source.choice(list(CHARSETS))).octets for _ in range(40)],
        letter("x", "unmistakable\r\n"),
    )
    wait_for(lambda: state(server)[1] == 0, 60)
    client = server.imap()
    (uid,) = search(client, "BODY", '"unmistakable"')
    for _ in range(5):
        octets = bytearray(index_file(server).read_bytes())
        for at in range(4096, len(octets), 512):
            octets[at + source.randrange(512)] ^= 0x10
        index_file(server).write_bytes(octets)
        again = server.imap()
        assert search(again, "BODY", '"unmistakable"') == search(client, "BODY", '"unmistakable"') == [uid]
        again.logout()
    client.logout()


def test_expunged_mail_leaves_the_index(server: WholeServer) -> None:
    client = server.imap()
    client.select("INBOX")
    uids = search(client, "ALL")
    client.uid("STORE", f"{uids[0]}:{uids[9]}", "+FLAGS", r"(\Deleted)")
    client.expunge()
    wait_for(lambda: state(server) == (len(uids) - 10, 0), 60)
    client.logout()


def test_an_indexer_that_is_killed_is_replaced(server: WholeServer) -> None:
    (indexer,) = server.processes()["indexer"]
    os.kill(indexer["pid"], signal.SIGKILL)
    deliver(server, letter("after the kill", "indexed all the same\r\n"))
    client = server.imap()
    assert len(search(client, "BODY", '"all the same"')) == 1
    wait_for(lambda: server.processes()["indexer"] and server.processes()["indexer"][0]["pid"] != indexer["pid"], 30)
    count = len(search(client, "ALL"))
    wait_for(lambda: state(server) == (count, 0), 60)
    client.logout()


def test_killed_again_and_again_while_it_indexes(tmp_path: Path) -> None:
    source = random.Random(8)
    with running(tmp_path, workers=1) as server:
        sent = 0
        for _ in range(4):
            deliver(
                server,
                *[
                    letter(f"n {sent + at}", f"number-{sent + at}-\r\n" + mail(source, "mixed").body)
                    for at in range(25)
                ],
            )
            sent += 25
            time.sleep(source.random() * 1.5)
            server.kill_all()
            server.start()
            client = server.imap()
            for number in source.sample(range(sent), 6):
                assert len(search(client, "BODY", f'"number-{number}-"')) == 1
            client.logout()
        wait_for(lambda: state(server) == (sent, 0), 60)
