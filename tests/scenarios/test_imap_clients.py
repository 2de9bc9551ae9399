"""Real clients over the whole door: imaplib in clear and by STARTTLS, imapclient by TLS."""

from __future__ import annotations

import asyncio
import imaplib
from pathlib import Path

import imapclient

from harness_imap import PASSWORD, client_context, imap_house

MESSAGE = b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: Hello\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nWhat a day.\r\n"


async def test_imaplib_session(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        await asyncio.to_thread(_imaplib_session, house.port)


def _imaplib_session(port: int) -> None:
    client = imaplib.IMAP4("127.0.0.1", port)
    client.starttls(client_context())
    assert client.login("alice@example.test", PASSWORD)[0] == "OK"
    assert b'(\\HasNoChildren \\Sent) "/" Sent' in client.list()[1]
    assert client.select()[1] == [b"0"]
    assert client.append("INBOX", "\\Flagged", None, MESSAGE)[0] == "OK"
    assert client.noop()[0] == "OK"
    found = client.fetch("1", "(FLAGS BODY.PEEK[] RFC822.SIZE)")[1]
    assert found[0][1] == MESSAGE
    assert b"\\Flagged" in found[0][0] + found[1]
    assert client.search(None, "SUBJECT", '"hell"')[1] == [b"1"]
    assert client.search(None, "BODY", "day")[1] == [b"1"]
    assert client.search(None, "TEXT", "nothing-like-this")[1] == [b""]
    assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
    assert client.copy("1", "Archive")[0] == "OK"
    assert client.expunge()[1] == [b"1"]
    assert client.status("Archive", "(MESSAGES UNSEEN)")[1] == [b"Archive (MESSAGES 1 UNSEEN 1)"]
    client.logout()


async def test_imapclient_over_tls(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        await asyncio.to_thread(_imapclient_session, house.tls_port)


def _imapclient_session(port: int) -> None:
    with imapclient.IMAPClient("127.0.0.1", port, ssl_context=client_context()) as client:
        client.login("alice@example.test", PASSWORD)
        client.create_folder("Työ/Größe")
        assert ((b"\\HasChildren",), b"/", "Työ") in client.list_folders()
        client.select_folder("INBOX")
        for number in range(3):
            client.append("INBOX", MESSAGE.replace(b"Hello", b"Number %d" % number))
        client.noop()
        assert client.search(["UNSEEN", "SUBJECT", "number 1"]) == [2]
        found = client.fetch([1, 2, 3], ["ENVELOPE", "BODYSTRUCTURE", "INTERNALDATE", "FLAGS"])
        assert [found[uid][b"ENVELOPE"].subject for uid in (1, 2, 3)] == [b"Number 0", b"Number 1", b"Number 2"]
        assert client.fetch([2], ["BODY[]"])[2][b"BODY[]"] == MESSAGE.replace(b"Hello", b"Number 1")
        assert client.get_flags([2])[2] == (b"\\Recent", b"\\Seen")
        client.move([1, 3], "Työ/Größe")
        assert client.search() == [2]
        client.idle()
        assert client.idle_check(timeout=0.1) == []
        client.idle_done()
        assert client.folder_status("Työ/Größe", ["MESSAGES"]) == {b"MESSAGES": 2}
        client.delete_messages([2])
        client.expunge()
        assert client.search() == []
