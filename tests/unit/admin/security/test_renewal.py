"""Orders are carried out, renewed at their time, tried again when they fail; what is in force stays until then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from authority import Authority
from postroom.admin.operator import Operator
from postroom.admin.security.certificates import CertificateAdmin, CertificateRooms, Wish
from postroom.admin.security.renewal import Renewal
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.app.operating import certificate_rooms
from postroom.model.errors import NotFound, TryLater
from postroom.model.security.acme import AcmeAccount, AcmeOrder, ChallengeKind, Issued
from postroom.net.certificates import ensure_self_signed

NOW = 1_800_000_000
DAY = 86_400
NAME = "mail.example.test"
ME = Operator("somebody")


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> int:
        return self.time


class Issuer:
    """An authority without a network."""

    def __init__(self, authority: Authority, clock: Clock) -> None:
        self._authority = authority
        self._clock = clock
        self.registered: list[str] = []
        self.issued = 0
        self.fault: Exception | None = None
        self.window: int | None = None
        self.asked = 0

    async def register(self, directory: str, email: str) -> AcmeAccount:
        self.registered.append(email)
        return AcmeAccount(directory, b"key", f"uri {len(self.registered)}", email)

    async def issue(self, account: AcmeAccount, order: AcmeOrder) -> Issued:
        if self.fault is not None:
            raise self.fault
        if account.uri == "uri 0":
            raise NotFound("gone")
        self.issued += 1
        chain, key = self._authority.pair(*order.names, now=self._clock.time)
        return Issued(chain, key)

    async def suggested(self, directory: str, chain: bytes) -> int | None:
        self.asked += 1
        return self.window


class House:
    def __init__(self, adapters: Adapters, authority: Authority) -> None:
        self.adapters = adapters
        self.clock = Clock()
        rooms = certificate_rooms(adapters)
        self.rooms = CertificateRooms(rooms.store, rooms.orders, rooms.auditor, rooms.settings, self.clock)
        self.issuer = Issuer(authority, self.clock)
        self.announced = 0
        self.told = asyncio.Event()
        self.renewal = Renewal(self.rooms, self.issuer, self._announce)
        self.admin = CertificateAdmin(self.rooms, self._announce)

    def _announce(self) -> None:
        self.announced += 1
        self.told.set()

    def order(self) -> AcmeOrder:
        return self.adapters.acme.orders()[0]

    def fingerprint(self) -> str | None:
        return next(
            (one.facts.fingerprint for one in self.rooms.store.kept(NOW) if one.name == NAME and one.facts), None
        )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    adapters = build_adapters(DataFolder(tmp_path), must_exist=False)
    ensure_self_signed(adapters.data.certificates, NAME, NOW)
    made = House(adapters, Authority(tmp_path))
    await adapters.settings.change({"smtp.server_name": NAME}, "test")
    wish = Wish([NAME], ChallengeKind.HTTP, email="who@example.test", agree=True)
    await made.admin.place(ME, made.admin.wanted(ME, wish))
    made.announced = 0
    made.told.clear()
    yield made
    await adapters.close()


async def test_issued_made_the_default_and_renewed_at_a_third_of_its_life(house: House) -> None:
    await house.renewal.look()
    assert (house.issuer.registered, house.issuer.issued, house.announced) == (["who@example.test"], 1, 1)
    assert house.adapters.settings.current()[1].certificates.default == NAME
    # 91 days from yesterday
    renew_at = NOW + 90 * DAY - 91 * DAY // 3
    assert (house.order().renew_at, house.order().next_try_at) == (renew_at, renew_at)
    first = house.fingerprint()
    house.clock.time = renew_at - 1
    await house.renewal.look()
    assert house.issuer.issued == 1
    house.clock.time = renew_at
    await house.renewal.look()
    assert (house.issuer.issued, len(house.issuer.registered)) == (2, 1), "the account is kept"
    assert house.fingerprint() not in (None, first)


async def test_a_default_of_an_authority_is_not_taken_over(house: House, tmp_path: Path) -> None:
    await house.admin.add(ME, "bought", *Authority(tmp_path).pair(NAME, now=NOW))
    await house.admin.make_default(ME, "bought")
    await house.renewal.look()
    assert house.adapters.settings.current()[1].certificates.default == "bought"


async def test_failures_are_tried_ever_later_and_the_old_one_stays(house: House) -> None:
    await house.renewal.look()
    kept, renew_at = house.fingerprint(), house.order().renew_at
    assert renew_at is not None
    house.clock.time = renew_at
    house.issuer.fault = TryLater("the authority sleeps")
    pauses = []
    with capture_logs() as logs:
        for _ in range(10):
            await house.renewal.look()
            await house.renewal.look()  # not due
            pauses.append(house.order().next_try_at - house.clock.time)
            house.clock.time = house.order().next_try_at
    assert pauses == [600, 1200, 2400, 4800, 9600, 19200, 38400, 76800, 86400, 86400]
    told = [line for line in logs if line["event"] == "certificate not issued"]
    assert [line["reason"] for line in told] == ["the authority sleeps"] * 10
    assert house.fingerprint() == kept
    found = await house.admin.certificate(ME, NAME)
    assert "not renewed yet: the authority sleeps" in found.problems
    house.issuer.fault = None
    await house.renewal.look()
    assert (house.order().fault, house.order().failures) == ("", 0)
    assert house.fingerprint() != kept


async def test_a_chain_that_cannot_serve_is_a_failure(house: House) -> None:
    async def broken(account: AcmeAccount, order: AcmeOrder) -> Issued:
        return Issued(b"nothing", b"nothing")

    house.issuer.issue = broken  # type: ignore[method-assign]
    await house.renewal.look()
    assert house.order().fault.startswith("chain: certificates in PEM")
    assert house.fingerprint() is None


async def test_an_account_that_is_gone_is_made_anew_once(house: House) -> None:
    order = house.order()
    await house.adapters.acme.keep_account(AcmeAccount(order.directory, b"key", "uri 0", ""))
    await house.renewal.look()
    assert (len(house.issuer.registered), house.issuer.issued) == (1, 1)


async def test_the_authority_may_ask_for_an_earlier_day(house: House) -> None:
    await house.renewal.look()
    renew_at = house.order().renew_at
    assert renew_at is not None
    for window in (None, renew_at + DAY):
        house.issuer.window = window
        house.clock.time += 21_600
        await house.renewal.look()
        assert house.order().renew_at == renew_at
    asked = house.issuer.asked
    house.clock.time += 100
    await house.renewal.look()
    assert house.issuer.asked == asked, "four times a day"
    house.issuer.window = house.clock.time - 1
    house.clock.time += 21_600
    await house.renewal.look()
    await house.renewal.look()
    assert house.issuer.issued == 2


async def test_an_order_that_is_withdrawn_meanwhile_changes_nothing(house: House) -> None:
    issue = house.issuer.issue

    async def slow(account: AcmeAccount, order: AcmeOrder) -> Issued:
        await house.admin.remove(ME, NAME)
        return await issue(account, order)

    house.issuer.issue = slow  # type: ignore[method-assign]
    await house.renewal.look()
    assert house.fingerprint() is None
    assert house.adapters.acme.orders() == []


async def test_a_result_of_another_order_is_not_kept(house: House) -> None:
    order = house.order()
    assert not await house.adapters.acme.note_result(replace(order, names=("other.test",), fault="x"))
    assert house.order() == order


async def test_a_new_order_is_begun_at_once(house: House) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.renewal.run())
        await house.told.wait()
        assert house.issuer.issued == 1
        await house.admin.renew(ME, NAME)
        house.told.clear()
        house.renewal.wake()
        await house.told.wait()
        assert house.issuer.issued == 2
        running.cancel()
