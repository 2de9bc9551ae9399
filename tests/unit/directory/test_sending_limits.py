"""Recipients elsewhere in the last 24 hours, of an account and of its domain."""

from __future__ import annotations

import asyncio

import pytest

import directory_rows
from postroom.directory import changes
from postroom.directory.sending_limits import LocalSendingLimits
from postroom.model.errors import Meaning, NotFound, OverLimit
from postroom.model.ids import AccountId
from unit.directory.conftest import Place

ALICE, BOB = AccountId(2), AccountId(3)
HOUR = 3600


class Clock:
    at = 1000 * HOUR

    def now(self) -> int:
        return self.at


async def test_the_usual_limit_counts_24_hours(place: Place) -> None:
    clock = Clock()
    limits = LocalSendingLimits(place.database, clock)
    await limits.take(ALICE, 6, 10)
    clock.at += 2 * HOUR
    await limits.take(ALICE, 4, 10)
    await limits.take(BOB, 10, 10)
    with pytest.raises(OverLimit) as refused:
        await limits.check(ALICE, 1, 10)
    assert refused.value.meaning is Meaning.SENDING_LIMIT and "10 recipients" in refused.value.public
    await limits.check(ALICE, 1, 11)
    await limits.check(ALICE, 100, 0)
    clock.at += 22 * HOUR
    await limits.take(ALICE, 6, 10)
    with pytest.raises(OverLimit):
        await limits.take(ALICE, 1, 10)
    await limits.give_back(ALICE, 6)
    await limits.take(ALICE, 6, 10)
    assert len(place.database.read("SELECT 1 FROM sending_count WHERE subject = '2'")) == 2


async def test_many_at_the_same_time_never_take_more(place: Place) -> None:
    limits = LocalSendingLimits(place.database, Clock())
    results = await asyncio.gather(*(limits.take(ALICE, 3, 10) for _ in range(10)), return_exceptions=True)
    assert results.count(None) == 3
    assert all(isinstance(result, OverLimit) for result in results if result is not None)


async def test_an_account_and_a_domain_have_limits_of_their_own(place: Place) -> None:
    limits = LocalSendingLimits(place.database, Clock())
    await place.do(directory_rows.set_account_limit, "alice@example.test", 3)
    await place.do(directory_rows.set_account_limit, "bob@example.test", 0)
    await limits.take(ALICE, 3, 10)
    with pytest.raises(OverLimit):
        await limits.take(ALICE, 1, 10)
    await limits.take(BOB, 50, 10)
    await place.do(directory_rows.set_domain_limit, "example.test", 60)
    with pytest.raises(OverLimit) as refused:
        await limits.take(BOB, 8, 10)
    assert "this domain" in refused.value.public
    await limits.take(BOB, 7, 10)
    await place.do(directory_rows.set_account_limit, "alice@example.test", None)
    await place.do(directory_rows.set_domain_limit, "example.test", None)
    await limits.take(ALICE, 7, 10)
    for operation, name in (
        (directory_rows.set_account_limit, "nobody@example.test"),
        (directory_rows.set_domain_limit, "none.test"),
    ):
        with pytest.raises(NotFound):
            await place.do(operation, name, 1)


async def test_counts_go_with_the_account_and_the_domain(place: Place) -> None:
    limits = LocalSendingLimits(place.database, Clock())
    await limits.take(ALICE, 3, 10)
    await place.do(changes.remove_account, "alice@example.test")
    assert place.database.read("SELECT subject FROM sending_count") == [("@example.test",)]
