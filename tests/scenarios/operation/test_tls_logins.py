"""Logins over TLS are noted by every door, and tell whom a stricter profile would shut out (SPEC 3)."""

from __future__ import annotations

import imaplib
import json
import poplib
import smtplib
import ssl
from pathlib import Path

import pytest

from whole import DOMAIN, PASSWORDS, WholeServer, postroom, running

pytestmark = pytest.mark.xdist_group("tls logins")


def context(server: WholeServer, version: ssl.TLSVersion) -> ssl.SSLContext:
    made = server.context()
    made.minimum_version = made.maximum_version = version
    return made


def seen(server: WholeServer, profile: str) -> set[tuple[str, str, str, str, str, int]]:
    done = postroom(server.data, "tls", "refused", "--profile", profile, "--json")
    assert done.returncode == 0, done.stderr
    return {
        (one["account"], one["protocol"], one["listener"], one["version"], one["client"], one["count"])
        for one in json.loads(done.stdout)
    }


def test_every_door_notes_its_logins(tmp_path: Path) -> None:
    old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    alice, bob = f"alice@{DOMAIN}", f"bob@{DOMAIN}"
    with running(tmp_path) as server:
        for _ in range(2):
            imap = imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=context(server, old))
            imap.login(alice, PASSWORDS["alice"])
            imap.xatom("ID", '("name" "Old Mail" "version" "7")')  # after the login, as programs do
            imap.logout()
        modern = imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=context(server, new))
        modern.login(alice, PASSWORDS["alice"])
        modern.logout()
        starttls = imaplib.IMAP4("localhost", server.port("imap"))
        starttls.starttls(context(server, old))
        with pytest.raises(imaplib.IMAP4.error):
            starttls.login(bob, "wrong password")
        starttls.login(bob, PASSWORDS["bob"])
        starttls.logout()
        pop3 = poplib.POP3("localhost", server.port("pop3"))
        pop3.stls(context(server, old))
        pop3.user(bob)
        pop3.pass_(PASSWORDS["bob"])
        pop3.quit()
        with smtplib.SMTP("localhost", server.port("submission")) as smtp:
            smtp.starttls(context=context(server, old))
            smtp.login(alice, PASSWORDS["alice"])
        assert server.process is not None
        server.process.terminate()  # what waits is written at the end
        assert server.process.wait(timeout=20) == 0
        server.process = None
        expected = {
            (alice, "imap", "imaps", "TLSv1.2", "Old Mail 7", 2),
            (bob, "imap", "imap", "TLSv1.2", "", 1),
            (bob, "pop3", "pop3", "TLSv1.2", "", 1),
            (alice, "submission", "submission", "TLSv1.2", "", 1),
        }
        assert seen(server, "modern") == expected
        assert seen(server, "intermediate") == set()
        told = server.command("tls", "refused", "--profile", "modern")
        assert "Would refuse 2 accounts" in told
        spared = server.command("tls", "refused", "--profile", "modern", "--override", "imaps=intermediate")
        assert "Old Mail 7" not in spared
        assert "pop3" in spared
        assert "5.7" in server.command("tls", "profiles")
