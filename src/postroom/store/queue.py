"""The queue's rows: one per recipient, the message once; durable before the caller answers 250. Attempts are the relay's work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.model.address import Address, parse_address
from postroom.model.database import Database, Transaction
from postroom.model.email import Content
from postroom.model.envelope import DsnRequest, Envelope, EnvelopeRecipient, QueuedLetter, QueueItem
from postroom.model.ids import QueueId
from postroom.model.ports import Clock
from postroom.store import large_content

LONGEST_WAIT = 2 * 86_400  # seconds between two attempts that a schedule may ask for, and some


class DatabaseQueue:
    """See model.ports.QueueStore; large contents lie below `folder`."""

    def __init__(self, database: Database, folder: Path, pool: ThreadPoolExecutor, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._pool = pool
        self._clock = clock

    async def enqueue(self, envelope: Envelope, content: Content, prefix: bytes) -> list[QueueId]:
        path: str | None = None
        if content.path is not None:
            loop = asyncio.get_running_loop()
            path = await loop.run_in_executor(self._pool, large_content.adopt, content.path, self._folder)
        try:
            return await self._database.write(
                lambda transaction: self._insert(transaction, envelope, content, prefix, path)
            )
        except Exception:
            if path is not None:
                large_content.remove(self._folder, [path])
            raise

    def _insert(
        self, transaction: Transaction, envelope: Envelope, content: Content, prefix: bytes, path: str | None
    ) -> list[QueueId]:
        now = self._clock.now()
        message_id = transaction.execute(
            "INSERT INTO queue_message (reverse_path, envelope_id, ret, body_8bit, smtputf8, size, blob_id, prefix, data,"
            " path, queued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING message_id",
            (
                str(envelope.reverse_path) if envelope.reverse_path else None,
                envelope.envelope_id,
                envelope.ret,
                int(envelope.body_8bit),
                int(envelope.smtputf8),
                content.size + len(prefix),
                content.blob_id,
                prefix,
                content.data,
                path,
                now,
            ),
        )[0][0]
        return [
            QueueId(
                transaction.execute(
                    "INSERT INTO queue_recipient (message_id, forward_path, domain, notify, original_recipient,"
                    " next_attempt_at, attempts, last_reply, is_held) VALUES (?, ?, ?, ?, ?, ?, 0, '', 0)"
                    " RETURNING queue_id",
                    (
                        message_id,
                        str(recipient.forward_path),
                        recipient.forward_path.domain,
                        ",".join(recipient.dsn.notify) if recipient.dsn.notify is not None else None,
                        recipient.dsn.original_recipient,
                        now,
                    ),
                )[0][0]
            )
            for recipient in envelope.recipients
        ]

    async def due(self, domains: Sequence[str], now: int, limit: int) -> list[QueueItem]:
        marks = ", ".join("?" * len(domains))
        # further away than any wait: noted while the clock was wrong, and due now that it is right
        when = "(r.next_attempt_at <= ? OR r.next_attempt_at > ?)"
        where = f"WHERE {when} AND r.is_held = 0 AND r.domain IN ({marks}) ORDER BY r.next_attempt_at"
        return self._items(where, (now, now + LONGEST_WAIT, *domains, limit))

    async def letter(self, queue_id: QueueId) -> QueuedLetter | None:
        rows = self._database.read(
            "SELECT m.reverse_path, m.blob_id, m.size, m.data, m.path, m.prefix FROM queue_recipient r"
            " JOIN queue_message m ON m.message_id = r.message_id WHERE r.queue_id = ?",
            (queue_id,),
        )
        if not rows:
            return None
        reverse_path, blob_id, size, data, path, prefix = rows[0]
        content = Content(blob_id, size - len(prefix), data, str(self._folder / path) if path is not None else None)
        return QueuedLetter(_stored(reverse_path) if reverse_path else None, content, prefix)

    async def done(self, queue_id: QueueId) -> None:
        paths = await self._database.write(lambda transaction: _remove(transaction, queue_id))
        if paths:
            await asyncio.get_running_loop().run_in_executor(self._pool, large_content.remove, self._folder, paths)

    async def postpone(self, queue_id: QueueId, next_attempt_at: int, reply: str) -> None:
        await self._database.write(
            lambda transaction: transaction.execute(
                "UPDATE queue_recipient SET next_attempt_at = ?, attempts = attempts + 1, last_reply = ? WHERE queue_id = ?",
                (next_attempt_at, reply, queue_id),
            )
        )

    async def items(self, limit: int = 1000) -> list[QueueItem]:
        return self._items("ORDER BY r.queue_id", (limit,))

    def _items(self, selection: str, parameters: tuple[object, ...]) -> list[QueueItem]:
        rows = self._database.read(
            "SELECT r.queue_id, m.reverse_path, r.forward_path, r.notify, r.original_recipient, m.size, m.queued_at,"
            " r.next_attempt_at, r.attempts, r.last_reply, r.is_held FROM queue_recipient r"
            f" JOIN queue_message m ON m.message_id = r.message_id {selection} LIMIT ?",
            parameters,
        )
        return [
            QueueItem(
                QueueId(row[0]),
                _stored(row[1]) if row[1] else None,
                EnvelopeRecipient(_stored(row[2]), DsnRequest(tuple(row[3].split(",")) if row[3] else None, row[4])),
                row[5],
                row[6],
                row[7],
                row[8],
                row[9],
                bool(row[10]),
            )
            for row in rows
        ]

    async def count(self) -> int:
        return int(self._database.read("SELECT count(*) FROM queue_recipient")[0][0])


def _remove(transaction: Transaction, queue_id: QueueId) -> list[str]:
    """Delete a recipient, and its message when it was the last; returns the large content no longer named."""
    rows = transaction.execute("DELETE FROM queue_recipient WHERE queue_id = ? RETURNING message_id", (queue_id,))
    if not rows or transaction.execute("SELECT 1 FROM queue_recipient WHERE message_id = ? LIMIT 1", rows[0]):
        return []
    gone = transaction.execute("DELETE FROM queue_message WHERE message_id = ? RETURNING path", rows[0])
    return [path for (path,) in gone if path is not None]


def _stored(text: str) -> Address:
    """An address as we wrote it: a quoted local part or an address literal may be in it."""
    if text.startswith('"') or text.endswith("]"):
        local, _, domain = text.rpartition("@")
        if local.startswith('"'):
            local = local[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        return Address(local, domain)
    return parse_address(text)
