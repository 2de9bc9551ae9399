"""Commands on very many messages give the loop to other sessions again and again (TARGETS row 15): counted in turns, since time depends on the machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness_imap import Client, ImapHouse, imap_house
from postroom.model.mailbox import INBOX

COUNT = 20_000
PIECE = 5_000  # the most messages handled between two turns anywhere


async def filled(house: ImapHouse) -> None:
    """A mailbox of many messages, all alike: written below the store's entrance, as a hundred thousand appends would take too long."""
    account_id = house.accounts["alice"]
    client = await house.login()
    await client.append(b"Subject: x\r\n\r\nbody\r\n")
    await client.close()
    file = await house.adapters.store.files.get(account_id)
    mailbox = await house.adapters.store.mailbox(account_id, INBOX)
    assert mailbox is not None

    def fill(transaction) -> None:  # type: ignore[no-untyped-def]
        more = range(2, COUNT + 1)
        for table in ("email", "content"):
            row = transaction.execute(f"SELECT * FROM {table}")[0]
            marks = ", ".join("?" * len(row))
            transaction.execute_many(f"INSERT INTO {table} VALUES ({marks})", [(n, *row[1:]) for n in more])
        row = transaction.execute("SELECT * FROM mailbox_email")[0]
        marks = ", ".join("?" * len(row))
        rows = [(*row[:2], n, n, *row[4:]) for n in more]
        transaction.execute_many(f"INSERT INTO mailbox_email VALUES ({marks})", rows)
        transaction.execute(
            "UPDATE mailbox SET uid_next = ?, message_count = ?, unseen_count = ?, size = ? * size WHERE mailbox_id = ?",
            (COUNT + 1, COUNT, COUNT, COUNT, mailbox.mailbox_id),
        )
        transaction.execute(
            "UPDATE account SET next_email_id = ?, message_count = ?, size = ? * size", (COUNT + 1, COUNT, COUNT)
        )

    await file.write(fill, heavy=True)


class Turns:
    """How often the loop came round."""

    def __init__(self) -> None:
        self.count = 0
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.count += 1

    def stop(self) -> None:
        self._task.cancel()


async def test_a_mailbox_full_at_once(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        await filled(house)
        acting, plain, resyncing = [await house.login(mailbox="INBOX") for _ in range(3)]
        await resyncing.command("ENABLE QRESYNC")
        turns = Turns()

        async def run(client: Client, text: str) -> list[bytes]:
            before = turns.count
            lines = await client.command(text)
            assert lines[-1].split()[1] == b"OK", lines[-1]
            assert turns.count - before > COUNT // PIECE, text
            return lines

        assert len(await run(acting, "STORE 1:* +FLAGS (\\Flagged)")) == COUNT + 1
        for client in (plain, resyncing):
            assert len(await run(client, "NOOP")) == COUNT + 1
        assert len(await run(acting, "COPY 1:* Archive")) == 1
        assert len(await run(acting, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 2)")) == COUNT + 2
        assert len(await run(resyncing, "STORE 1:* +FLAGS.SILENT (\\Deleted)")) == COUNT + 1
        assert len(await run(acting, "EXPUNGE")) >= COUNT
        assert sum(b"EXPUNGE" in line for line in await run(plain, "NOOP")) == COUNT
        vanished = [line for line in await run(resyncing, "NOOP") if b"VANISHED" in line]
        assert vanished[0].startswith(b"* VANISHED 1:") and vanished[-1].endswith(b":%d" % COUNT)
        turns.stop()
        for client in (acting, plain, resyncing):
            await client.close()
