"""Logins over TLS are noted: counted, written at most once an hour, bounded, and never in a login's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from postroom.admin.security.tls_logins import TlsLogins
from postroom.model.errors import TryLater
from postroom.model.ids import AccountId
from postroom.model.security.tls import SeenLogin, TlsLogin

ALICE = TlsLogin(AccountId(1), "imap", "imaps", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "")
START = 1_800_000_000


class Store:
    def __init__(self) -> None:
        self.written: list[dict[TlsLogin, tuple[int, int]]] = []
        self.is_broken = False

    async def add(self, seen: Mapping[TlsLogin, tuple[int, int]]) -> None:
        if self.is_broken:
            raise TryLater("full")
        self.written.append(dict(seen))

    async def seen(self, now: int) -> list[SeenLogin]:
        raise AssertionError("not asked here")


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> int:
        return self.time


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notes(store: Store, clock: Clock) -> TlsLogins:
    return TlsLogins(store, clock)


async def test_written_once_an_hour_with_what_came_meanwhile(notes: TlsLogins, store: Store, clock: Clock) -> None:
    notes.note(ALICE)
    notes.note(ALICE)
    assert store.written == [], "nothing is written at a login"
    await notes.write()
    assert store.written == [{ALICE: (2, START)}]
    for minute in range(1, 60):
        clock.time = START + minute * 60
        notes.note(ALICE)
        await notes.write()
    assert len(store.written) == 1
    clock.time = START + 3600
    await notes.write()
    assert store.written[1:] == [{ALICE: (59, START + 59 * 60)}]


async def test_another_kind_is_written_at_once(notes: TlsLogins, store: Store) -> None:
    notes.note(ALICE)
    await notes.write()
    old = replace(ALICE, version="TLSv1.2")
    notes.note(old)
    notes.note(ALICE)
    await notes.write()
    assert store.written[1:] == [{old: (1, START)}]
    await notes.write(everything=True)
    assert store.written[2:] == [{ALICE: (1, START)}]


async def test_a_client_that_says_its_name_late_counts_once(notes: TlsLogins, store: Store) -> None:
    named = replace(ALICE, client="Mail 3")
    notes.note(ALICE)
    notes.rename(ALICE, named)
    await notes.write()
    assert store.written == [{named: (1, START)}]


async def test_names_without_end_are_bounded(notes: TlsLogins, store: Store) -> None:
    for number in range(500):
        notes.note(replace(ALICE, client=f"x{number}"))
    bob = replace(ALICE, account_id=AccountId(2))
    notes.note(bob)
    await notes.write()
    assert len(store.written[0]) == 51
    assert bob in store.written[0]


async def test_all_together_are_bounded(notes: TlsLogins, store: Store) -> None:
    for number in range(20_000):
        notes.note(replace(ALICE, account_id=AccountId(number)))
    await notes.write()
    assert len(store.written[0]) == 10_000


async def test_a_full_disk_is_told_and_ends_nothing(notes: TlsLogins, store: Store) -> None:
    store.is_broken = True
    notes.note(ALICE)
    with capture_logs() as logs:
        await notes.write()
    assert [line["event"] for line in logs] == ["TLS logins not written"]
    store.is_broken = False
    notes.note(ALICE)
    await notes.write()
    assert store.written == [{ALICE: (1, START)}]
