"""Names under others' feet (THREATS A2.5): RENAME of very many mailboxes, DELETE of one that others have open, and the same name again."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from harness_imap import imap_house
from postroom.model.database import Transaction
from postroom.store import mailboxes


async def test_ten_thousand_mailboxes_are_renamed_at_once_and_others_are_served_meanwhile(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        account_id = house.accounts["alice"]
        file = await house.adapters.store.files.get(account_id)
        free = mailboxes.MAX_MAILBOXES - len(await house.adapters.store.mailboxes(account_id))
        names = [f"top/{number:04}" for number in range(free - 1)]

        def fill(transaction: Transaction) -> None:
            for name in names:
                mailboxes.create(transaction, account_id, name, None)

        await file.write(fill, heavy=True)
        client, watcher, other = await house.login(), await house.login(), await house.login("bob")
        assert (await client.command("CREATE one-more"))[-1].split(b" ")[1:3] == [b"NO", b"[LIMIT]"]
        for refused in ("RENAME top new/top", "RENAME top top/0000/top", "RENAME top INBOX"):
            assert (await client.command(refused))[-1].split()[1] == b"NO", refused
        client.send(b"r RENAME top other\r\n")
        renaming = asyncio.create_task(client.answer(b"r"))
        served, seen = 0, set()
        while not renaming.done():
            assert (await other.command("NOOP"))[-1].split()[1] == b"OK"
            served += 1
            lines = await watcher.command('LIST "" "*"')
            found = [line.split(b" ")[-1].decode() for line in lines[:-1]]
            seen.add(tuple(sum(name.startswith(top + "/") for name in found) for top in ("top", "other")))
        assert (await renaming)[-1].split()[1] == b"OK"
        assert served > 0, "another account is served while names are changed"
        assert seen <= {(len(names), 0), (0, len(names))}, "all names are the old ones or the new ones"
        lines = await watcher.command('LIST "" "other/*"')
        assert len(lines) - 1 == len(names)
        for each in (client, watcher, other):
            await each.close()


async def test_deleted_under_another_session_and_made_again_has_another_validity(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        owner, reader, idler = await house.login(), await house.login(), await house.login()
        seen = []
        for _ in range(3):
            assert (await owner.command("CREATE box"))[-1].split()[1] == b"OK"
            await owner.append(b"Subject: x\r\n\r\nx\r\n", "box")
            said = b"".join(await reader.command("SELECT box"))
            await idler.command("SELECT box")
            idler.send(b"i IDLE\r\n")
            assert (await idler.line()).startswith(b"+")
            seen.append(int(re.findall(rb"UIDVALIDITY (\d+)", said)[0]))
            assert (await owner.command("DELETE box"))[-1].split()[1] == b"OK"
            assert (await owner.command("STATUS box (MESSAGES)"))[-1].split(b" ")[1:3] == [b"NO", b"[NONEXISTENT]"]
            reader.send(b"f FETCH 1 BODY.PEEK[]\r\n")
            for told in (reader, idler):
                rest = await asyncio.wait_for(told.reader.read(), 10)
                assert b"* BYE" in rest and b"Subject: x" not in rest, rest
                await told.close()
            reader, idler = await house.login(), await house.login()
        assert seen == sorted(set(seen)), "a UIDVALIDITY is given once, and they ascend"
        for each in (owner, reader, idler):
            await each.close()
