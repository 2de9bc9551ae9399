"""Checks in a whole server: two workers, a real DNS server, settings that change live, what the mail program and the log show."""

from __future__ import annotations

import asyncio
import json
import smtplib
from pathlib import Path
from typing import Any

from dns_server import serving
from mail_keys import published, rsa_key
from postroom.cli.opened import run
from postroom.mailauth.dkim.sign import FORM, sign
from postroom.mailauth.stream import read_message
from whole import WholeServer, messages, running

MESSAGE = (
    b"From: Someone <someone@remote.test>\r\nTo: alice@example.test\r\nSubject: Hello\r\n"
    b"Date: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@remote.test>\r\n\r\nHow are you?\r\n"
)
ZONE: dict[str, Any] = {
    "1.0.0.127.in-addr.arpa": {"PTR": ["client.test"]},
    "client.test": {"A": ["127.0.0.1"]},
    "remote.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "_dmarc.remote.test": {"TXT": ["v=DMARC1; p=reject"]},
    "soft.test": {"TXT": ["v=spf1 -all"]},
    "_dmarc.soft.test": {"TXT": ["v=DMARC1; p=quarantine"]},
    "1.0.0.127.list.test": {"A": ["127.0.0.2"]},
    **published(rsa_key("remote.test")),
}


def signed() -> bytes:
    read = read_message(MESSAGE, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return sign(read.header, body_hash, [rsa_key("remote.test")], now=1_750_000_000) + MESSAGE


def send(server: WholeServer, content: bytes, sender: str = "someone@remote.test") -> tuple[int, bytes]:
    """The last reply of one transaction on a connection of its own."""
    with server.smtp() as client:
        client.ehlo("client.test")
        code, text = client.mail(sender)
        if code == 250:
            code, text = client.rcpt("alice@example.test")
        try:
            return client.data(content) if code == 250 else (code, text)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, bytes(error.smtp_error)


def checked_lines(server: WholeServer) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if '"message checked"' in line]
    return [{key: line[key] for key in ("results", "verdict", "check")} for line in lines]


def be_strict(server: WholeServer, dns_port: int) -> None:
    server.set("network.dns_servers", [f"127.0.0.1:{dns_port}"])
    server.set("limits.greeting_pause", 0)
    server.set("limits.trusted_networks", [])
    server.set("checks.exempt_networks", [])


def _policies(folder: Path, dns_port: int) -> None:
    forged = b"Authentication-Results: mail.example.test; dmarc=pass\r\n"
    with running(folder) as server:
        assert send(server, MESSAGE)[0] == 250  # loopback is exempt by default
        be_strict(server, dns_port)
        assert send(server, forged + signed())[0] == 250
        code, text = send(server, MESSAGE)
        assert (code, text[:7]) == (550, b"5.7.26 ")
        assert send(server, MESSAGE.replace(b"remote", b"soft"), "someone@soft.test")[0] == 250
        server.set("checks.spf", "reject")
        code, text = send(server, signed())
        assert (code, text[:7]) == (550, b"5.7.23 ")
        server.set("checks.spf", "record")
        server.set("checks.dnsbl_zones", ["list.test"])
        code, text = send(server, signed())
        assert (code, text[:6]) == (550, b"5.7.1 ")
        mail = server.imap()
        first, second = messages(mail).values()
        assert b"Authentication-Results" not in first
        assert second.count(b"Authentication-Results: mail.example.test;") == 1 and forged not in second
        (junk,) = messages(mail, "Junk").values()
        assert b"X-Postroom-Verdict: junk (dmarc)\r\n" in junk
        assert b"$Junk" in mail.uid("fetch", "1:*", "(FLAGS)")[1][0]
        mail.logout()
        results = "arc=none dmarc={} iprev=pass"
        assert checked_lines(server) == [
            {"results": "dkim=pass spf=fail spf=none " + results.format("pass"), "verdict": "accept", "check": ""},
            {"results": "dkim=none spf=fail spf=none " + results.format("fail"), "verdict": "reject", "check": "dmarc"},
            {"results": "dkim=none spf=fail spf=none " + results.format("fail"), "verdict": "junk", "check": "dmarc"},
        ]


async def test_policies_of_domains_are_followed_and_shown(tmp_path: Path) -> None:
    async with serving(ZONE) as dns:
        await asyncio.to_thread(_policies, tmp_path, dns.port)


def _greylisting(folder: Path, dns_port: int) -> None:
    with running(folder) as server:
        be_strict(server, dns_port)
        server.set("checks.greylisting_delay", 600)
        server.set("checks.greylisting", True)
        for _ in range(4):  # whichever worker has the connection
            code, text = send(server, signed())
            assert (code, text[:6]) == (451, b"4.7.1 ")
        server.stop()
        _execute(server, "UPDATE greylist SET first_at = first_at - 600")
        server.start()
        for _ in range(4):
            assert send(server, signed())[0] == 250
        server.kill_all()
        server.start()
        assert send(server, signed())[0] == 250


def _execute(server: WholeServer, sql: str) -> None:
    async def change(adapters: Any) -> None:
        await adapters.database.write(lambda transaction: transaction.execute(sql))

    run(server.data, change)


async def test_greylisting_is_one_memory_for_all_workers_and_outlives_them(tmp_path: Path) -> None:
    async with serving(ZONE) as dns:
        await asyncio.to_thread(_greylisting, tmp_path, dns.port)
