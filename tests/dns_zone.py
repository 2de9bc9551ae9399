"""Zones of the tests: what names have, as a dict, and a Resolver that answers from it without a network.

    ZONE = {
        "example.test": {"MX": ["10 mx.example.test"], "TXT": ["v=spf1 mx -all"]},
        "mx.example.test": {"A": ["192.0.2.1"], "TLSA": ["3 1 1 " + "00" * 32]},
        "www.example.test": {"CNAME": ["mx.example.test"]},
        "slow.test": TIMEOUT,                        # every type of this name
        "broken.test": {"TXT": SERVFAIL},            # one type
        "1.2.0.192.in-addr.arpa": {"PTR": ["mx.example.test"]},
    }

A record is its presentation form; a TXT record is its text (str or bytes), or a tuple of strings. `tests/dns_server.py` serves the same dict by UDP and TCP.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from postroom.model.dns import Answer, MxRecord, Outcome, SrvRecord, TlsaRecord

TIMEOUT = "TIMEOUT"
SERVFAIL = "SERVFAIL"
TTL = 300

Found = tuple[str, list[Any], list[str]]
"""TIMEOUT, SERVFAIL, or the name of an Outcome; the records as given; the names that CNAMEs led through."""


class Zone:
    def __init__(self, names: Mapping[str, Any], authentic: Iterable[str] = ()) -> None:
        self.names = {name.lower().removesuffix("."): held for name, held in names.items()}
        self.authentic = tuple(authentic)

    def find(self, name: str, record_type: str) -> Found:
        name = name.lower().removesuffix(".")
        path: list[str] = []
        for _ in range(10):
            held = self.names.get(name)
            if isinstance(held, str):
                return held, [], path
            if held is None:
                below = any(other.endswith("." + name) for other in self.names)
                return ("NO_DATA" if below else "NO_SUCH_NAME"), [], path
            records = held.get(record_type)
            if isinstance(records, str):
                return records, [], path
            if records:
                return "FOUND", list(records), path
            if "CNAME" not in held or record_type == "CNAME":
                return "NO_DATA", [], path
            path = path or [name]
            name = held["CNAME"][0].lower().removesuffix(".")
            path.append(name)
        return SERVFAIL, [], path

    def is_authentic(self, name: str) -> bool:
        name = name.lower().removesuffix(".")
        return any(name == end or name.endswith("." + end) for end in self.authentic)


class FakeResolver:
    """The Resolver port on a Zone; `asked` is every question, in order."""

    def __init__(self, names: Mapping[str, Any] | Zone, authentic: Iterable[str] = ()) -> None:
        self.zone = names if isinstance(names, Zone) else Zone(names, authentic)
        self.asked: list[tuple[str, str]] = []

    async def a(self, name: str) -> Answer[IPv4Address]:
        return self._answer(name, "A", IPv4Address)

    async def aaaa(self, name: str) -> Answer[IPv6Address]:
        return self._answer(name, "AAAA", IPv6Address)

    async def mx(self, name: str) -> Answer[MxRecord]:
        answer = self._answer(name, "MX", _mx)
        return Answer(
            answer.outcome, tuple(sorted(answer.records, key=lambda mx: mx.preference)), TTL, answer.is_authentic, answer.aliases
        )  # fmt: skip

    async def txt(self, name: str) -> Answer[bytes]:
        return self._answer(name, "TXT", txt_value)

    async def ptr(self, address: IPv4Address | IPv6Address) -> Answer[str]:
        return self._answer(ipaddress.ip_address(address).reverse_pointer, "PTR", _name)

    async def tlsa(self, name: str) -> Answer[TlsaRecord]:
        return self._answer(name, "TLSA", _tlsa)

    async def cname(self, name: str) -> Answer[str]:
        return self._answer(name, "CNAME", _name)

    async def srv(self, name: str) -> Answer[SrvRecord]:
        return self._answer(name, "SRV", _srv)

    def _answer(self, name: str, record_type: str, read: Any) -> Answer[Any]:
        self.asked.append((record_type, name.lower()))
        word, records, path = self.zone.find(name, record_type)
        if word in (TIMEOUT, SERVFAIL):
            return Answer(Outcome.FAILED, reason=word)
        return Answer(
            Outcome[word], tuple(read(record) for record in records), TTL, self.zone.is_authentic(name), tuple(path)
        )


def txt_value(record: str | bytes | tuple[str | bytes, ...]) -> bytes:
    strings = record if isinstance(record, tuple) else (record,)
    return b"".join(string if isinstance(string, bytes) else string.encode() for string in strings)


def _name(record: str) -> str:
    return record.lower().removesuffix(".")


def _mx(record: str) -> MxRecord:
    preference, host = record.split()
    return MxRecord(int(preference), _name(host))


def _srv(record: str) -> SrvRecord:
    priority, weight, port, host = record.split()
    return SrvRecord(int(priority), int(weight), int(port), _name(host))


def _tlsa(record: str) -> TlsaRecord:
    usage, selector, matching_type, association = record.split(maxsplit=3)
    return TlsaRecord(int(usage), int(selector), int(matching_type), bytes.fromhex(association))
