"""The pipeline when a check breaks, who is exempt, postmaster, and the marks in front of a message."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any

import pytest

from dns_zone import FakeResolver
from postroom.model.account import Recipient
from postroom.model.address import Address, parse_address
from postroom.model.dns import Answer
from postroom.model.errors import MailError, Meaning, TryLater
from postroom.model.ids import AccountId, SessionId
from postroom.model.ports import GreylistTerms
from postroom.model.verdict import Action, Verdict
from postroom.mta.checks import marks
from postroom.mta.checks.addresses import holds, network_of, plain
from postroom.mta.checks.budget import BudgetResolver
from postroom.mta.checks.pipeline import CheckRooms, Checks, MessageChecks
from postroom.mta.client import Client
from postroom.settings.checks import CheckSettings, Consequence, Outage
from postroom.settings.document import Settings
from postroom.settings.smtp import LimitSettings, SmtpSettings

ALICE = parse_address("alice@example.test")
POSTMASTER = parse_address("PostMaster@example.test")
SENDER = parse_address("someone@remote.test")
HERE = [Recipient(ALICE, AccountId(1), ALICE)]
MESSAGE = b"From: someone@remote.test\r\n\r\nhello\r\n"


class Clock:
    def now(self) -> int:
        return 1_800_000_000


class Greylist:
    """Says what it is told to."""

    def __init__(self, answer: int | Exception = 0) -> None:
        self.answer = answer
        self.met: list[tuple[bytes, bytes]] = []

    async def meet(self, network: bytes, triplet: bytes, terms: GreylistTerms) -> int:
        self.met.append((network, triplet))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class BrokenResolver(FakeResolver):
    async def txt(self, name: str) -> Answer[bytes]:
        raise ZeroDivisionError

    async def ptr(self, address: Any) -> Answer[str]:
        raise ZeroDivisionError


class SilentResolver(FakeResolver):
    async def a(self, name: str) -> Answer[Any]:
        await asyncio.Event().wait()
        raise AssertionError


def begin(
    settings: CheckSettings, *, resolver: Any = None, greylist: Any = None, address: str = "192.0.2.1", path: Address | None = SENDER,
    trusted: Any = (),
) -> MessageChecks | None:  # fmt: skip
    rooms = CheckRooms(resolver or FakeResolver({}), greylist or Greylist(), Clock())
    client = Client(SessionId("s1"), ip_address(address), "mx.remote.test", extended=True)
    whole = Settings(
        checks=settings,
        smtp=SmtpSettings(server_name="mail.example.test"),
        limits=LimitSettings(trusted_networks=trusted),
    )
    return Checks(rooms, lambda: whole).begin(client, path)


async def run(checks: MessageChecks | None, recipient: Address = ALICE) -> bytes:
    assert checks is not None
    await checks.recipient(recipient, HERE)
    checks.write(MESSAGE)
    return (await checks.finish("m1")).prefix


async def test_who_is_exempt_has_no_checks() -> None:
    for address in ("127.0.0.9", "::1", "::ffff:127.0.0.1"):
        assert begin(CheckSettings(), address=address) is None
    assert begin(CheckSettings(exempt_networks=()), address="127.0.0.1") is not None


async def test_a_check_that_breaks_fails_open_and_the_others_go_on() -> None:
    field = await run(begin(CheckSettings(), resolver=BrokenResolver({})))
    assert field.startswith(b"Authentication-Results: mail.example.test;")


@pytest.mark.parametrize("outage", ["reverse_dns_outage", "spf_outage"])
async def test_a_check_of_the_client_that_breaks_fails_closed_where_it_shall(outage: str) -> None:
    with pytest.raises(TryLater) as caught:
        await run(begin(CheckSettings().model_copy(update={outage: Outage.DEFER}), resolver=BrokenResolver({})))
    assert caught.value.meaning is Meaning.SENDER_UNKNOWN_YET


@pytest.mark.parametrize("outage", ["dkim_outage", "dmarc_outage"])
async def test_checks_of_the_content_that_break_fail_closed_where_they_shall(outage: str) -> None:
    settings = CheckSettings().model_copy(update={outage: Outage.DEFER})
    with pytest.raises(TryLater):
        await run(begin(settings, resolver=BrokenResolver({})))


async def test_a_reader_that_breaks_loses_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, chunk: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("postroom.mailauth.stream.MessageReader.write", broken)
    field = await run(begin(CheckSettings()))
    assert b"dmarc" not in field and field.count(b"spf=") == 2


async def test_postmaster_is_spared_and_the_message_is_tagged() -> None:
    settings = CheckSettings(reverse_dns=Consequence.REJECT)
    checks = begin(settings)
    assert checks is not None
    with pytest.raises(MailError) as caught:
        await checks.recipient(ALICE, HERE)
    assert caught.value.meaning is Meaning.REVERSE_DNS_FAILED
    assert b"X-Postroom-Verdict: tag (reverse dns)\r\n" in await run(checks, POSTMASTER)


async def test_of_trusted_networks_only_the_author_is_looked_at() -> None:
    settings = CheckSettings(
        reverse_dns=Consequence.REJECT, dnsbl_zones=("list.test",), greylisting=True, messages_per_account=1
    )
    resolver, greylist = FakeResolver({"1.2.0.192.list.test": {"A": ["127.0.0.2"]}}), Greylist(300)
    for _ in range(2):
        field = await run(begin(settings, resolver=resolver, greylist=greylist, trusted=("192.0.2.0/24",)))
        assert b"spf=" in field and b"iprev=" not in field and b"dnsbl=" not in field
    assert greylist.met == [] and not any(kind == "PTR" or "list" in name for kind, name in resolver.asked)


async def test_greylisting_is_asked_for_strangers_only() -> None:
    settings, greylist = CheckSettings(greylisting=True), Greylist(300)
    with pytest.raises(TryLater) as caught:
        await run(begin(settings, greylist=greylist))
    assert caught.value.meaning is Meaning.GREYLISTED and "300 seconds" in caught.value.public
    await run(begin(settings, greylist=greylist, path=None))
    await run(begin(settings, greylist=greylist), POSTMASTER)
    assert len(greylist.met) == 1


async def test_one_network_case_and_recipient_make_a_triplet() -> None:
    settings, greylist = CheckSettings(greylisting=True), Greylist(0)
    for address, path, recipient in (
        ("192.0.2.1", SENDER, ALICE),
        ("192.0.2.200", parse_address("SomeOne@remote.test"), parse_address("ALICE@example.test")),
        ("192.0.3.1", SENDER, ALICE),
        ("192.0.2.1", SENDER, parse_address("bob@example.test")),
    ):
        await run(begin(settings, greylist=greylist, address=address, path=path), recipient)
    first, same, elsewhere, other = greylist.met
    assert first == same
    assert elsewhere[0] != first[0] and elsewhere[1] != first[1]
    assert other[0] == first[0] and other[1] != first[1]


@pytest.mark.parametrize("failure", [TryLater("locked"), ZeroDivisionError()])
async def test_a_greylist_out_of_order_fails_open_or_closed(failure: Exception) -> None:
    settings = CheckSettings(greylisting=True)
    assert await run(begin(settings, greylist=Greylist(failure)))
    closed = settings.model_copy(update={"greylisting_outage": Outage.DEFER})
    with pytest.raises(TryLater) as caught:
        await run(begin(closed, greylist=Greylist(failure)))
    assert caught.value.meaning is Meaning.SENDER_UNKNOWN_YET


async def test_after_the_deadline_each_lookup_has_failed() -> None:
    resolver = BudgetResolver(SilentResolver({"a.test": {"TXT": ["x"]}}))
    resolver.start(0.01)
    assert (await resolver.a("a.test")).has_failed
    resolver.start(60.0)
    assert (await resolver.txt("a.test")).records == (b"x",)


def test_the_mark_of_a_verdict_is_read_back_from_our_fields_alone() -> None:
    junk = marks.field(Verdict(Action.JUNK, "spf"))
    assert junk == b"X-Postroom-Verdict: junk (spf)\r\n"
    assert marks.is_junk(junk + b"Received: x\r\n") and marks.is_junk(b"Received: x\r\n" + junk)
    assert not marks.is_junk(marks.field(Verdict(Action.TAG, "spf")))
    assert not marks.is_junk(b"Received: from X-Postroom-Verdict: junk (spf)\r\n")
    assert marks.field(Verdict(Action.ACCEPT)) == b""


def test_networks_of_addresses() -> None:
    assert plain(ip_address("::ffff:192.0.2.1")) == ip_address("192.0.2.1")
    assert network_of(ip_address("192.0.2.77"), v4=24, v6=64) == "192.0.2.0/24"
    assert network_of(ip_address("2001:db8:1:2:3::4"), v4=24, v6=64) == "2001:db8:1:2::/64"
    exempt = CheckSettings().exempt_networks
    assert holds(exempt, ip_address("::1")) and not holds(exempt, ip_address("192.0.2.1"))
