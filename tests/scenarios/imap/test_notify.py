"""NOTIFY at its bounds, and across workers' hubs: RFC 5465 §3.1, RFC 5465 §5.8."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness_imap import imap_house
from postroom.store import mailboxes


def test_an_account_with_very_many_mailboxes_is_not_watched(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            account_id = house.accounts["alice"]
            file = await house.adapters.store.files.get(account_id)

            def make(transaction: object) -> None:
                for number in range(2001):
                    mailboxes.create(transaction, account_id, f"m{number}", None)  # type: ignore[arg-type]

            await file.write(make, heavy=True)
            client = await house.login()
            refused = await client.command("NOTIFY SET (personal (MailboxName))")
            assert refused[-1].startswith(b"a2 NO [NOTIFICATIONOVERFLOW]")
            assert (await client.command("NOTIFY NONE"))[-1].startswith(b"a3 OK")
            await client.close()

    asyncio.run(play())


def test_too_many_groups_and_names(tmp_path: Path) -> None:
    group = "(mailboxes a (MessageNew MessageExpunge))"
    names = " ".join(f"n{number}" for number in range(1001))

    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login()
            refused = await client.command(f"NOTIFY SET {' '.join([group] * 101)}")
            assert refused[-1].startswith(b"a2 NO [NOTIFICATIONOVERFLOW]")
            refused = await client.command(f"NOTIFY SET (mailboxes ({names}) (MessageNew MessageExpunge))")
            assert refused[-1].startswith(b"a3 NO [NOTIFICATIONOVERFLOW]")
            assert (await client.command(f"NOTIFY SET {' '.join([group] * 100)}"))[-1].startswith(b"a4 OK")
            await client.close()

    asyncio.run(play())


def test_it_ends_with_the_session(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            hub = house.adapters.hub
            client = await house.login(mailbox="INBOX")
            before = sum(map(len, hub._watchers.values()))
            for _ in range(3):
                await client.command("NOTIFY SET (personal (MessageNew MessageExpunge))")
            assert sum(map(len, hub._watchers.values())) == before + 1, "each NOTIFY replaces the last"
            await client.command("LOGOUT")
            await client.close()
            for _ in range(200):
                if not hub._watchers:
                    break
                await asyncio.sleep(0.01)
            assert not hub._watchers

    asyncio.run(play())
