"""A whole server with a DNS: keys are made at the start, rotate when they are published, sign what people submit; the commands show it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dns_server import serving
from dns_zone import FakeResolver
from postroom.cli.opened import run
from postroom.mailauth.dkim.verify import DkimStatus, verify
from postroom.mailauth.stream import read_message
from whole import DOMAIN, WholeServer, messages

pytestmark = pytest.mark.xdist_group("domain keys")
LETTER = (
    b"From: Alice <alice@example.test>\r\nTo: bob@example.test\r\nSubject: Hello\r\n\r\n"
    + b".dots\r\n.\r\n"
    + "Grüße\r\n".encode() * 20_000
)


def keys(server: WholeServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(server.command("domain", "keys", DOMAIN, "--json"))
    return found


def wait_for_log(server: WholeServer, event: bytes) -> None:
    deadline = time.monotonic() + 30
    while event not in server.log.read_bytes():
        assert time.monotonic() < deadline, f"{event!r} is not in the log"
        time.sleep(0.1)


def forget_keys(server: WholeServer) -> None:
    """As a server was before there were keys."""

    async def work(adapters: Any) -> None:
        await adapters.database.write(lambda transaction: transaction.execute("DELETE FROM domain_key"))

    run(server.data, work)


def rotated(server: WholeServer, port: int, zone: dict[str, Any]) -> None:
    server.set_up()
    server.command("settings", "set", "network.dns_servers", f'["127.0.0.1:{port}"]')
    server.command("domain", "rotate-keys", DOMAIN)
    for key in keys(server):
        zone[key["name"]] = {"TXT": [tuple(key["strings"])]}
    records = json.loads(server.command("domain", "dns", DOMAIN, "--json"))
    states = {(record["purpose"], record["note"]): record["state"] for record in records if record["needed"]}
    assert {record["purpose"] for record in records if not record["needed"]} == {"MTA-STS", "TLS-RPT", "SRV"}
    assert states == {
        ("MX", ""): "ok",
        ("SPF", ""): "different",
        ("DKIM", "next"): "ok",
        ("DKIM", "active"): "ok",
        ("DMARC", ""): "missing",
    }
    shown = server.command("domain", "dns", DOMAIN)
    assert "there is: v=spf1 a -all" in shown and "_dmarc.example.test. IN TXT" in shown
    server.start()
    wait_for_log(server, b"domain keys active")
    with server.submission() as client:
        client.sendmail("alice@example.test", ["bob@example.test"], LETTER)
    with server.imap("bob") as client:
        (message,) = messages(client).values()
    active = {key["selector"] for key in keys(server) if key["state"] == "active"}
    results = asyncio.run(verify(read_message(message), FakeResolver(zone), int(time.time())))
    assert [(result.status, result.algorithm) for result in results] == [
        (DkimStatus.PASS, "rsa-sha256"),
        (DkimStatus.PASS, "ed25519-sha256"),
    ]
    assert {result.selector for result in results} == active
    assert sorted(key["state"] for key in keys(server)) == ["active", "active", "retired", "retired"]
    server.stop()


def made_at_the_start(server: WholeServer, port: int, zone: dict[str, Any]) -> None:
    server.set_up()
    forget_keys(server)
    server.start()
    wait_for_log(server, b"domain keys made")
    assert [key["state"] for key in keys(server)] == ["active", "active"]
    server.stop()


@pytest.mark.parametrize("story", [rotated, made_at_the_start])
async def test_keys_of_a_running_server(
    tmp_path: Path, story: Callable[[WholeServer, int, dict[str, Any]], None]
) -> None:
    server = WholeServer(tmp_path / "data")
    zone: dict[str, Any] = {DOMAIN: {"MX": ["10 mail.example.test"], "TXT": ["v=spf1 a -all"]}}
    async with serving(zone) as dns:
        dns.zone.names = zone
        try:
            await asyncio.to_thread(story, server, dns.port, zone)
        finally:
            if server.process is not None:
                server.kill_all()
