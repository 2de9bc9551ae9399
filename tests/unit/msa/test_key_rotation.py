"""Who makes a domain's keys, and when the next pair takes over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dns_zone import TIMEOUT, FakeResolver
from postroom.mailauth.dkim.keys import from_pem
from postroom.model.account import DomainKey, KeyState
from postroom.msa.key_rotation import KEEP_RETIRED, KeyRotation, new_pair, record_name

NOW = 1_795_737_600  # 2026-11-27


class Keys:
    """model.ports.DomainKeys in memory."""

    def __init__(self) -> None:
        self.held: list[DomainKey] = []
        self.forgotten_before = 0

    async def keys(self, domain: str) -> list[DomainKey]:
        return [key for key in self.held if key.domain == domain]

    async def active(self, domain: str) -> list[DomainKey]:
        return [key for key in await self.keys(domain) if key.state is KeyState.ACTIVE]

    async def add(self, keys: Sequence[DomainKey]) -> bool:
        self.held += keys
        return True

    async def activate(self, domain: str, now: int) -> bool:
        after = {KeyState.ACTIVE: KeyState.RETIRED, KeyState.NEXT: KeyState.ACTIVE}
        self.held = [replace(key, state=after.get(key.state, key.state)) for key in self.held]
        return True

    async def forget_retired(self, before: int) -> int:
        self.forgotten_before = before
        return 0


class Domains:
    def __init__(self, *names: str) -> None:
        self.names = names

    async def local_domains(self) -> list[str]:
        return list(self.names)


class Clock:
    def now(self) -> int:
        return NOW


def rotation(keys: Keys, zone: dict[str, Any], *domains: str) -> KeyRotation:
    directory: Any = Domains(*domains)
    return KeyRotation(keys, directory, FakeResolver(zone), Clock())


def test_selectors_have_the_date_and_never_come_twice() -> None:
    first = new_pair("example.test", KeyState.NEXT, NOW)
    assert [(key.selector, key.kind) for key in first] == [("p20261127r", "rsa"), ("p20261127e", "ed25519")]
    second = new_pair("example.test", KeyState.ACTIVE, NOW, ["p20261127e"])
    assert [(key.selector, key.active_at) for key in second] == [("p20261127r2", NOW), ("p20261127e2", NOW)]
    for key in (*first, *second):
        assert from_pem("example.test", key.selector, key.private_key or b"").record_text == key.record


async def test_a_domain_without_keys_gets_them_once() -> None:
    keys = Keys()
    one = rotation(keys, {}, "example.test", "bücher.test")
    await one.turn()
    await one.turn()
    assert [(key.domain, key.state) for key in keys.held] == [
        (domain, KeyState.ACTIVE) for domain in ("example.test", "bücher.test") for _ in range(2)
    ]
    assert record_name(keys.held[2]) == "p20261127r._domainkey.xn--bcher-kva.test"
    assert keys.forgotten_before == NOW - KEEP_RETIRED


async def test_the_next_pair_waits_until_both_records_are_there() -> None:
    keys = Keys()
    await keys.add(new_pair("example.test", KeyState.ACTIVE, NOW))
    upcoming = new_pair("example.test", KeyState.NEXT, NOW, [key.selector for key in keys.held])
    await keys.add(upcoming)
    zone: dict[str, Any] = {record_name(upcoming[0]): {"TXT": [upcoming[0].record.replace("; ", ";")]}}
    for other in ({"TXT": [upcoming[0].record]}, {"TXT": ["v=DKIM1; p="]}, TIMEOUT):
        zone[record_name(upcoming[1])] = other
        await rotation(keys, zone, "example.test").turn()
        assert [key.state for key in keys.held[2:]] == [KeyState.NEXT] * 2
    zone[record_name(upcoming[1])] = {"TXT": ["something else", upcoming[1].record]}
    await rotation(keys, zone, "example.test").turn()
    assert [key.state for key in keys.held] == [KeyState.RETIRED] * 2 + [KeyState.ACTIVE] * 2
