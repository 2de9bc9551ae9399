"""A forward with all that belongs to it: what was found at arrival is sealed in, the path is ours, a bounce finds the sender; with real servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dns_zone import FakeResolver, Zone
from far_servers import FarServers, far_servers, running_beside
from mail_keys import published, rsa_key
from postroom.mailauth.arc.verify import ArcStatus, verify
from postroom.mailauth.dkim.sign import FORM, sign
from postroom.mailauth.stream import read_message
from scenarios.relay.test_relay import until
from whole import WholeServer

ZONE: dict[str, Any] = {
    "1.0.0.127.in-addr.arpa": {"PTR": ["client.test"]},
    "client.test": {"A": ["127.0.0.1"]},
    "remote.test": {"TXT": ["v=spf1 ip4:127.0.0.1 -all"], "MX": ["10 mx.far.test"]},
    "_dmarc.remote.test": {"TXT": ["v=DMARC1; p=reject"]},
    "far.test": {"MX": ["10 mx.far.test"]},
    "mx.far.test": {"A": ["127.0.0.1"]},
    **published(rsa_key("remote.test")),
}
MESSAGE = (
    b"From: Someone <someone@remote.test>\r\nTo: away@example.test\r\nSubject: Hello\r\n"
    b"Date: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@remote.test>\r\n\r\nHow are you?\r\n"
)


def signed() -> bytes:
    read = read_message(MESSAGE, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return sign(read.header, body_hash, [rsa_key("remote.test")], now=1_750_000_000) + MESSAGE


@pytest.fixture(scope="module")
def far() -> Iterator[FarServers]:
    with far_servers(ZONE) as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, far: FarServers) -> Iterator[WholeServer]:
    checked = {"checks.exempt_networks": [], "limits.trusted_networks": []}
    with running_beside(far, tmp_path_factory.mktemp("forward"), checked) as started:
        started.command("alias", "add", "away@example.test", "friend@far.test")
        yield started


async def test_a_forward_is_sealed_and_a_bounce_finds_its_way_back(server: WholeServer, far: FarServers) -> None:
    with server.smtp() as client:
        client.ehlo("client.test")
        client.sendmail("someone@remote.test", ["away@example.test"], signed())
    (received,) = until(lambda: list(far.sink.received), lambda found: len(found) == 1)
    path = received.mail.partition("<")[2].partition(">")[0]
    assert path.startswith("SRS0=") and path.endswith("=remote.test=someone@example.test")
    assert received.content.endswith(signed()), "what the author signed is as it was"
    message = read_message(received.content, [FORM])
    assert b"dmarc=pass" in (message.header.first(b"arc-authentication-results") or b"")
    keys = json.loads(server.command("domain", "keys", "example.test", "--json"))
    records = {key["name"].removesuffix("."): {"TXT": [key["record"]]} for key in keys}
    resolver = FakeResolver({**ZONE, **records})
    assert (await verify(message, resolver)).status is ArcStatus.PASS
    far.dns.zone = Zone({**ZONE, **records})
    # the bounce of whoever could not deliver it
    with server.smtp() as client:
        client.ehlo("client.test")
        client.sendmail("", [path], b"From: <>\r\nSubject: not delivered\r\n\r\nx\r\n")
    bounce = until(lambda: list(far.sink.received), lambda found: len(found) == 2)[1]
    assert bounce.recipients == ["someone@remote.test"]
    assert bounce.mail.startswith("MAIL FROM:<>")
