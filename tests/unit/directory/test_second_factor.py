"""The second factor: RFC 6238's own numbers, every code once, recovery codes."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from postroom.directory import second_factor
from postroom.model.errors import Conflict, NotFound
from postroom.model.ids import AccountId
from unit.directory.conftest import Place

ALICE, BOB = AccountId(2), AccountId(3)
NOW = 1_800_000_000
# RFC 6238 appendix B, SHA-1, the last six of eight digits
VECTORS = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"}


async def do(place: Place, operation: Any, *rest: Any) -> Any:
    return await place.database.write(lambda transaction: operation(transaction, *rest))


async def confirmed(place: Place, account_id: AccountId = ALICE) -> tuple[pyotp.TOTP, list[str]]:
    totp = pyotp.TOTP(await do(place, second_factor.begin, account_id))
    codes = await do(place, second_factor.confirm, account_id, totp.at(NOW), NOW)
    assert codes is not None
    return totp, codes


@pytest.mark.parametrize("now", VECTORS)
async def test_the_numbers_of_the_standard(place: Place, now: int) -> None:
    await do(place, second_factor.begin, ALICE)
    await do(
        place, lambda transaction: transaction.execute("UPDATE second_factor SET secret = ?", (b"1234567890" * 2,))
    )
    assert await do(place, second_factor.confirm, ALICE, VECTORS[now], now) is not None


async def test_it_counts_from_the_confirmation(place: Place) -> None:
    with pytest.raises(NotFound):
        await do(place, second_factor.confirm, ALICE, "123456", NOW)
    first = await do(place, second_factor.begin, ALICE)
    assert not second_factor.is_on(place.database.read, ALICE)
    assert not await do(place, second_factor.verify, ALICE, pyotp.TOTP(first).at(NOW), NOW)
    second = await do(place, second_factor.begin, ALICE)
    assert await do(place, second_factor.confirm, ALICE, pyotp.TOTP(first).at(NOW), NOW) is None
    assert await do(place, second_factor.confirm, ALICE, pyotp.TOTP(second).at(NOW), NOW) is not None
    assert second_factor.is_on(place.database.read, ALICE) and not second_factor.is_on(place.database.read, BOB)
    with pytest.raises(Conflict):
        await do(place, second_factor.begin, ALICE)
    with pytest.raises(Conflict):
        await do(place, second_factor.confirm, ALICE, pyotp.TOTP(second).at(NOW + 60), NOW + 60)


async def test_each_code_once(place: Place) -> None:
    totp, _ = await confirmed(place)
    assert not await do(place, second_factor.verify, ALICE, totp.at(NOW), NOW), "the one that confirmed it"
    later = NOW + 30
    assert not await do(place, second_factor.verify, ALICE, totp.at(NOW - 30), later), "one before it"
    assert await do(place, second_factor.verify, ALICE, f" {totp.at(later)[:3]} {totp.at(later)[3:]} ", later)
    assert not await do(place, second_factor.verify, ALICE, totp.at(later), later)
    assert await do(place, second_factor.verify, ALICE, totp.at(later + 30), later), "a clock before ours"
    assert not await do(place, second_factor.verify, ALICE, totp.at(later + 90), later)
    assert await do(place, second_factor.verify, ALICE, totp.at(later + 60), later + 90), "a clock behind ours"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\0", "\ud800", "x" * 10_000])
async def test_what_is_no_code(place: Place, code: str) -> None:
    await confirmed(place)
    assert not await do(place, second_factor.verify, ALICE, code, NOW + 300)


async def test_recovery_codes_are_good_once(place: Place) -> None:
    _, codes = await confirmed(place)
    await confirmed(place, BOB)
    assert len(set(codes)) == 10 and second_factor.recovery_codes_left(place.database.read, ALICE) == 10
    assert not await do(place, second_factor.verify, BOB, codes[0], NOW)
    assert await do(place, second_factor.verify, ALICE, codes[0].upper().replace("-", " "), NOW)
    assert not await do(place, second_factor.verify, ALICE, codes[0], NOW)
    assert second_factor.recovery_codes_left(place.database.read, ALICE) == 9
    fresh = await do(place, second_factor.new_recovery_codes, ALICE)
    assert not await do(place, second_factor.verify, ALICE, codes[1], NOW)
    assert await do(place, second_factor.verify, ALICE, fresh[0], NOW)
    kept = place.database.read("SELECT digest FROM recovery_code")
    assert not any(code.replace("-", "").encode() in bytes(row[0]) for row in kept for code in fresh)


async def test_removed(place: Place) -> None:
    totp, codes = await confirmed(place)
    assert await do(place, second_factor.remove, ALICE)
    assert not await do(place, second_factor.remove, ALICE)
    assert not second_factor.is_on(place.database.read, ALICE)
    for code in (totp.at(NOW + 60), codes[0]):
        assert not await do(place, second_factor.verify, ALICE, code, NOW + 60)
