"""Servers that mean harm (THREATS A1.18): each costs bounded time and memory, and nothing is ever called delivered that was not."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dns_zone import FakeResolver
from hostile_smtp import TLS, Drip, Flood, Hear, HearContent, Hostile, Reset, Say, Silence, Step, hostile
from postroom.model.address import parse_address
from postroom.model.email import Content
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.ids import BlobId
from postroom.model.relaying.relay import Parcel, Progress, Report
from postroom.mta.attempt.carrier import Machine, Means, RelayCarrier
from postroom.net import certificates
from postroom.servers.relay.dialer import SocketDialer
from postroom.servers.relay.dialogue import Patience
from postroom.settings.relay import RelaySettings

ZONE = {"far.test": {"MX": ["10 mx.far.test"]}, "mx.far.test": {"A": ["127.0.0.1"]}}
MESSAGE = b"From: alice@example.test\r\nSubject: x\r\n\r\nhello\r\n.dots\r\n"
SHORT = Patience(
    connect=2,
    greeting=0.4,
    command=0.4,
    handshake=2,
    content=0.4,
    end_of_content=0.4,
    quit=0.2,
    message=3,
    per_mebibyte=1,
)
HELLO = [Say(b"220 mx.far.test\r\n"), Hear(b"EHLO"), Say(b"250-mx.far.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")]
ENVELOPE = [Hear(b"MAIL"), Say(b"250 ok\r\n"), Hear(b"RCPT"), Say(b"250 ok\r\n"), Hear(b"DATA")]
TAKEN = [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), HearContent(), Say(b"250 2.0.0 kept\r\n"), Silence()]


class NoPolicies:
    async def enforced(self, domain: str) -> None:
        return None


def parcel(message: bytes = MESSAGE, *names: str) -> Parcel:
    content = Content(BlobId(hashlib.sha256(message).digest()), len(message), message, None)
    recipients = tuple(EnvelopeRecipient(parse_address(name)) for name in names or ("friend@far.test",))
    return Parcel(Envelope(parse_address("alice@example.test"), recipients), content, b"Received: here\r\n")


def carrier(port: int, resolver: Any = None, **settings: Any) -> RelayCarrier:
    relay = RelaySettings(port=port, private_addresses=True, **settings)
    machine = Machine(frozenset, dict, lambda records: None)
    dialer = SocketDialer(lambda: relay.authorities, SHORT)
    means = Means(resolver or FakeResolver(ZONE), dialer, NoPolicies(), machine, lambda *counted: None)
    return RelayCarrier(means, lambda: relay, lambda: "mail.example.test")


async def send(server: Hostile, sent: Parcel | None = None) -> list[Report]:
    line = carrier(server.port).line("far.test")
    try:
        async with asyncio.timeout(20):
            return await line.send(sent or parcel())
    finally:
        await line.close()


SCRIPTS: dict[str, Sequence[Step]] = {
    "closes at once": [],
    "breaks at once": [Reset()],
    "says nothing": [Silence()],
    "greets without end": [Drip(b"220-still here\r\n")],
    "greets by the octet": [Drip(b"2", 0.05)],
    "speaks another protocol": [Say(b"* OK IMAP4rev1\r\n"), Silence()],
    "one line of a gigabyte": [Flood(b"2" * 65536, 1 << 30)],
    "refuses us": [Say(b"554 5.7.1 not you\r\n"), Silence()],
    "is closing": [Say(b"421 4.3.2 later\r\n")],
    "has no EHLO and no HELO": [
        Say(b"220 hi\r\n"),
        Hear(b"EHLO"),
        Say(b"502 no\r\n"),
        Hear(b"HELO"),
        Say(b"502 no\r\n"),
    ],
    "an EHLO of a gigabyte": [Say(b"220 hi\r\n"), Hear(b"EHLO"), Flood(b"250-X\r\n" * 9000, 1 << 30)],
    "breaks after MAIL": [*HELLO, Hear(b"MAIL"), Reset()],
    "silence after MAIL": [*HELLO, Hear(b"MAIL"), Silence()],
    "other codes than a reply has": [*HELLO, Hear(b"MAIL"), Say(b"999 what\r\n"), Silence()],
    "an intermediate reply to MAIL": [*HELLO, Hear(b"MAIL"), Say(b"354 go\r\n"), Silence()],
    "354 and then breaks": [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), Reset()],
    "354 and then silence": [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), Silence()],
    "250 before the dot": [*HELLO, *ENVELOPE, Say(b"354 go\r\n250 2.0.0 kept\r\n"), Silence()],
    "250 to DATA": [*HELLO, *ENVELOPE, Say(b"250 kept\r\n"), Silence()],
    "silence after the dot": [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), HearContent(), Silence()],
    "breaks after the dot": [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), HearContent(), Reset()],
    "half a reply after the dot": [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), HearContent(), Say(b"250 2.0.0 ke"), Reset()],
    "a long reply by the octet": [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), HearContent(), Drip(b"250-kept\r\n", 0.05)],
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_what_is_broken_is_tried_later(name: str) -> None:
    async with hostile(SCRIPTS[name]) as server:
        (report,) = await send(server)
    assert report.progress is Progress.DEFERRED
    assert report.status.startswith("4.")
    assert report.reply.isprintable()
    assert len(report.reply) <= 500


async def test_a_reply_of_a_gigabyte_is_never_held() -> None:
    tracemalloc.start()
    try:
        async with hostile(SCRIPTS["one line of a gigabyte"]) as server:
            await send(server)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


DIALOGUE = (
    b"220 mx.far.test\r\n",
    b"250-mx.far.test\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
    b"250 2.1.0 ok\r\n",
    b"250 2.1.5 ok\r\n",
    b"354 go\r\n",
    b"250 2.0.0 kept\r\n",
)


async def test_dropped_at_each_octet_nothing_is_called_delivered_before_the_last() -> None:
    hears: list[Step] = [Hear(b"EHLO"), Hear(b"MAIL"), Hear(b"RCPT"), Hear(b"DATA"), HearContent()]
    whole = sum(map(len, DIALOGUE))
    for cut in [*range(0, whole, 7), *range(whole - 20, whole + 1)]:
        script: list[Step] = []
        left = cut
        for number, reply in enumerate(DIALOGUE):
            script.append(Say(reply[:left]))
            left -= len(reply)
            if left < 0:
                break
            if number < len(hears):
                script.append(hears[number])
        async with hostile([*script, Reset()]) as server:
            (report,) = await send(server)
        # the last reply is whole with its line end
        assert (report.progress is Progress.DELIVERED) == (cut == whole), cut


async def test_a_recipient_refused_while_another_is_taken() -> None:
    script = [
        *HELLO, Hear(b"MAIL"), Say(b"250 ok\r\n"), Hear(b"RCPT"), Say(b"250 ok\r\n"), Hear(b"RCPT"), Say(b"550 5.1.1 nobody\r\n"), Hear(b"DATA"),
        Say(b"354 go\r\n"), HearContent(), Say(b"250 2.0.0 kept\r\n"), Silence(),
    ]  # fmt: skip
    async with hostile(script) as server:
        first, second = await send(server, parcel(MESSAGE, "friend@far.test", "gone@far.test"))
    assert (first.progress, second.progress) == (Progress.DELIVERED, Progress.FAILED)
    assert b"\r\n..dots\r\n" in server.heard


async def test_a_354_without_a_recipient_gets_no_content() -> None:
    script = [*HELLO, Hear(b"MAIL"), Say(b"250 ok\r\n"), Hear(b"RCPT"), Say(b"550 5.1.1 nobody\r\n"), Hear(b"DATA"), Say(b"354 go\r\n"),
              HearContent(), Say(b"250 kept nothing\r\n"), Silence()]  # fmt: skip
    async with hostile(script) as server:
        (report,) = await send(server)
    assert report.progress is Progress.FAILED
    assert b"hello" not in server.heard


async def test_a_refusal_amid_a_large_content_is_heard() -> None:
    script = [*HELLO, *ENVELOPE, Say(b"354 go\r\n"), Hear(b"SUBJECT"), Say(b"552 5.3.4 too large\r\n"), Silence()]
    async with hostile(script) as server:
        (report,) = await send(server, parcel(MESSAGE + b"y" * 20_000_000))
    assert report.progress is not Progress.DELIVERED
    assert "552 5.3.4 too large" in report.reply


async def test_the_next_host_is_tried_where_one_is_broken() -> None:
    zone = {
        "far.test": {"MX": ["10 bad.far.test", "20 mx.far.test"]},
        "bad.far.test": {"A": ["127.0.0.9"]},
        "mx.far.test": {"A": ["127.0.0.1"]},
    }
    async with hostile(TAKEN) as server:
        line = carrier(server.port, FakeResolver(zone)).line("far.test")
        (report,) = await line.send(parcel())
        await line.close()
    assert report.progress is Progress.DELIVERED
    assert report.host == "mx.far.test [127.0.0.1]"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "0.0.0.0", "169.254.169.254"])
async def test_a_name_that_leads_inside_is_never_called(address: str) -> None:
    zone = {"far.test": {"MX": ["10 mx.far.test"]}, "mx.far.test": {"A": [address]}}
    async with hostile(TAKEN) as server:
        relay = RelaySettings(port=server.port)
        machine = Machine(frozenset, dict, lambda records: None)
        means = Means(FakeResolver(zone), SocketDialer(lambda: "", SHORT), NoPolicies(), machine, lambda *counted: None)
        line = RelayCarrier(means, lambda: relay, lambda: "mail.example.test").line("far.test")
        (report,) = await line.send(parcel())
    assert server.connections == 0
    assert (report.progress, report.status) == (Progress.FAILED, "5.4.4")


async def test_mail_leaves_from_the_address_of_the_chosen_interface() -> None:
    peers = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        writer.transport.abort()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    relay = RelaySettings(port=server.sockets[0].getsockname()[1], private_addresses=True)
    machine = Machine(frozenset, lambda: {4: "127.0.0.5"}, lambda records: None)
    dialer = SocketDialer(lambda: "", SHORT)
    means = Means(FakeResolver(ZONE), dialer, NoPolicies(), machine, lambda *counted: None)
    await RelayCarrier(means, lambda: relay, lambda: "mail.example.test").line("far.test").send(parcel())
    server.close()
    assert peers == ["127.0.0.5"]


async def test_ipv6_is_tried_first_and_ipv4_then() -> None:
    zone = {"far.test": {"MX": ["10 mx.far.test"]}, "mx.far.test": {"AAAA": ["::1"], "A": ["127.0.0.1"]}}
    async with hostile(TAKEN) as server:  # on IPv4 alone
        line = carrier(server.port, FakeResolver(zone)).line("far.test")
        (report,) = await line.send(parcel())
        await line.close()
    assert report.progress is Progress.DELIVERED


# TLS


@pytest.fixture(scope="module")
def server_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("certificates")
    certificates.ensure_self_signed(folder, "mx.far.test", 1_750_000_000)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / certificates.CHAIN_NAME, folder / certificates.KEY_NAME)
    return context


OFFERS_TLS = [Say(b"220 hi\r\n"), Hear(b"EHLO"), Say(b"250-mx.far.test\r\n250 STARTTLS\r\n"), Hear(b"STARTTLS")]


async def test_octets_in_clear_behind_the_reply_to_starttls_are_never_read_as_replies() -> None:
    injected = [*OFFERS_TLS, Say(b"220 go\r\n250-mx.far.test\r\n250 AUTH PLAIN\r\n"), Silence()]
    async with hostile(injected, TAKEN) as server:
        (report,) = await send(server)
    assert report.progress is Progress.DELIVERED
    assert report.tls == ""
    assert server.connections == 2, "the first is of no use any more"


@pytest.mark.parametrize("broken", [[Say(b"garbage garbage garbage\r\n"), Silence()], [Reset()], []])
async def test_tls_that_fails_is_done_without_where_nobody_asked_for_it(broken: list[Step]) -> None:
    async with hostile([*OFFERS_TLS, Say(b"220 go\r\n"), *broken], TAKEN) as server:
        (report,) = await send(server)
    assert report.progress is Progress.DELIVERED
    assert report.tls == ""
    assert server.connections == 2, "never on the connection on which TLS has failed"


async def test_tls_is_used_where_it_is_offered(server_context: ssl.SSLContext) -> None:
    script = [*OFFERS_TLS, Say(b"220 go\r\n"), TLS(server_context), *TAKEN[1:]]
    async with hostile(script) as server:
        (report,) = await send(server)
    assert report.progress is Progress.DELIVERED
    assert report.tls.startswith("TLSv1.3 ")


def _strips(server_context: ssl.SSLContext) -> list[Step]:
    return [Say(b"220 hi\r\n"), Hear(b"EHLO"), Say(b"250 mx.far.test\r\n"), *TAKEN[3:]]


def _garbage(server_context: ssl.SSLContext) -> list[Step]:
    return [*OFFERS_TLS, Say(b"220 go\r\n"), Say(b"garbage\r\n"), Silence()]


def _refuses(server_context: ssl.SSLContext) -> list[Step]:
    return [*OFFERS_TLS, Say(b"454 4.7.0 not now\r\n"), *TAKEN[3:]]


def _wrong(server_context: ssl.SSLContext) -> list[Step]:
    return [*OFFERS_TLS, Say(b"220 go\r\n"), TLS(server_context), *TAKEN[1:]]


class Enforced:
    """An MTA-STS policy that names the host."""

    async def enforced(self, domain: str) -> Any:
        return self

    def allows(self, host: str) -> bool:
        return host == "mx.far.test"


@pytest.mark.parametrize("how", [_strips, _garbage, _refuses, _wrong])
async def test_where_tls_is_required_nothing_is_sent_without_it(
    how: Callable[[ssl.SSLContext], list[Step]], server_context: ssl.SSLContext
) -> None:
    async with hostile(how(server_context)) as server:
        made = carrier(server.port)
        made._means = Means(  # type: ignore[misc]
            made._means.resolver, made._means.dialer, Enforced(), made._means.machine, lambda *counted: None
        )
        line = made.line("far.test")
        (report,) = await line.send(parcel())
        await line.close()
    assert report.progress is Progress.DEFERRED
    assert report.status.startswith("4.7.")
    assert b"MAIL" not in server.heard
    assert b"hello" not in server.heard


def _tlsa(certificate: bytes, *, right: bool) -> str:
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest()
    return f"3 0 1 {digest if right else '00' * 32}"


@pytest.mark.parametrize(("right", "signed", "expected"), [
    (True, True, Progress.DELIVERED), (False, True, Progress.DEFERRED), (False, False, Progress.DELIVERED),
])  # fmt: skip
async def test_dane(tmp_path: Path, right: bool, signed: bool, expected: Progress) -> None:
    certificates.ensure_self_signed(tmp_path, "mx.far.test", 1_750_000_000)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / certificates.CHAIN_NAME, tmp_path / certificates.KEY_NAME)
    certificate = (tmp_path / certificates.CHAIN_NAME).read_bytes()
    async with hostile([*OFFERS_TLS, Say(b"220 go\r\n"), TLS(context), *TAKEN[1:]]) as server:
        zone = {**ZONE, f"_{server.port}._tcp.mx.far.test": {"TLSA": [_tlsa(certificate, right=right)]}}
        authentic = ("far.test", "mx.far.test", f"_{server.port}._tcp.mx.far.test") if signed else ()
        line = carrier(server.port, FakeResolver(zone, authentic=authentic)).line("far.test")
        (report,) = await line.send(parcel())
        await line.close()
    assert report.progress is expected
    if expected is Progress.DEFERRED:
        assert "DANE" in report.reply
        assert b"MAIL" not in server.heard


async def test_dane_that_can_not_be_looked_up_waits() -> None:
    async with hostile(TAKEN) as server:
        name = f"_{server.port}._tcp.mx.far.test"
        zone = {**ZONE, name: "SERVFAIL"}
        resolver = FakeResolver(zone, authentic=("far.test", "mx.far.test", name))
        (report,) = await carrier(server.port, resolver).line("far.test").send(parcel())
    assert report.progress is Progress.DEFERRED
    assert server.connections == 0
