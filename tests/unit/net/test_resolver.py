"""The resolver against a real DNS server on loopback: each outcome, aliases, cutting short, forgeries, the cache and its bounds."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address

import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dns_server import DnsServer, serving
from dns_zone import SERVFAIL, TIMEOUT, FakeResolver
from postroom.model.dns import Answer, MxRecord, Outcome, Resolver, TlsaRecord
from postroom.net import dns_exchange
from postroom.net.answer_cache import AnswerCache
from postroom.net.resolver import FAILURE_TTL, LONGEST_NEGATIVE_TTL, DnsResolver, system_servers

ZONE = {
    "example.test": {
        "MX": ["20 b.example.test", "10 A.example.test"],
        "TXT": ["v=spf1 -all", ("a" * 255, "b" * 300), b"\xff\x00"],
    },
    "a.example.test": {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": ["2001:db8::1"], "TLSA": ["3 1 1 " + "ab" * 32]},
    "www.example.test": {"CNAME": ["web.example.test"]},
    "web.example.test": {"CNAME": ["a.example.test"]},
    "loop.example.test": {"CNAME": ["loop2.example.test"]},
    "loop2.example.test": {"CNAME": ["loop.example.test"]},
    "nowhere.example.test": {"CNAME": ["gone.test"]},
    "null.example.test": {"MX": ["0 ."]},
    "deep.empty.example.test": {"A": ["192.0.2.9"]},
    "slow.test": TIMEOUT,
    "broken.test": SERVFAIL,
    "1.2.0.192.in-addr.arpa": {"PTR": ["a.example.test"]},
    "big.test": {"TXT": ["x" * 4000] * 4},
}


def resolver(server: DnsServer, **options: float) -> DnsResolver:
    return DnsResolver([("127.0.0.1", server.port)], **({"try_seconds": 5.0, "lookup_seconds": 20.0} | options))


async def facts(asked: Resolver) -> list[Answer]:
    return [
        await asked.mx("example.test"),
        await asked.txt("Example.Test."),
        await asked.a("a.example.test"),
        await asked.aaaa("a.example.test"),
        await asked.tlsa("a.example.test"),
        await asked.ptr(IPv4Address("192.0.2.1")),
        await asked.cname("www.example.test"),
        await asked.a("www.example.test"),
        await asked.a("nowhere.example.test"),
        await asked.mx("null.example.test"),
        await asked.aaaa("example.test"),
        await asked.a("empty.example.test"),
        await asked.a("gone.test"),
        await asked.a("broken.test"),
        await asked.a("loop.example.test"),
        await asked.ptr(IPv6Address("2001:db8::9")),
    ]


async def test_a_real_server_and_the_fake_one_answer_alike() -> None:
    async with serving(ZONE, authentic=("a.example.test",)) as server:
        real = await facts(resolver(server))
        fake = await facts(FakeResolver(ZONE, authentic=("a.example.test",)))
        for one, other in zip(real, fake, strict=True):
            assert one.outcome is other.outcome
            assert sorted(map(str, one.records)) == sorted(map(str, other.records))
            assert (one.is_authentic, one.has_failed or one.aliases) == (
                other.is_authentic,
                other.has_failed or other.aliases,
            )
    mx, txt, a, aaaa, tlsa, ptr, cname, alias, *_ = real
    assert mx.records == (MxRecord(10, "a.example.test"), MxRecord(20, "b.example.test"))
    assert b"a" * 255 + b"b" * 300 in txt.records
    assert set(a.records) == {IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")}
    assert aaaa.records == (IPv6Address("2001:db8::1"),)
    assert tlsa.records == (TlsaRecord(3, 1, 1, b"\xab" * 32),)
    assert ptr.records == ("a.example.test",)
    assert cname.records == ("web.example.test",)
    assert cname.aliases == ()
    assert alias.aliases == ("www.example.test", "web.example.test", "a.example.test")
    assert (a.is_authentic, mx.is_authentic) == (True, False)


async def test_silence_and_failure_are_failures_and_are_told_in_time() -> None:
    async with serving(ZONE) as server:
        asked = resolver(server, try_seconds=0.2, lookup_seconds=1.0)
        for name in ("slow.test", "broken.test"):
            answer = await asyncio.wait_for(asked.a(name), 30)
            assert answer.outcome is Outcome.FAILED
            assert answer.reason
        before = len(server.asked)
        assert (await asked.a("broken.test")).ttl == FAILURE_TTL
        assert len(server.asked) == before


@pytest.mark.parametrize(
    ("server", "is_believed"),
    [
        ("127.0.0.1", True),
        ("127.0.0.53", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_the_ad_bit_is_believed_of_loopback_only(server: str, is_believed: bool) -> None:
    response = dns.message.make_response(dns.message.make_query("a.test", "A"))
    assert not dns_exchange.is_believed(response, server)
    response.flags |= dns.flags.AD
    assert dns_exchange.is_believed(response, server) is is_believed


@pytest.mark.parametrize("rcode", [dns.rcode.REFUSED, dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS])
def test_refusals_are_no_answers(rcode: dns.rcode.Rcode) -> None:
    response = dns.message.make_response(dns.message.make_query("a.test", "A", use_edns=0))
    response.set_rcode(rcode)
    with pytest.raises(dns_exchange.Unanswered):
        dns_exchange.read(response, "A", False)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=120))
async def test_a_server_that_answers_anything(data: bytes) -> None:
    async with serving(ZONE) as server:
        server.respond = lambda query, how: query[:2] + b"\x84\x00" + data  # type: ignore[method-assign]
        answer = await resolver(server, try_seconds=0.02, lookup_seconds=0.06).a("a.example.test")
        assert answer.outcome is not Outcome.FOUND


async def test_the_next_server_is_asked_where_one_fails() -> None:
    async with serving({"x.test": SERVFAIL}) as broken, serving({"x.test": {"A": ["192.0.2.5"]}}) as good:
        asked = DnsResolver([("127.0.0.1", broken.port), ("127.0.0.1", good.port)])
        assert (await asked.a("x.test")).records == (IPv4Address("192.0.2.5"),)


async def test_what_is_cut_short_comes_by_tcp() -> None:
    async with serving(ZONE, truncate=True) as server:
        answer = await resolver(server).txt("example.test")
        assert answer.outcome is Outcome.FOUND
        assert [how for how, _, _ in server.asked] == ["udp", "tcp"]
        assert sum(map(len, (await resolver(server).txt("big.test")).records)) in (4000, 16000)


async def test_answers_of_another_number_are_passed_over() -> None:
    async with serving(ZONE, forge=True) as server:
        assert (await resolver(server).aaaa("a.example.test")).records == (IPv6Address("2001:db8::1"),)


async def test_names_that_are_none_are_not_asked_for() -> None:
    async with serving(ZONE) as server:
        asked = resolver(server)
        for name in (
            "",
            ".",
            "a..test",
            "x" * 64 + ".test",
            "é.test",
            "a b.test",
            ".".join(["abcdefg"] * 40),
            "a\x00.test",
        ):
            assert (await asked.a(name)).outcome is Outcome.NO_SUCH_NAME
        assert server.asked == []


async def test_the_cache_answers_until_the_time_is_over() -> None:
    async with serving(ZONE, ttl=1) as server:
        asked = resolver(server)
        for _ in range(3):
            await asked.a("a.example.test")
        assert len(server.asked) == 1
        assert (await asked.a("gone.test")).ttl <= LONGEST_NEGATIVE_TTL


def test_the_cache_is_bounded_and_forgets_the_least_used() -> None:
    cache = AnswerCache(max_octets=10_000)
    answer = Answer(Outcome.FOUND, (1,), 60)
    for number in range(100):
        cache.put(("A", str(number)), answer, 100, 0.0)
        cache.get(("A", "0"), 0.0)
    assert len(cache) <= 10_000 // 350
    assert cache.get(("A", "0"), 1.0) is answer
    assert cache.get(("A", "50"), 1.0) is None
    assert cache.get(("A", "99"), 60.0) is None
    cache.put(("A", "huge"), answer, 5_000, 0.0)
    assert cache.get(("A", "huge"), 1.0) is None


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", [("127.0.0.1", 53)]),
        ("# x\nnameserver 192.0.2.1\nnameserver nonsense\nnameserver\nnameserver fe80::1%eth0\n", [("192.0.2.1", 53), ("fe80::1%eth0", 53)]),
    ],
)  # fmt: skip
def test_the_servers_of_the_machine_are_read(text: str, servers: list[tuple[str, int]]) -> None:
    assert system_servers(text) == servers


def test_the_library_is_loaded_by_the_first_lookup_only() -> None:
    check = "import sys, postroom.net.resolver; sys.exit('dns' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
