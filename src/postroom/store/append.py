"""The one entrance for every message: SMTP, LMTP, submission, APPEND, import and restore all end here.

An arrival becomes an email with its ready-made facts, its content, its place in a thread and its membership in a mailbox, in the caller's transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from postroom.model.database import Transaction
from postroom.model.email import Appended, Arrival
from postroom.model.errors import Conflict, Meaning, NotFound, OverLimit
from postroom.model.ids import AccountId, EmailId, ModSeq
from postroom.model.keywords import DELETED, SEEN
from postroom.store import known_keywords, mailboxes

MAX_UID = (1 << 32) - 1  # RFC 9051 §2.3.1.1
_MAX_REFERENCES = 20  # newest first: a thread is found by its last messages; a list of thousands is an attack
DELIVERED_FOR = (
    30 * 86_400
)  # seconds that the name of a delivery is kept: the queue asks again at its next look, or when the server is back
_INSERT_EMAIL = "INSERT INTO email VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def append(
    transaction: Transaction, account_id: AccountId, arrivals: Sequence[tuple[Arrival, str | None]], now: int
) -> list[Appended]:
    """Add all; each comes with the path of its large content, or None. Raises NotFound, OverLimit, Conflict."""
    added = sum(arrival.content.size + len(arrival.prefix) for arrival, _ in arrivals)
    rows = transaction.execute(
        "UPDATE account SET mod_seq = mod_seq + 1, next_email_id = next_email_id + ?, size = size + ?,"
        " message_count = message_count + ? WHERE account_id = ? RETURNING mod_seq, next_email_id, quota, size",
        (len(arrivals), added, len(arrivals), account_id),
    )
    if not rows:
        raise NotFound("this account has no mail store")
    mod_seq, next_email_id, quota, size = rows[0]
    for arrival, _ in arrivals:
        if arrival.once:  # before the quota: what is here already is not too much
            _deliver_once(transaction, account_id, arrival.once, now)
    if quota is not None and size > quota:
        raise OverLimit("the mailbox is full", meaning=Meaning.OVER_QUOTA)
    first_email_id = next_email_id - len(arrivals)
    return [
        _append_one(transaction, account_id, EmailId(first_email_id + index), mod_seq, arrival, path, now)
        for index, (arrival, path) in enumerate(arrivals)
    ]


def _append_one(  # noqa: PLR0913 - the columns of one row
    transaction: Transaction,
    account_id: AccountId,
    email_id: EmailId,
    mod_seq: int,
    arrival: Arrival,
    path: str | None,
    now: int,
) -> Appended:
    size = arrival.content.size + len(arrival.prefix)
    uid, uid_validity = take_uids(transaction, account_id, arrival.mailbox_id, [(arrival.keywords.bits, size)], mod_seq)
    summary = arrival.summary
    transaction.execute(
        _INSERT_EMAIL,
        (
            email_id,
            account_id,
            _thread(transaction, account_id, email_id, arrival),
            arrival.content.blob_id,
            arrival.content.size,
            summary.sent_at,
            arrival.source.value,
            summary.has_attachment,
            summary.message_id,
            summary.base_subject,
            summary.envelope,
            summary.body_structure,
            summary.body,
            summary.parts,
            summary.header_cache,
            summary.preview,
        ),
    )
    transaction.execute(
        "INSERT INTO content VALUES (?, ?, ?, ?, ?)",
        (email_id, account_id, arrival.prefix, arrival.content.data if path is None else None, path),
    )
    transaction.execute(
        "INSERT INTO mailbox_email VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account_id, arrival.mailbox_id, uid, email_id, arrival.keywords.bits, arrival.keywords.others_text, mod_seq,
            size, arrival.received_at, now, arrival.received_zone,
        ),
    )  # fmt: skip
    known_keywords.note(transaction, account_id, arrival.mailbox_id, arrival.keywords.others, mod_seq)
    return Appended(uid, uid_validity, email_id, ModSeq(mod_seq))


def _deliver_once(transaction: Transaction, account_id: AccountId, name: str, now: int) -> None:
    transaction.execute("DELETE FROM delivered WHERE account_id = ? AND at < ?", (account_id, now - DELIVERED_FOR))
    new = "INSERT INTO delivered VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING at"
    if not transaction.execute(new, (account_id, name, now)):
        raise delivered_before()


def delivered_before() -> Conflict:
    return Conflict("this message has been delivered here", meaning=Meaning.ALREADY_DELIVERED)


def take_uids(
    transaction: Transaction, account_id: AccountId, mailbox_id: int, messages: Sequence[tuple[int, int]], mod_seq: int
) -> tuple[int, int]:
    """Count `messages` (bits, size) into a mailbox; returns the first of their consecutive UIDs, and UIDVALIDITY."""
    count = len(messages)
    rows = transaction.execute(
        "UPDATE mailbox SET uid_next = uid_next + ?, message_count = message_count + ?, unseen_count = unseen_count + ?,"
        " deleted_count = deleted_count + ?, size = size + ?, mod_seq = ?"
        " WHERE account_id = ? AND mailbox_id = ? RETURNING uid_next, uid_validity",
        (
            count,
            count,
            sum(not bits & SEEN for bits, _ in messages),
            sum(bool(bits & DELETED) for bits, _ in messages),
            sum(size for _, size in messages),
            mod_seq,
            account_id,
            mailbox_id,
        ),
    )
    if not rows:
        raise mailboxes.no_such_mailbox()
    uid_next, uid_validity = rows[0]
    if uid_next > MAX_UID:
        raise OverLimit("the mailbox has given out all its UIDs; move its messages to a new one")
    return uid_next - count, uid_validity


def _thread(transaction: Transaction, account_id: AccountId, email_id: EmailId, arrival: Arrival) -> int:
    """The thread of the newest known reference, or a new one named after this email (RFC 8621 §3)."""
    summary = arrival.summary
    own = [summary.message_id] if summary.message_id else []
    names = dict.fromkeys([*own, *reversed(summary.references[-_MAX_REFERENCES:])])
    references = [_reference(name) for name in names]
    thread_id: int = email_id
    unknown = []
    for reference in references:
        found = transaction.execute(
            "SELECT thread_id FROM thread_reference WHERE account_id = ? AND reference = ?", (account_id, reference)
        )
        if not found:
            unknown.append(reference)
        elif thread_id == email_id:
            thread_id = found[0][0]
    for reference in unknown:
        transaction.execute("INSERT INTO thread_reference VALUES (?, ?, ?)", (account_id, reference, thread_id))
    return thread_id


def _reference(message_id: str) -> int:
    digest = hashlib.blake2b(message_id.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
