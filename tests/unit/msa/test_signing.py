"""Who signs what: by the author's domain, or by the one that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dns_zone import FakeResolver
from mail_keys import LETTER, NOW
from postroom.mailauth.dkim.verify import DkimStatus, verify
from postroom.mailauth.stream import read_message
from postroom.model.account import DomainKey, KeyState
from postroom.msa.key_rotation import new_pair, record_name
from postroom.msa.signing import DomainSigner
from postroom.settings.sending import SendingSettings

UNICODE, LABELS = "bücher.test", "xn--bcher-kva.test"


@dataclass
class House:
    """Keys and directory of two domains."""

    held: list[DomainKey]

    async def active(self, domain: str) -> list[DomainKey]:
        return [key for key in self.held if key.domain == domain]

    async def is_local_domain(self, domain: str) -> bool:
        return domain in ("example.test", UNICODE)

    def now(self) -> int:
        return NOW


def signer(house: House, **settings: Any) -> DomainSigner:
    anything: Any = house
    return DomainSigner(anything, anything, house, lambda: SendingSettings(**settings))


def zone(house: House) -> FakeResolver:
    return FakeResolver({record_name(key): {"TXT": [key.record]} for key in house.held})


async def test_a_message_of_our_own_is_signed_for_the_domain_that_is_named() -> None:
    house = House(new_pair(UNICODE, KeyState.ACTIVE, NOW))
    header, _, body = LETTER.partition(b"\r\n\r\n")
    one = signer(house)
    for domain in (UNICODE, LABELS):
        field = await one.sign(header + b"\r\n\r\n", body, domain)
        results = await verify(read_message(field + LETTER), zone(house), NOW)
        assert [(result.status, result.domain) for result in results] == [(DkimStatus.PASS, LABELS)] * 2
    assert await one.sign(header + b"\r\n\r\n", body, "example.test") == b""
    assert await one.sign(header + b"\r\n\r\n", body, "strange.test") == b""
    assert await signer(house, dkim=False).sign(header + b"\r\n\r\n", body, UNICODE) == b""


async def test_a_key_is_loaded_once_and_a_new_one_counts_at_once() -> None:
    house = House(new_pair("example.test", KeyState.ACTIVE, NOW))
    one = signer(house)
    first = await one.keys("example.test")
    assert [key.kind for key in first] == ["rsa", "ed25519"]
    assert [a is b for a, b in zip(first, await one.keys("example.test"), strict=True)] == [True, True]
    house.held = new_pair("example.test", KeyState.ACTIVE, NOW + 86_400)
    assert [key.selector for key in await one.keys("example.test")] == [key.selector for key in house.held]
    house.held = []
    assert await one.keys("example.test") == []
