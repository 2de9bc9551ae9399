"""METADATA at its bounds (RFC 5464 §4.3), and QUOTA with a limit (RFC 9208 §4.1)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness_imap import imap_house
from postroom.model import annotation
from postroom.wire.imap import limits


def test_the_language_and_the_store_have_the_same_bounds() -> None:
    assert annotation.MAX_VALUE == limits.MAX_ANNOTATION == limits.Limits().literal
    assert (annotation.MAX_ENTRIES, annotation.MAX_NAME) == (limits.MAX_ENTRIES, limits.MAX_ENTRY)


@pytest.mark.parametrize(
    "value", [b'"%b"' % (b"x" * 8193), b"{8193+}\r\n" + b"x" * 8193, b"~{9000+}\r\n" + bytes(9000)]
)
def test_a_value_that_is_too_large(tmp_path: Path, value: bytes) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login()
            refused = await client.command(b'SETMETADATA INBOX (/private/a "x" /private/b ' + value + b")")
            assert refused[-1].startswith(b"a2 NO [METADATA MAXSIZE 8192]")
            assert await client.command("GETMETADATA INBOX /private/a") == [
                b"* METADATA INBOX (/private/a NIL)",
                b"a3 OK Completed",
            ]
            await client.close()

    asyncio.run(play())


def test_a_synchronising_literal_that_is_too_large_is_not_asked_for(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login()
            assert await client.command("SETMETADATA INBOX (/private/a {8193}") == [
                b"a2 NO [METADATA MAXSIZE 8192] Literal too large"
            ]
            await client.close()

    asyncio.run(play())


def test_any_octets_come_back(tmp_path: Path) -> None:
    value = bytes(range(256)) * 32

    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login()
            await client.command(b"SETMETADATA INBOX (/private/a ~{%d+}\r\n%b)" % (len(value), value))
            found = await client.command("GETMETADATA INBOX /private/a")
            assert found[0] == b"* METADATA INBOX (/private/a ~{8192}\r\n" + value + b")"
            await client.close()

    asyncio.run(play())


def test_too_many(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login()
            many = " ".join(f'/private/{n} "x"' for n in range(100))
            assert b"OK" in (await client.command(f"SETMETADATA INBOX ({many})"))[-1]
            refused = await client.command('SETMETADATA INBOX (/private/one "x")')
            assert refused[-1].startswith(b"a3 NO [METADATA TOOMANY]")
            assert (await client.command(f'SETMETADATA INBOX ({many} /private/one "x")'))[-1].startswith(b"a4 BAD")
            await client.close()

    asyncio.run(play())


def test_quota_is_told_and_kept(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login()
            await house.adapters.store.set_quota(house.accounts["alice"], 10 * 1024)
            await client.append(b"Subject: a\r\n\r\n" + b"x" * 1486)
            assert b"* QUOTA Account (STORAGE 2 10)" in await client.command("GETQUOTA Account")
            refused = await client.append(b"Subject: b\r\n\r\n" + b"x" * 9000)
            assert b"NO [OVERQUOTA]" in refused[-1]
            assert b"* QUOTA Account (STORAGE 2 10)" in await client.command("GETQUOTAROOT Sent")
            await client.close()

    asyncio.run(play())
