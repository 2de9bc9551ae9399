"""Connection counts and login delays: bounded, freed, and never in the way of somebody else."""

from __future__ import annotations

import ipaddress

import pytest

from postroom.model.session import Peer
from postroom.net.limits import ConnectionLimits, UnknownRecipients, contains


def peer(address: str) -> Peer:
    return Peer(ipaddress.ip_address(address), 40000, ipaddress.ip_address("127.0.0.1"), 143)


def test_connections_of_one_address_are_bounded_and_freed() -> None:
    limits = ConnectionLimits()
    enter = {"per_address": 2, "total": 100, "trusted": False}
    assert limits.enter("imap", peer("192.0.2.1"), **enter)
    assert limits.enter("imap", peer("192.0.2.1"), **enter)
    assert not limits.enter("imap", peer("192.0.2.1"), **enter)
    assert limits.enter("pop3", peer("192.0.2.1"), **enter)
    assert limits.enter("imap", peer("192.0.2.2"), **enter)
    limits.leave("imap", peer("192.0.2.1"))
    assert limits.enter("imap", peer("192.0.2.1"), **enter)


def test_an_ipv6_network_counts_as_one_address() -> None:
    limits = ConnectionLimits()
    assert limits.enter("imap", peer("2001:db8::1"), per_address=1, total=100, trusted=False)
    assert not limits.enter("imap", peer("2001:db8::ffff:2"), per_address=1, total=100, trusted=False)
    assert limits.enter("imap", peer("2001:db8:0:1::1"), per_address=1, total=100, trusted=False)


def test_a_tenth_of_all_places_is_kept_for_trusted_networks() -> None:
    limits = ConnectionLimits()
    for number in range(9):
        assert limits.enter("imap", peer(f"192.0.2.{number}"), per_address=9, total=10, trusted=False)
    assert not limits.enter("imap", peer("192.0.2.99"), per_address=9, total=10, trusted=False)
    assert limits.enter("imap", peer("127.0.0.1"), per_address=9, total=10, trusted=True)
    assert not limits.enter("imap", peer("127.0.0.1"), per_address=9, total=10, trusted=True)


def test_a_mapped_address_counts_as_ipv4() -> None:
    networks = (ipaddress.ip_network("127.0.0.0/8"),)
    assert contains(networks, ipaddress.ip_address("::ffff:127.0.0.1"))
    assert not contains(networks, ipaddress.ip_address("::1"))
    assert peer("::ffff:192.0.2.7").limit_key == "192.0.2.7"


def test_other_servers_leave_a_tenth_to_people() -> None:
    limits = ConnectionLimits()
    for number in range(8):
        assert limits.enter("smtp", peer(f"192.0.2.{number}"), per_address=9, total=10, trusted=False)
    assert not limits.enter("smtp", peer("192.0.2.99"), per_address=9, total=10, trusted=False)
    assert limits.enter("submission", peer("192.0.2.99"), per_address=9, total=10, trusted=False)
    assert not limits.enter("imap", peer("192.0.2.98"), per_address=9, total=10, trusted=False)
    assert limits.enter("smtp", peer("127.0.0.1"), per_address=9, total=10, trusted=True)


def test_unknown_recipients_are_counted_by_address_and_forgotten_with_time() -> None:
    unknown = UnknownRecipients()
    for second in range(10):
        assert not unknown.are_too_many("192.0.2.1", 10, 0.01 * second)
        unknown.named("192.0.2.1", 10, 0.01 * second)
    unknown.named("192.0.2.1", 10, 0.1)
    assert unknown.are_too_many("192.0.2.1", 10, 0.2)
    assert not unknown.are_too_many("192.0.2.2", 10, 0.2)
    assert not unknown.are_too_many("192.0.2.1", 10, 400.0), "one came back"
    unknown.named("192.0.2.1", 10, 400.0)
    assert unknown.are_too_many("192.0.2.1", 10, 400.0)


def test_what_is_remembered_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postroom.net.limits._MAX_REMEMBERED", 100)
    unknown = UnknownRecipients()
    for number in range(1000):
        unknown.named(f"2001:db8:{number:x}::/64", 10, 1.0)
    assert len(unknown._named) == 100
