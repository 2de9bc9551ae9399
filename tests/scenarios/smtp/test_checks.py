"""Mail from other servers is checked, end to end: a real DNS server on loopback, real signatures, every check with every end it may have."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from dns_server import DnsServer, serving
from dns_zone import SERVFAIL, TIMEOUT, FakeResolver
from harness_smtp import MESSAGE, Client, House, client, running
from mail_keys import ed25519_key, published, rsa_key
from postroom.directory import changes
from postroom.mailauth import results
from postroom.mailauth.arc.seal import seal
from postroom.mailauth.arrival import Sender, authenticate, check_sender
from postroom.mailauth.dkim.sign import FORM, sign
from postroom.mailauth.results import MethodResult
from postroom.mailauth.stream import read_message
from postroom.message.headers import Header
from postroom.model.address import parse_address
from postroom.model.email import Column
from postroom.model.keywords import BITS
from postroom.model.mailbox import MailboxRole
from postroom.mta.checks import budget

HERE = "1.0.0.127"
BACK = {"client.test": {"A": ["127.0.0.1"]}, f"{HERE}.in-addr.arpa": {"PTR": ["client.test"]}}
ALLOWED = {"remote.test": {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]}}
FORBIDDEN = {"remote.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}}
SILENT = {"remote.test": {"TXT": SERVFAIL}}
LISTED = {f"{HERE}.list.test": {"A": ["127.0.0.2"]}}
NOT_LISTED = {"2.0.0.127.list.test": {"A": ["127.0.0.2"]}}
WITH_LIST = {"checks.dnsbl_zones": ["list.test"]}
SIGNED_BY = published(rsa_key("remote.test"), ed25519_key("remote.test"))


STRANGER = {"checks.exempt_networks": [], "limits.trusted_networks": [], "limits.greeting_pause": 0}


def policy(wish: str) -> dict[str, Any]:
    return {"_dmarc.remote.test": {"TXT": [f"v=DMARC1; p={wish}"]}}


@contextlib.asynccontextmanager
async def checked(
    folder: Path, zone: dict[str, Any], settings: dict[str, Any] | None = None
) -> AsyncIterator[tuple[House, DnsServer]]:
    """A server that checks loopback too and asks this zone."""
    async with serving(zone) as dns:
        asked = STRANGER | {"network.dns_servers": [f"127.0.0.1:{dns.port}"]}
        async with running(folder, asked | (settings or {})) as house:
            yield house, dns


async def offer(talk: Client, content: bytes = MESSAGE, recipient: str = "alice@example.test") -> bytes:
    """A transaction as far as it goes; the reply that ended it."""
    assert (await talk.command("MAIL FROM:<someone@remote.test>")).startswith(b"250")
    reply = await talk.command(f"RCPT TO:<{recipient}>")
    if not reply.startswith(b"250"):
        assert (await talk.command("RSET")).startswith(b"250")
        return reply
    assert (await talk.command("DATA")).startswith(b"354")
    return await talk.send(content + b".\r\n")


def found(message: bytes) -> list[MethodResult]:
    """What the one field of ours says."""
    fields = Header(message).all(b"authentication-results")
    parsed = [one for value in fields if (one := results.parse(value)) and one.authserv_id == "mail.example.test"]
    assert len(parsed) == 1
    return list(parsed[0].results)


def signed(message: bytes = MESSAGE) -> bytes:
    read = read_message(message, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return (
        sign(read.header, body_hash, [rsa_key("remote.test"), ed25519_key("remote.test")], now=1_750_000_000) + message
    )


async def test_all_that_is_found_stands_in_one_field_in_front(tmp_path: Path) -> None:
    zone = {**BACK, **ALLOWED, **SIGNED_BY, **policy("reject"), **NOT_LISTED}
    async with checked(tmp_path, zone, WITH_LIST) as (house, _):
        async with client(house) as talk:
            assert (await offer(talk, signed())).startswith(b"250")
        (message,) = await house.messages("alice")
        assert [(one.method, one.result) for one in found(message)] == [
            ("dkim", "pass"), ("dkim", "pass"), ("spf", "pass"), ("spf", "none"), ("arc", "none"), ("dmarc", "pass"),
            ("iprev", "pass"), ("dnsbl", "pass"),
        ]  # fmt: skip
        names = [field.name for field in Header(message).fields]
        assert names[:4] == [b"return-path", b"delivered-to", b"authentication-results", b"received"]
        assert b"X-Postroom-Verdict" not in message
        assert b"Received: from client.test (client.test [127.0.0.1])" in message


async def test_forged_results_and_verdicts_are_cut_out(tmp_path: Path) -> None:
    forged = b"Authentication-Results: mail.example.test; dmarc=pass\r\nX-Postroom-Verdict: junk (spf)\r\n"
    async with checked(tmp_path, {**BACK, **FORBIDDEN}) as (house, _):
        async with client(house) as talk:
            assert (await offer(talk, forged + MESSAGE)).startswith(b"250")
        (message,) = await house.messages("alice")
        assert ("spf", "fail") in [(one.method, one.result) for one in found(message)]
        assert b"dmarc=pass" not in message and b"X-Postroom-Verdict" not in message


# What each check needs to fail, and to be out of order; its setting; the reply of a refusal
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str, bytes]] = {
    "reverse_dns": (
        {**ALLOWED, f"{HERE}.in-addr.arpa": {"PTR": ["else.test"]}, "else.test": {"A": ["192.0.2.9"]}},
        {**ALLOWED, f"{HERE}.in-addr.arpa": SERVFAIL}, {}, "reverse_dns", b"550 5.7.25 ",
    ),
    "spf": ({**BACK, **FORBIDDEN}, {**BACK, **SILENT}, {}, "spf", b"550 5.7.23 "),
    "dnsbl": ({**BACK, **LISTED}, {**BACK, f"{HERE}.list.test": SERVFAIL}, WITH_LIST, "dnsbl", b"550 5.7.1 "),
    "dkim": (BACK, {**BACK, "rsa._domainkey.remote.test": SERVFAIL, "ed._domainkey.remote.test": SERVFAIL}, {}, "dkim", b"550 5.7.20 "),
    "dmarc": ({**BACK, **policy("reject")}, {**BACK, "_dmarc.remote.test": SERVFAIL}, {}, "dmarc", b"550 5.7.26 "),
}  # fmt: skip
CONSEQUENCES = ("record", "tag", "junk", "reject")


@pytest.mark.parametrize("check", CASES)
async def test_a_check_that_fails_has_the_consequence_that_is_set(tmp_path: Path, check: str) -> None:
    failing, _, settings, name, refusal = CASES[check]
    async with checked(tmp_path, failing, settings) as (house, _), client(house) as talk:
        for consequence in CONSEQUENCES:
            strictest = "follow" if check == "dmarc" and consequence == "reject" else consequence
            house.change(**{f"checks__{name}": strictest})
            reply = await offer(talk, signed())
            assert reply.startswith(refusal if consequence == "reject" else b"250"), consequence
        recorded, tagged = await house.messages("alice")
        (junk,) = await house.messages("alice", MailboxRole.JUNK)
        assert b"X-Postroom-Verdict" not in recorded
        assert Header(tagged).all(b"x-postroom-verdict")[0].startswith(b"tag (")
        assert Header(junk).all(b"x-postroom-verdict")[0].startswith(b"junk (")


@pytest.mark.parametrize("check", CASES)
async def test_a_check_that_is_out_of_order_fails_open_or_closed(tmp_path: Path, check: str) -> None:
    _, silent, settings, name, _ = CASES[check]
    async with checked(tmp_path, silent, settings) as (house, _), client(house) as talk:
        house.change(**{f"checks__{name}": "follow" if check == "dmarc" else "reject"})
        assert (await offer(talk, signed())).startswith(b"250")
        house.change(**{f"checks__{name}_outage": "defer"})
        assert (await offer(talk, signed())).startswith(b"451 4.4.3 ")
        assert len(await house.messages("alice")) == 1


async def test_a_second_author_evades_nothing(tmp_path: Path) -> None:
    """THREATS A1.14: the message is kept, where it is looked at with care."""
    zone = {**BACK, **policy("reject")}
    second = b"From: Somebody Else <else@other.test>\r\n"
    async with checked(tmp_path, zone) as (house, _), client(house) as talk:
        for message in (second + MESSAGE, MESSAGE.replace(b"\r\nTo:", b"\r\n" + second + b"To:")):
            assert (await offer(talk, message)).startswith(b"250")
        assert len(await house.messages("alice", MailboxRole.JUNK)) == 2
        house.change(checks__author="reject")
        assert (await offer(talk, second + MESSAGE)).startswith(b"550 5.6.0 ")


async def test_softfail_has_a_consequence_of_its_own(tmp_path: Path) -> None:
    zone = {**BACK, "remote.test": {"TXT": ["v=spf1 ~all"]}}
    async with checked(tmp_path, zone, {"checks.spf": "reject"}) as (house, _), client(house) as talk:
        assert (await offer(talk)).startswith(b"250")
        house.change(checks__spf_softfail="reject")
        assert (await offer(talk)).startswith(b"550 5.7.23 ")


async def test_a_domain_that_wishes_quarantine_gets_junk_with_its_keyword(tmp_path: Path) -> None:
    async with checked(tmp_path, {**BACK, **policy("quarantine")}) as (house, _):
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test", "bob@example.test"])).startswith(b"250")
        for name in ("alice", "bob"):
            assert await house.messages(name) == []
            store, account_id = house.adapters.store, house.accounts[name + "@example.test"]
            junk = await store.mailbox_with_role(account_id, MailboxRole.JUNK)
            assert junk is not None
            rows = await store.fetch(account_id, junk.mailbox_id, ((1, 9),), (Column.BITS,))
            assert rows == [(BITS["$junk"],)]


async def test_junk_for_who_has_no_mailbox_for_it_lies_in_the_inbox_with_its_keyword(tmp_path: Path) -> None:
    async with checked(tmp_path, {**BACK, **policy("quarantine")}) as (house, _):
        store, account_id = house.adapters.store, house.accounts["alice@example.test"]
        async with client(house) as talk:
            assert (await offer(talk)).startswith(b"250")
            await store.delete_mailbox(account_id, "Junk")
            replies = [await offer(talk) for _ in range(2)]
        assert all(reply.startswith(b"250") for reply in replies)
        inbox = await store.mailbox_with_role(account_id, MailboxRole.INBOX)
        assert inbox is not None
        rows = await store.fetch(account_id, inbox.mailbox_id, ((1, 9),), (Column.BITS,))
        assert rows == [(BITS["$junk"],)] * 2


async def test_a_trusted_forwarder_vouches_for_what_fails_here(tmp_path: Path) -> None:
    """A list changed the message: its seal says that DMARC had passed."""
    forwarder = rsa_key("forward.test", "f")
    zone = {**BACK, **policy("reject"), **SIGNED_BY, **published(forwarder)}
    async with checked(tmp_path, zone) as (house, dns), client(house) as talk:
        seen = await _sealed(zone)
        assert (await offer(talk, seen)).startswith(b"550 5.7.26 ")
        house.change(checks__arc_sealers=["forward.test"])
        assert (await offer(talk, seen)).startswith(b"250")
        assert (await offer(talk, seen + b"more\r\n")).startswith(b"550 5.7.26 ")
        (message,) = await house.messages("alice")
        assert {("arc", "pass"), ("dmarc", "fail")} < {(one.method, one.result) for one in found(message)}
        assert ("udp", "TXT", "f._domainkey.forward.test") in dns.asked


async def _sealed(zone: dict[str, Any]) -> bytes:
    resolver, key = FakeResolver(zone), rsa_key("forward.test", "f")
    original = read_message(signed())
    spf = await check_sender(Sender(IPv4Address("192.0.2.1"), "mx.remote.test", None, "forward.test"), resolver, 0)
    seen = await authenticate(original, spf, resolver, 1_750_000_000)
    changed = MESSAGE.replace(b"Subject: ", b"Subject: [list] ")
    read = read_message(changed, [FORM])
    return seal(read, seen.arc, key, "forward.test", seen.methods(), 1_750_000_000) + changed


async def test_postmaster_hears_of_those_who_are_refused(tmp_path: Path) -> None:
    """RFC 5321 §4.5.1: who is on a list must be able to ask why."""
    async with checked(tmp_path, {**BACK, **LISTED}, WITH_LIST) as (house, _):
        await house.adapters.database.write(
            lambda transaction: changes.add_alias(
                transaction, parse_address("postmaster@example.test"), parse_address("alice@example.test")
            )
        )
        async with client(house) as talk:
            assert (await offer(talk)).startswith(b"550 5.7.1 ")
            assert (await offer(talk, recipient="postmaster")).startswith(b"250")
        (message,) = await house.messages("alice")
        assert Header(message).all(b"x-postroom-verdict") == [b"tag (block list)"]


async def test_who_is_exempt_costs_no_lookup_and_gets_no_field(tmp_path: Path) -> None:
    exempt = {"checks.exempt_networks": ["127.0.0.0/8"], "checks.spf": "reject", "checks.greylisting": True}
    async with checked(tmp_path, {**BACK, **FORBIDDEN}, exempt) as (house, dns):
        async with client(house) as talk:
            assert (await offer(talk)).startswith(b"250")
        house.change(checks__exempt_networks=[])
        async with client(house, "lmtp") as talk:
            assert (await offer(talk)).startswith(b"250")
        house.change(smtp__relay_networks=["127.0.0.0/8"])
        async with client(house) as talk:
            assert (await offer(talk)).startswith(b"250")
        assert dns.asked == []
        for message in await house.messages("alice"):
            assert Header(message).all(b"authentication-results") == []


async def test_a_search_for_names_costs_no_lookup(tmp_path: Path) -> None:
    async with (
        checked(tmp_path, {**BACK, **FORBIDDEN}, {"checks.spf": "reject"}) as (house, dns),
        client(house) as talk,
    ):
        assert (await offer(talk, recipient="nobody@example.test")).startswith(b"550 5.1.1 ")
        assert dns.asked == []


async def test_greylisting_tells_strangers_to_come_again_and_knows_them_then(tmp_path: Path) -> None:
    settings = {"checks.greylisting": True}
    async with checked(tmp_path, {**BACK, **ALLOWED}, settings) as (house, _), client(house) as talk:
        assert (await offer(talk)).startswith(b"451 4.7.1 ")
        assert (await offer(talk)).startswith(b"451 4.7.1 ")
        assert (await talk.command("MAIL FROM:<>")).startswith(b"250")
        assert (await talk.command("RCPT TO:<alice@example.test>")).startswith(b"250")
        assert (await talk.command("RSET")).startswith(b"250")
        await house.adapters.database.write(
            lambda transaction: transaction.execute("UPDATE greylist SET first_at = first_at - 300")
        )
        assert (await offer(talk)).startswith(b"250")
        assert (await offer(talk, recipient="bob@example.test")).startswith(b"250")


@pytest.mark.parametrize("limit", ["address", "network", "account"])
async def test_too_many_messages_are_told_to_come_later(tmp_path: Path, limit: str) -> None:
    settings = {f"checks.messages_per_{limit}": 2}
    async with checked(tmp_path, {**BACK, **ALLOWED}, settings) as (house, _), client(house) as talk:
        for _ in range(2):
            assert (await offer(talk)).startswith(b"250")
        reply = await talk.command("MAIL FROM:<someone@remote.test>")
        if limit == "account":
            assert reply.startswith(b"250")
            assert (await talk.command("RCPT TO:<bob@example.test>")).startswith(b"250")
            reply = await talk.command("RCPT TO:<alice@example.test>")
        assert reply.startswith(b"450 4.7.1 ")


# THREATS A1.17


def _bombs() -> dict[str, Any]:
    zone: dict[str, Any] = dict(BACK)
    lookups = " ".join(f"include:i{n}.test" for n in range(20))
    zone["remote.test"] = {"TXT": [f"v=spf1 {lookups} -all"]}
    for n in range(20):
        zone[f"i{n}.test"] = {"TXT": [f"v=spf1 include:remote.test mx:m{n}.test ?all"]}
    return zone


BOMBS: dict[str, dict[str, Any]] = {
    "lookups": _bombs(),
    "void lookups": {**BACK, "remote.test": {"TXT": ["v=spf1 a:a.void.test a:b.void.test a:c.void.test -all"]}},
    "itself": {**BACK, "remote.test": {"TXT": ["v=spf1 include:remote.test -all"]}},
    "macros": {**BACK, "remote.test": {"TXT": ["v=spf1 exists:" + "%{l}%{s}." * 200 + "test -all"]}},
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_policies_made_to_cost_much_cost_little(tmp_path: Path, bomb: str) -> None:
    async with checked(tmp_path, BOMBS[bomb], {"checks.spf": "reject"}) as (house, dns):
        async with client(house) as talk:
            reply = await offer(talk)
        assert reply.startswith((b"250", b"550 5.7.23 "))
        assert len(dns.asked) <= 40
        if reply.startswith(b"250"):
            (message,) = await house.messages("alice")
            assert ("spf", "permerror") in [(one.method, one.result) for one in found(message)]


async def test_of_fifty_signatures_a_few_are_looked_at(tmp_path: Path) -> None:
    fields = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=s%d.test; s=x; h=from; bh=%b; b=AAAA\r\n"
        % (n, b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
        for n in range(50)
    )
    async with checked(tmp_path, {**BACK, **ALLOWED}) as (house, dns):
        async with client(house) as talk:
            assert (await offer(talk, fields + MESSAGE)).startswith(b"250")
        (message,) = await house.messages("alice")
        assert len([one for one in found(message) if one.method == "dkim"]) == 8
        assert len([name for _, _, name in dns.asked if "_domainkey" in name]) <= 8


def _chain(sets: int) -> bytes:
    one = (
        "ARC-Seal: i={0}; a=rsa-sha256; cv={1}; d=s{0}.test; s=x; b=AAAA\r\n"
        "ARC-Message-Signature: i={0}; a=rsa-sha256; d=s{0}.test; s=x; h=from; bh=AAAA; b=AAAA\r\n"
        "ARC-Authentication-Results: i={0}; s{0}.test; dmarc=pass\r\n"
    )
    return "".join(one.format(n, "pass" if n > 1 else "none") for n in range(sets, 0, -1)).encode()


COSTLY: dict[str, tuple[bytes, tuple[str, str]]] = {
    "a chain of 60": (_chain(60), ("arc", "fail")),
    "a chain of 50": (_chain(50), ("arc", "fail")),
    "an author deep in the tree": (b"From: a@" + b"x." * 100 + b"remote.test\r\n", ("dmarc", "none")),
    "many authors": (b"From: " + b", ".join(b"a@d%d.test" % n for n in range(2000)) + b"\r\n", ("dmarc", "permerror")),
    "a circle of aliases": (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=loop.test; s=x; h=from;"
        b" bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n", ("dkim", "temperror"),
    ),
}  # fmt: skip
CIRCLE = {"x._domainkey.loop.test": {"CNAME": ["y.test"]}, "y.test": {"CNAME": ["x._domainkey.loop.test"]}}


@pytest.mark.parametrize("header", COSTLY)
async def test_headers_made_to_cost_much_cost_little(tmp_path: Path, header: str) -> None:
    fields, expected = COSTLY[header]
    rest = MESSAGE[MESSAGE.index(b"To: ") :] if fields.startswith(b"From") else MESSAGE
    async with checked(tmp_path, {**BACK, **ALLOWED, **CIRCLE}) as (house, dns):
        async with client(house) as talk:
            assert (await offer(talk, fields + rest)).startswith(b"250")
        role = MailboxRole.JUNK if header == "many authors" else MailboxRole.INBOX
        (message,) = await house.messages("alice", role)
        assert expected in [(one.method, one.result) for one in found(message)]
        assert len(dns.asked) <= 30


async def test_a_dns_that_is_silent_holds_nobody_longer_than_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert budget.SENDER_SECONDS + budget.CONTENT_SECONDS < 20
    monkeypatch.setattr("postroom.mta.checks.pipeline.SENDER_SECONDS", 0.2)
    monkeypatch.setattr("postroom.mta.checks.pipeline.CONTENT_SECONDS", 0.2)
    silent = {"remote.test": TIMEOUT, "_dmarc.remote.test": TIMEOUT, f"{HERE}.in-addr.arpa": TIMEOUT}
    silent |= {"rsa._domainkey.remote.test": TIMEOUT, "ed._domainkey.remote.test": TIMEOUT, "client.test": TIMEOUT}
    async with checked(tmp_path, silent) as (house, dns):
        async with client(house) as talk:
            assert (await offer(talk, signed())).startswith(b"250")
        (message,) = await house.messages("alice")
        assert str(dns.port).encode() not in b"".join(Header(message).all(b"authentication-results"))
        methods = {(one.method, one.result) for one in found(message)}
        assert {("spf", "temperror"), ("dkim", "temperror"), ("dmarc", "temperror"), ("iprev", "temperror")} <= methods
        house.change(checks__spf_outage="defer")
        async with client(house) as talk:
            assert (await offer(talk, signed())).startswith(b"451 4.4.3 ")


async def test_a_large_message_in_pieces_is_verified_as_it_streams(tmp_path: Path) -> None:
    body = b"".join(hashlib.sha256(b"%d" % n).hexdigest().encode() + b"\r\n" for n in range(30_000))
    zone = {**BACK, **SIGNED_BY, **policy("reject")}
    async with checked(tmp_path, zone) as (house, _), client(house) as talk:
        whole = signed(MESSAGE + body)
        assert (await offer(talk, whole)).startswith(b"250")
        assert (await offer(talk, whole[:-4] + b"!!\r\n")).startswith(b"550 5.7.26 ")
        (message,) = await house.messages("alice")
        assert ("dkim", "pass") in [(one.method, one.result) for one in found(message)]
