"""Where mail for a domain may be handed to, and where never."""

from __future__ import annotations

import ipaddress
from collections.abc import MutableSequence
from typing import Any

import pytest

from dns_zone import SERVFAIL, TIMEOUT, FakeResolver
from postroom.model.relaying.relay import Progress, Report
from postroom.mta.attempt import hosts
from postroom.mta.attempt.hosts import MOST_ADDRESSES, MOST_HOSTS, Host, Route, Ways

ZONE: dict[str, Any] = {
    "far.test": {"MX": ["20 second.test", "10 first.test", "10 other.test"]},
    "first.test": {"A": ["203.0.113.1"], "AAAA": ["2001:4860::1"]},
    "bare.test": {"A": ["203.0.113.9"]},
    "empty.test": {"TXT": ["nothing here"]},
    "null.test": {"MX": ["0 ."]},
    "nullish.test": {"MX": ["0 .", "10 first.test"]},
    "broken.test": SERVFAIL,
    "silent.test": TIMEOUT,
    "half.test": {"MX": ["10 half-broken.test"]},
    "half-broken.test": {"A": ["203.0.113.2"], "AAAA": SERVFAIL},
    "whole-broken.test": {"A": SERVFAIL, "AAAA": SERVFAIL},
    "ours.test": {"MX": ["10 first.test", "20 mail.example.test", "30 other.test"]},
    "backup.test": {"MX": ["10 mail.example.test", "20 other.test"]},
    "flood.test": {"MX": [f"{number} mx{number}.flood.test" for number in range(1000)]},
    "many.test": {"A": [f"203.0.113.{number}" for number in range(1, 200)]},
    "inside.test": {"A": ["10.0.0.1"]},
    "mixed.test": {"A": ["127.0.0.1", "203.0.113.4"]},
    "xn--exmple-cua.test": {"MX": ["10 first.test"]},
}


def no_shuffle(records: MutableSequence[Any]) -> None:
    """Leaves the order."""


def ways(*, private: bool = False, authentic: tuple[str, ...] = (), shuffle: Any = no_shuffle) -> Ways:
    return Ways(FakeResolver(ZONE, authentic=authentic), {"mail.example.test"}, {"203.0.113.77"}, private, shuffle)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("far.test", ("first.test", "other.test", "second.test")),
        ("bare.test", ("bare.test",)),
        ("ours.test", ("first.test",)),
        ("exämple.test", ("first.test",)),
        ("nullish.test", ("first.test",)),
        ("[203.0.113.5]", ("[203.0.113.5]",)),
    ],
)
async def test_hosts_in_order(domain: str, expected: tuple[str, ...]) -> None:
    found = await hosts.route(domain, ways())
    assert isinstance(found, Route)
    assert found.hosts == expected


@pytest.mark.parametrize(
    ("domain", "progress", "status"),
    [
        ("null.test", Progress.FAILED, "5.1.10"),
        ("nowhere.test", Progress.FAILED, "5.1.2"),
        ("empty.test", Progress.FAILED, "5.1.2"),
        ("broken.test", Progress.DEFERRED, "4.4.3"),
        ("silent.test", Progress.DEFERRED, "4.4.3"),
        ("backup.test", Progress.FAILED, "5.4.6"),
        ("a..b", Progress.FAILED, "5.1.2"),
        ("x" * 300, Progress.FAILED, "5.1.2"),
    ],
)
async def test_nowhere_to_go(domain: str, progress: Progress, status: str) -> None:
    found = await hosts.route(domain, ways())
    assert isinstance(found, Report)
    assert (found.progress, found.status) == (progress, status)


async def test_equal_preferences_are_shuffled_and_others_stay_in_order() -> None:
    found = await hosts.route("far.test", ways(shuffle=lambda records: records.reverse()))
    assert isinstance(found, Route)
    assert found.hosts == ("other.test", "first.test", "second.test")


async def test_a_flood_of_hosts_and_addresses_is_cut() -> None:
    found = await hosts.route("flood.test", ways())
    assert isinstance(found, Route)
    assert found.hosts == tuple(f"mx{number}.flood.test" for number in range(MOST_HOSTS))
    many = await hosts.host("many.test", ways(private=True))
    assert isinstance(many, Host)
    assert len(many.addresses) <= MOST_ADDRESSES


async def test_both_families_in_turn() -> None:
    found = await hosts.host("first.test", ways(private=True))
    assert isinstance(found, Host)
    assert [str(address) for address in found.addresses] == ["2001:4860::1", "203.0.113.1"]


async def test_one_family_that_fails_leaves_the_other() -> None:
    found = await hosts.host("half-broken.test", ways(private=True))
    assert isinstance(found, Host)
    assert [str(address) for address in found.addresses] == ["203.0.113.2"]
    failed = await hosts.host("whole-broken.test", ways())
    assert isinstance(failed, Report)
    assert (failed.progress, failed.status) == (Progress.DEFERRED, "4.4.3")


CALLABLE = ["8.8.8.8", "2001:4860:4860::8888", "1.1.1.1"]
NOT_CALLABLE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "203.0.113.77", "192.0.2.1",
    "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", CALLABLE)
def test_addresses_of_the_world(address: str) -> None:
    assert hosts.is_callable(ipaddress.ip_address(address), ways())


@pytest.mark.parametrize("address", NOT_CALLABLE)
def test_addresses_that_mail_is_never_sent_to(address: str) -> None:
    assert not hosts.is_callable(ipaddress.ip_address(address), ways())


def test_a_setting_opens_private_networks_and_nothing_more() -> None:
    assert hosts.is_callable(ipaddress.ip_address("127.0.0.1"), ways(private=True))
    assert not hosts.is_callable(ipaddress.ip_address("0.0.0.0"), ways(private=True))
    assert not hosts.is_callable(ipaddress.ip_address("::ffff:0.0.0.0"), ways(private=True))


@pytest.mark.parametrize("name", ["inside.test", "[127.0.0.1]", "[IPv6:::1]", "[10.0.0.1]"])
async def test_a_name_that_leads_inside_is_refused_for_good(name: str) -> None:
    found = await hosts.host(name, ways())
    assert isinstance(found, Report)
    assert (found.progress, found.status) == (Progress.FAILED, "5.4.4")


async def test_authentic_is_only_what_is_so_throughout() -> None:
    signed = ways(private=True, authentic=("far.test", "first.test"))
    found = await hosts.route("far.test", signed)
    assert isinstance(found, Route)
    assert found.is_authentic
    first = await hosts.host("first.test", signed)
    assert isinstance(first, Host)
    assert first.is_authentic
    bare = await hosts.host("bare.test", signed)
    assert isinstance(bare, Host)
    assert not bare.is_authentic
