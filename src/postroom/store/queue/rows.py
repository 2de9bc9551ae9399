"""Rows of the queue and what they mean: how an item is read, which rows a selection means, how the last recipient takes its message along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from postroom.model.address import Address
from postroom.model.database import Read, Transaction
from postroom.model.envelope import DsnRequest, EnvelopeRecipient
from postroom.model.errors import Malformed
from postroom.model.ids import MessageId, QueueId
from postroom.model.relaying.queue import Attempt, QueueItem, QueueSelection
from postroom.model.relaying.relay import Progress, Report

KEPT_ATTEMPTS = 100  # of one recipient: more than a schedule makes in a month
FROM = "FROM queue_recipient r JOIN queue_message m ON m.message_id = r.message_id"
ITEM = (
    "SELECT r.queue_id, r.message_id, m.reverse_path, r.forward_path, r.notify, r.original_recipient, m.size, m.queued_at,"
    " r.next_attempt_at, r.attempts, r.last_reply, r.is_held, r.status, r.release_at, r.warned_at, r.lease_until"
    f" {FROM}"
)


def items(read: Read, where: str, parameters: Sequence[Any]) -> list[QueueItem]:
    """Those that `where` (with its order and limit) names."""
    return [item(row) for row in read(f"{ITEM} {where}", tuple(parameters))]


def item(row: Sequence[Any]) -> QueueItem:
    return QueueItem(
        QueueId(row[0]),
        MessageId(row[1]),
        stored_address(row[2]) if row[2] else None,
        EnvelopeRecipient(stored_address(row[3]), DsnRequest(tuple(row[4].split(",")) if row[4] else None, row[5])),
        size=row[6],
        queued_at=row[7],
        next_attempt_at=row[8],
        attempts=row[9],
        last_reply=row[10],
        is_held=bool(row[11]),
        status=row[12],
        release_at=row[13],
        warned_at=row[14],
        leased_until=row[15],
    )


def stored_address(text: str) -> Address:
    """An address as we wrote it: local parts of any length (SRS, VERP), quoted ones, address literals."""
    local, _, domain = text.rpartition("@")
    if local.startswith('"'):
        local = local[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return Address(local, domain)


def condition(selection: QueueSelection) -> tuple[str, list[Any]]:
    """A condition on `r` and `m`."""
    words = ["1 = 1"]
    parameters: list[Any] = []
    if selection.queue_ids:
        words.append(f"r.queue_id IN ({', '.join('?' * len(selection.queue_ids))})")
        parameters += selection.queue_ids
    if "@" in selection.recipient:
        words.append("lower(r.forward_path) = lower(?)")
        parameters.append(selection.recipient)
    elif selection.recipient:
        words.append("r.domain = lower(?)")
        parameters.append(selection.recipient)
    if selection.sender == "<>":
        words.append("m.reverse_path IS NULL")
    elif "@" in selection.sender:
        words.append("lower(m.reverse_path) = lower(?)")
        parameters.append(selection.sender)
    elif selection.sender:
        words.append("lower(m.reverse_path) LIKE '%@' || lower(?)")
        parameters.append(selection.sender)
    if selection.held is not None:
        words.append("r.is_held = ?")
        parameters.append(int(selection.held))
    if selection.text:
        pattern = "%" + selection.text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        fields = ("r.forward_path", "coalesce(m.reverse_path, '<>')", "r.last_reply")
        words.append("(" + " OR ".join(f"lower({field}) LIKE ? ESCAPE '\\'" for field in fields) + ")")
        parameters += [pattern] * len(fields)
    return " AND ".join(words), parameters


_SORTS = {
    "": "r.queue_id",
    "id": "r.queue_id",
    "sender": "lower(coalesce(m.reverse_path, ''))",
    "recipient": "lower(r.forward_path)",
    "size": "m.size",
    "queued_at": "m.queued_at",
    "next_attempt_at": "max(r.next_attempt_at, r.release_at)",
    "attempts": "r.attempts",
}


def order(sort: str) -> str:
    """Raises Malformed."""
    name = sort.removeprefix("-")
    if name not in _SORTS:
        raise Malformed(f"sort: one of {', '.join(filter(None, _SORTS))} is wanted")
    direction = "DESC" if sort.startswith("-") else "ASC"
    return f"{_SORTS[name]} {direction}, r.queue_id {direction}"


def attempts(read: Read, queue_id: QueueId) -> list[Attempt]:
    return [
        Attempt(row[0], Report(Progress(row[1]), row[2], row[3], row[4], tls=row[5]))
        for row in read(
            "SELECT at, progress, status, reply, host, tls FROM queue_attempt WHERE queue_id = ? ORDER BY attempt_id",
            (queue_id,),
        )
    ]


def note(transaction: Transaction, queue_id: QueueId, attempt: Attempt) -> None:
    """Keep what became of a try; the oldest make room."""
    report = attempt.report
    transaction.execute(
        "INSERT INTO queue_attempt (queue_id, at, progress, status, reply, host, tls) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (queue_id, attempt.at, report.progress.value, report.status, report.reply, report.host, report.tls),
    )
    transaction.execute(
        "DELETE FROM queue_attempt WHERE queue_id = ? AND attempt_id <= (SELECT attempt_id FROM queue_attempt"
        " WHERE queue_id = ? ORDER BY attempt_id DESC LIMIT 1 OFFSET ?)",
        (queue_id, queue_id, KEPT_ATTEMPTS),
    )


def remove(transaction: Transaction, queue_id: QueueId) -> list[str]:
    """Delete a recipient, and its message when it was the last; returns the large content no longer named."""
    rows = transaction.execute("DELETE FROM queue_recipient WHERE queue_id = ? RETURNING message_id", (queue_id,))
    if not rows:
        return []
    transaction.execute("DELETE FROM queue_attempt WHERE queue_id = ?", (queue_id,))
    if transaction.execute("SELECT 1 FROM queue_recipient WHERE message_id = ? LIMIT 1", rows[0]):
        return []
    gone = transaction.execute("DELETE FROM queue_message WHERE message_id = ? RETURNING path", rows[0])
    return [path for (path,) in gone if path is not None]


def numbers(transaction: Transaction, name: str, count: int) -> int:
    """The first of so many numbers that nobody has had before."""
    following = transaction.execute(
        "UPDATE counter SET next_value = next_value + ? WHERE name = ? RETURNING next_value", (count, name)
    )[0][0]
    return int(following) - count
