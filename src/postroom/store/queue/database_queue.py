"""DatabaseQueue: the queue in the server's database; durable before the caller answers 250."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.model.address import Address
from postroom.model.database import Database, Transaction
from postroom.model.email import Content
from postroom.model.envelope import Envelope
from postroom.model.ids import MessageId, QueueId
from postroom.model.ports import Clock
from postroom.model.relaying.queue import (
    AT_ONCE,
    Attempt,
    Lease,
    QueuedLetter,
    QueueItem,
    QueuePart,
    QueueSelection,
    Settlement,
)
from postroom.store.files import large_content
from postroom.store.queue import rows

LONGEST_WAIT = 2 * 86_400  # seconds between two attempts that a schedule may ask for, and some
_MANY = 200  # rows of one change: more are written off the loop
_EVERYTHING = QueueSelection()
# an attempt further away than any wait was noted while the clock was wrong: it is due now that it is right
_DUE = (
    "r.is_held = 0 AND r.lease_until <= :now AND r.release_at <= :now"
    " AND (r.next_attempt_at <= :now OR r.next_attempt_at > :far)"
)


class DatabaseQueue:
    """See model.ports.QueueStore; large contents lie below `folder`."""

    def __init__(self, database: Database, folder: Path, pool: ThreadPoolExecutor, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._pool = pool
        self._clock = clock

    async def enqueue(
        self, envelope: Envelope, content: Content, prefix: bytes, lease: Lease | None = None
    ) -> list[QueueItem]:
        path: str | None = None
        if content.path is not None:
            loop = asyncio.get_running_loop()
            path = await loop.run_in_executor(self._pool, large_content.adopt, content.path, self._folder)
        now = self._clock.now()
        try:
            message_id, first = await self._database.write(
                lambda transaction: _insert(transaction, envelope, content, (prefix, path), (now, lease))
            )
        except Exception:
            if path is not None:
                large_content.remove(self._folder, [path])
            raise
        return [
            QueueItem(
                QueueId(queue_id),
                message_id,
                envelope.reverse_path,
                recipient,
                content.size + len(prefix),
                now,
                now,
                0,
                "",
                is_held=False,
                release_at=envelope.release_at or 0,
                leased_until=lease.until if lease is not None else 0,
            )
            for queue_id, recipient in enumerate(envelope.recipients, first)
        ]

    async def due_domains(self, now: int, limit: int) -> list[str]:
        # each domain is found by one step in the index, however many recipients it has
        found = await self._database.scan(
            "WITH RECURSIVE d (domain) AS (SELECT min(domain) FROM queue_recipient UNION ALL"
            " SELECT (SELECT min(q.domain) FROM queue_recipient q WHERE q.domain > d.domain) FROM d WHERE d.domain IS NOT NULL)"
            " SELECT d.domain FROM d WHERE d.domain IS NOT NULL AND EXISTS"
            f" (SELECT 1 FROM queue_recipient r WHERE r.domain = d.domain AND {_due()}) LIMIT ?",
            (*_due_parameters(now), limit),
        )
        return [domain for (domain,) in found]

    async def claim(self, domain: str, lease: Lease, now: int, limit: int) -> list[QueueItem]:
        def take(transaction: Transaction) -> list[QueueItem]:
            taken = transaction.execute(
                "UPDATE queue_recipient SET lease_owner = ?, lease_until = ? WHERE queue_id IN (SELECT r.queue_id"
                f" FROM queue_recipient r WHERE r.domain = ? AND {_due()} ORDER BY r.next_attempt_at, r.queue_id LIMIT ?)"
                " RETURNING queue_id",
                (lease.owner, lease.until, domain, *_due_parameters(now), limit),
            )
            if not taken:
                return []
            ids = [queue_id for (queue_id,) in taken]
            where = f"WHERE r.queue_id IN ({', '.join('?' * len(ids))}) ORDER BY r.next_attempt_at, r.queue_id"
            return rows.items(transaction.execute, where, ids)

        return await self._database.write(take)

    async def renew(self, lease: Lease, queue_ids: Sequence[QueueId]) -> None:
        if queue_ids:
            await self._database.write(
                lambda transaction: transaction.execute_many(
                    "UPDATE queue_recipient SET lease_until = ? WHERE queue_id = ? AND lease_owner = ?",
                    [(lease.until, queue_id, lease.owner) for queue_id in queue_ids],
                ),
                heavy=len(queue_ids) > _MANY,
            )

    async def free(self, owner: str) -> None:
        await self._write(
            "UPDATE queue_recipient SET lease_owner = '', lease_until = 0 WHERE lease_owner = ?", (owner,)
        )

    def has_lease(self, queue_id: QueueId, owner: str) -> bool:
        return bool(
            self._database.read(
                "SELECT 1 FROM queue_recipient WHERE queue_id = ? AND lease_owner = ? AND is_held = 0",
                (queue_id, owner),
            )
        )

    async def letter(self, message_id: MessageId) -> QueuedLetter | None:
        found = self._database.read(
            "SELECT reverse_path, envelope_id, ret, body_8bit, smtputf8, require_tls, blob_id, size, data, path, prefix,"
            " queued_at FROM queue_message WHERE message_id = ?",
            (message_id,),
        )
        if not found:
            return None
        reverse_path, envelope_id, ret, body_8bit, smtputf8, require_tls, *content = found[0]
        blob_id, size, data, path, prefix, queued_at = content
        envelope = Envelope(
            rows.stored_address(reverse_path) if reverse_path else None,
            (),
            envelope_id,
            ret,
            bool(body_8bit),
            bool(smtputf8),
            bool(require_tls),
        )
        where = str(self._folder / path) if path is not None else None
        return QueuedLetter(envelope, Content(blob_id, size - len(prefix), data, where), prefix, queued_at)

    async def settle(
        self, settlements: Sequence[Settlement], notices: Sequence[tuple[Envelope, Content, bytes]] = ()
    ) -> None:
        now = self._clock.now()

        def write(transaction: Transaction) -> list[str]:
            if notices and _any_left(transaction, settlements):
                for envelope, content, prefix in notices:
                    _insert(transaction, envelope, content, (prefix, None), (now, None))
            return [path for settlement in settlements for path in _settle(transaction, settlement)]

        await self._remove_files(await self._database.write(write, heavy=len(settlements) > _MANY))

    async def redirect(self, queue_id: QueueId, addresses: Sequence[Address]) -> None:
        now = self._clock.now()

        def write(transaction: Transaction) -> list[str]:
            first = rows.numbers(transaction, "queue_id", len(addresses))
            for number, address in enumerate(addresses, first):
                transaction.execute(
                    "INSERT INTO queue_recipient (queue_id, message_id, forward_path, domain, notify, original_recipient,"
                    " next_attempt_at, attempts, last_reply, is_held) SELECT ?, message_id, ?, ?, notify, original_recipient,"
                    " ?, 0, '', is_held FROM queue_recipient WHERE queue_id = ?",
                    (number, str(address), address.domain, now, queue_id),
                )
            return rows.remove(transaction, queue_id)

        await self._remove_files(await self._database.write(write))

    async def items(self, selection: QueueSelection = _EVERYTHING, limit: int = 1000) -> list[QueueItem]:
        where, parameters = rows.condition(selection)
        return rows.items(self._database.read, f"WHERE {where} ORDER BY r.queue_id LIMIT ?", (*parameters, limit))

    async def page(self, selection: QueueSelection, sort: str, offset: int, limit: int) -> QueuePart:
        where, parameters = rows.condition(selection)
        ordered = f"WHERE {where} ORDER BY {rows.order(sort)} LIMIT ? OFFSET ?"
        counted = await self._database.scan(f"SELECT count(*) {rows.FROM} WHERE {where}", parameters)
        found = await self._database.scan(f"{rows.ITEM} {ordered}", (*parameters, limit, offset))
        return QueuePart([rows.item(row) for row in found], counted[0][0])

    async def items_of(self, message_id: MessageId) -> list[QueueItem]:
        return rows.items(self._database.read, "WHERE r.message_id = ? ORDER BY r.queue_id", (message_id,))

    async def attempts(self, queue_id: QueueId) -> list[Attempt]:
        return rows.attempts(self._database.read, queue_id)

    async def hold(self, selection: QueueSelection, *, held: bool) -> int:
        return await self._change(selection, "is_held = ?", "r.is_held <> ?", int(held))

    async def retry(self, selection: QueueSelection) -> int:
        return await self._change(selection, "next_attempt_at = ?", "r.next_attempt_at > ?", AT_ONCE)

    async def delete(self, selection: QueueSelection) -> int:
        where, parameters = rows.condition(selection)

        def write(transaction: Transaction) -> tuple[int, list[str]]:
            ids = transaction.execute(
                "SELECT r.queue_id FROM queue_recipient r JOIN queue_message m ON m.message_id = r.message_id"
                f" WHERE {where}",
                parameters,
            )
            return len(ids), [path for (queue_id,) in ids for path in rows.remove(transaction, QueueId(queue_id))]

        count, paths = await self._database.write(write, heavy=True)
        await self._remove_files(paths)
        return count

    async def count(self) -> int:
        return int(self._database.read("SELECT count(*) FROM queue_recipient")[0][0])

    async def _change(self, selection: QueueSelection, change: str, differs: str, value: int) -> int:
        where, parameters = rows.condition(selection)
        changed: Callable[[Transaction], int] = lambda transaction: len(  # noqa: E731
            transaction.execute(
                f"UPDATE queue_recipient SET {change} WHERE queue_id IN (SELECT r.queue_id FROM queue_recipient r"
                f" JOIN queue_message m ON m.message_id = r.message_id WHERE {where} AND {differs}) RETURNING queue_id",
                (value, *parameters, value),
            )
        )
        return await self._database.write(changed, heavy=True)

    async def _write(self, sql: str, parameters: tuple[object, ...]) -> None:
        await self._database.write(lambda transaction: transaction.execute(sql, parameters))

    async def _remove_files(self, paths: list[str]) -> None:
        if paths:
            await asyncio.get_running_loop().run_in_executor(self._pool, large_content.remove, self._folder, paths)


def _due() -> str:
    """The condition with its marks in order; see `_due_parameters`."""
    return _DUE.replace(":now", "?").replace(":far", "?")


def _due_parameters(now: int) -> tuple[int, int, int, int]:
    return now, now, now, now + LONGEST_WAIT


def _insert(
    transaction: Transaction,
    envelope: Envelope,
    content: Content,
    stored: tuple[bytes, str | None],
    moment: tuple[int, Lease | None],
) -> tuple[MessageId, int]:
    prefix, path = stored
    now, lease = moment
    message_id = rows.numbers(transaction, "queue_message_id", 1)
    first = rows.numbers(transaction, "queue_id", len(envelope.recipients))
    transaction.execute(
        "INSERT INTO queue_message (message_id, reverse_path, envelope_id, ret, body_8bit, smtputf8, require_tls, size,"
        " blob_id, prefix, data, path, queued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message_id,
            str(envelope.reverse_path) if envelope.reverse_path else None,
            envelope.envelope_id,
            envelope.ret,
            int(envelope.body_8bit),
            int(envelope.smtputf8),
            int(envelope.require_tls),
            content.size + len(prefix),
            content.blob_id,
            prefix,
            content.data,
            path,
            now,
        ),
    )
    transaction.execute_many(
        "INSERT INTO queue_recipient (queue_id, message_id, forward_path, domain, notify, original_recipient,"
        " next_attempt_at, attempts, last_reply, is_held, release_at, lease_owner, lease_until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', 0, ?, ?, ?)",
        [
            (
                queue_id,
                message_id,
                str(recipient.forward_path),
                recipient.forward_path.domain,
                ",".join(recipient.dsn.notify) if recipient.dsn.notify is not None else None,
                recipient.dsn.original_recipient,
                now,
                envelope.release_at or 0,
                lease.owner if lease is not None else "",
                lease.until if lease is not None else 0,
            )
            for queue_id, recipient in enumerate(envelope.recipients, first)
        ],
    )
    return MessageId(message_id), first


def _settle(transaction: Transaction, settlement: Settlement) -> list[str]:
    queue_id = settlement.queue_id
    if settlement.next_attempt_at is None:
        return rows.remove(transaction, queue_id)
    attempt = settlement.attempt
    if attempt is None:
        transaction.execute(
            "UPDATE queue_recipient SET next_attempt_at = ?, lease_owner = '', lease_until = 0 WHERE queue_id = ?",
            (settlement.next_attempt_at, queue_id),
        )
        return []
    changed = transaction.execute(
        "UPDATE queue_recipient SET next_attempt_at = ?, attempts = attempts + 1, last_reply = ?, status = ?,"
        " warned_at = coalesce(?, warned_at), lease_owner = '', lease_until = 0 WHERE queue_id = ? RETURNING queue_id",
        (
            settlement.next_attempt_at,
            attempt.report.reply,
            attempt.report.status,
            settlement.warned_at,
            queue_id,
        ),
    )
    if changed:
        rows.note(transaction, queue_id, attempt)
    return []


def _any_left(transaction: Transaction, settlements: Sequence[Settlement]) -> bool:
    """Whether what they are about is still there: who deleted it meanwhile wants no report either."""
    return any(
        transaction.execute("SELECT 1 FROM queue_recipient WHERE queue_id = ?", (settlement.queue_id,))
        for settlement in settlements
    )
