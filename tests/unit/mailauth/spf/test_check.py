"""What a policy may cost, and what strangers may write into one."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dns_zone import FakeResolver
from postroom.mailauth import limits
from postroom.mailauth.spf import record
from postroom.mailauth.spf.check import SpfResult, SpfStatus, check_host, for_helo, for_reverse_path
from postroom.model.address import Address
from postroom.model.dns import Answer

ALICE = Address("alice", "example.test")
HOST = IPv4Address("192.0.2.1")


async def checked(zone: dict[str, Any], address: str = "192.0.2.1", path: Address | None = ALICE) -> SpfResult:
    return await check_host(for_reverse_path(ip_address(address), path, "mx.example.test"), FakeResolver(zone))


def policy(text: str | bytes, **others: Any) -> dict[str, Any]:
    return {"example.test": {"TXT": [text]}} | others


async def test_both_identities_are_asked_for() -> None:
    zone = policy("v=spf1 ip4:192.0.2.0/24 -all") | {"mx.example.test": {"TXT": ["v=spf1 a -all"], "A": ["192.0.2.1"]}}
    resolver = FakeResolver(zone)
    helo = await check_host(for_helo(HOST, "mx.example.test"), resolver)
    assert (helo.status, helo.identity, helo.domain, helo.reason) == (
        SpfStatus.PASS,
        "helo",
        "mx.example.test",
        "a of mx.example.test",
    )
    path = await check_host(for_reverse_path(HOST, ALICE, "mx.example.test"), resolver)
    assert (path.status, path.identity, path.domain) == (SpfStatus.PASS, "mailfrom", "example.test")
    empty = await check_host(for_reverse_path(HOST, None, "mx.example.test"), resolver)
    assert (empty.status, empty.identity, empty.domain) == (SpfStatus.PASS, "mailfrom", "mx.example.test")
    assert (await checked(zone, "198.51.100.1")).status is SpfStatus.FAIL
    assert (await checked(zone, "::ffff:192.0.2.9")).status is SpfStatus.PASS


@pytest.mark.parametrize(
    "domain", ["localhost", "[192.0.2.1]", "", ".", "a..test", "x" * 64 + ".test", "é" * 300 + ".test"]
)
async def test_what_is_no_domain_has_no_policy(domain: str) -> None:
    result = await check_host(for_helo(HOST, domain), FakeResolver({}))
    assert result.status is SpfStatus.NONE


async def test_unicode_domains_are_asked_for_by_their_ascii_form() -> None:
    zone = {"xn--bcher-kva.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}}
    assert (await checked(zone, path=Address("a", "bücher.test"))).status is SpfStatus.PASS


async def test_lookups_are_bounded() -> None:
    names = {f"n{number}.test": {"TXT": [f"v=spf1 include:n{number + 1}.test -all"]} for number in range(30)}
    resolver = FakeResolver(policy("v=spf1 include:n0.test -all") | names)
    result = await check_host(for_reverse_path(HOST, ALICE, "h.test"), resolver)
    assert (result.status, result.reason) == (SpfStatus.PERMERROR, "too many lookups")
    assert len(resolver.asked) == limits.SPF_LOOKUPS + 1


@pytest.mark.parametrize("text", ["v=spf1 include:example.test -all", "v=spf1 redirect=example.test"])
async def test_policies_that_include_themselves_end(text: str) -> None:
    assert (await checked(policy(text))).status is SpfStatus.PERMERROR


async def test_void_lookups_are_bounded() -> None:
    zone = policy("v=spf1 a:a.none.test a:b.none.test a:c.none.test ip4:192.0.2.1 -all")
    assert (await checked(zone)).status is SpfStatus.PERMERROR
    assert (await checked(policy("v=spf1 a:a.none.test a:b.none.test ip4:192.0.2.1 -all"))).status is SpfStatus.PASS


async def test_hosts_and_names_are_bounded() -> None:
    zone = policy("v=spf1 mx -all")
    zone["example.test"]["MX"] = [f"10 m{number}.test" for number in range(1000)]
    assert (await checked(zone)).status is SpfStatus.PERMERROR
    names = {f"p{number}.other.test": {"A": ["192.0.2.1"]} for number in range(1000)}
    zone = policy("v=spf1 " + "exists:%{p}.x%{p}%{p}.test " * 8 + "-all") | names
    zone["1.2.0.192.in-addr.arpa"] = {"PTR": list(names)}
    resolver = FakeResolver(zone)
    await check_host(for_reverse_path(HOST, ALICE, "h.test"), resolver)
    assert len(resolver.asked) < 40


async def test_a_resolver_that_never_answers_ends_as_a_temporary_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(FakeResolver):
        async def txt(self, name: str) -> Answer[bytes]:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(limits, "EVALUATION_SECONDS", 0.05)
    result = await check_host(for_reverse_path(HOST, ALICE, "h.test"), Silent({}))
    assert (result.status, result.reason) == (SpfStatus.TEMPERROR, "no answer in time")


async def test_an_explanation_is_one_clean_line() -> None:
    zone = policy("v=spf1 -all exp=why.test") | {
        "why.test": {"TXT": ["See http://x.test/?s=%{S}&i=%{c}%_" + "y" * 2000]}
    }
    result = await checked(zone)
    assert result.explanation.startswith("See http://x.test/?s=alice%40example.test&i=192.0.2.1 yyy")
    assert len(result.explanation) == limits.EXPLANATION
    for text in (b"a\r\nRCPT TO:<x>", "é", "%{", b"\x00"):
        assert (await checked(policy("v=spf1 -all exp=why.test") | {"why.test": {"TXT": [text]}})).explanation == ""


@pytest.mark.parametrize(
    "text",
    ["v=spf1 a:" + "%{s}" * 3000 + ".test", "v=spf1 " + "a " * 300, "v=spf1 a:" + "x." * 8000 + "test", "v=spf1 exp=" + "%" * 16_000,
     "v=spf1 " + " " * 16_000 + "-all", "v=spf1 a:" + "/" * 16_000, "v=spf1 ip6:" + ":" * 16_000, "v=spf1 " + "=" * 16_000, "v=spf1 " + "a" * 16_000,
     "v=spf1 a:" + "a-" * 8000, "v=spf1 ip4:" + "1." * 8000, "v=spf1 " + "x" * 20_000],
)  # fmt: skip
async def test_long_policies_end_soon(text: str) -> None:
    start = asyncio.get_running_loop().time()
    result = await checked(policy(text))
    assert result.status in (SpfStatus.PERMERROR, SpfStatus.FAIL, SpfStatus.NEUTRAL)
    assert asyncio.get_running_loop().time() - start < 5  # quadratic ones take minutes


PIECES = ["ip4:", "ip6:", "a", "mx", "ptr", "exists:", "include:", "all", "redirect=", "exp=", "x=", ":", "/", "//", ".", "192.0.2.1", "2001:db8::1",
          "example.test", "%{i}", "%{d2r}", "%{p}", "%%", "%", "32", "0", "128", " ", "+", "-", "~", "?"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
async def test_any_terms_are_a_policy_or_wrong(text: str) -> None:
    for address in ("192.0.2.1", "2001:db8::1"):
        zone = policy("v=spf1 " + text, **{"1.2.0.192.in-addr.arpa": {"PTR": ["example.test"]}})
        assert isinstance((await checked(zone, address)).status, SpfStatus)


@given(st.one_of(st.binary(max_size=100), st.text("amxptr:/ip46=%{}sdr.-+?~l019 2", max_size=80).map(str.encode)))
async def test_any_octets_are_a_policy_or_wrong(data: bytes) -> None:
    assert record.read(b"v=spf1 " + data) is not None
    for address in ("192.0.2.1", "2001:db8::1"):
        assert isinstance((await checked(policy(b"v=spf1 " + data), address)).status, SpfStatus)


@pytest.mark.parametrize(
    "term", ["ip4:192.0.0.2.", "ip4:192.0.2", "ip4:192.0.2.1.1", "ip4:01.2.3.4", "ip4:256.1.1.1", "ip4:", "ip4", "ip6:fe80::1%25eth0", "ip6:1", "ip4:1.2.3.4/33", "ip4:1.2.3.4/ 1"]
)  # fmt: skip
async def test_networks_that_are_none(term: str) -> None:
    assert (await checked(policy(f"v=spf1 {term} -all"))).status is SpfStatus.PERMERROR


async def test_an_ipv6_client() -> None:
    zone = policy("v=spf1 mx//64 -all") | {"m.test": {"AAAA": ["2001:db8::1"]}}
    zone["example.test"]["MX"] = ["10 m.test"]
    assert (await checked(zone, "2001:db8::ffff")).status is SpfStatus.PASS
    assert (await checked(zone, "2001:db8:1::1")).status is SpfStatus.FAIL
    assert IPv6Address("2001:db8::1") is not None
