"""Pairs of keys of a domain: next, active, retired."""

from __future__ import annotations

import stat

from postroom.directory import changes
from postroom.directory.domain_keys import LocalDomainKeys
from postroom.model.account import DomainKey, KeyState
from unit.directory.conftest import Place

DOMAIN = "example.test"


def pair(name: str, state: KeyState = KeyState.NEXT, domain: str = DOMAIN) -> list[DomainKey]:
    return [
        DomainKey(domain, f"{name}{kind[0]}", kind, f"p={name}{kind}", name.encode(), state, 100)
        for kind in ("rsa", "ed25519")
    ]


async def test_a_pair_becomes_active_and_the_one_before_loses_its_private_keys(place: Place) -> None:
    store = LocalDomainKeys(place.database)
    assert await store.add(pair("a", KeyState.ACTIVE))
    assert await store.add(pair("b"))
    assert [key.selector for key in await store.active(DOMAIN)] == ["ar", "ae"]
    assert await store.activate(DOMAIN, 200)
    assert [(key.selector, key.active_at) for key in await store.active(DOMAIN)] == [("br", 200), ("be", 200)]
    retired = [key for key in await store.keys(DOMAIN) if key.state is KeyState.RETIRED]
    assert [(key.private_key, key.retired_at, key.record) for key in retired] == [
        (None, 200, "p=arsa"),
        (None, 200, "p=aed25519"),
    ]
    assert not await store.activate(DOMAIN, 300)
    assert await store.forget_retired(200) == 0
    assert await store.forget_retired(201) == 2
    assert len(await store.keys(DOMAIN)) == 2


async def test_a_domain_has_one_pair_of_a_state(place: Place) -> None:
    store = LocalDomainKeys(place.database)
    assert await store.add(pair("a"))
    assert not await store.add(pair("b"))
    assert not await store.add(pair("a", domain="strange.test"))
    assert [key.selector for key in await store.keys(DOMAIN)] == ["ar", "ae"]


async def test_the_keys_go_with_the_domain(place: Place) -> None:
    store = LocalDomainKeys(place.database)
    await store.add(pair("a", domain="other.test"))
    await place.do(changes.remove_domain, "other.test")
    assert await store.keys("other.test") == []


async def test_only_the_owner_reads_the_file(place: Place) -> None:
    for name in ("server.sqlite", "server.sqlite-wal", "server.sqlite-shm"):
        assert stat.S_IMODE(place.database.path.with_name(name).stat().st_mode) == 0o600


def test_a_private_key_is_not_in_what_is_logged() -> None:
    assert "secret" not in repr(
        pair("secret")[0].private_key and DomainKey("d", "s", "rsa", "r", b"secret", KeyState.NEXT, 0)
    )
