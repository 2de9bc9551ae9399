"""What is done to messages that are there: keywords, expunge, copy, move; operations inside a transaction.

Every change takes one new mod_seq of the account for all the rows it touches, and keeps the mailbox's counters true.

What is remembered of messages that are gone, for clients that come back and ask (RFC 7162 §3.2.5, RFC 7162 §3.2.6), is bounded by a rule: of each mailbox the
UIDs of the latest `KEPT` and the mod_seq at which they went; when a quarter more have come together, the oldest are forgotten, whole mod_seqs at a time.
`history_from` is the last mod_seq of which something is forgotten: who asks from before it compares with the UIDs that are there
(`MailboxChanges.is_complete`), which answers the same question at the cost of reading them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from postroom.model.database import Row, Transaction
from postroom.model.email import Appended, Arrival, Changed, Copied, KeywordChange
from postroom.model.errors import Meaning, NotFound, OverLimit
from postroom.model.ids import AccountId, MailboxId, ModSeq
from postroom.model.keywords import DELETED, MAX_KEYWORDS, SEEN, Keywords
from postroom.model.mailbox import Mailbox
from postroom.model.ports import Ranges
from postroom.store import append, known_keywords, mailboxes

KEPT = 100_000  # UIDs of one mailbox: some 2 MB; a client that was away for longer than that reads the list of UIDs
_IN_RANGE = " WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ?"
_COUNTS = (
    "SELECT count(*) FILTER (WHERE bits & 1 = 0), count(*) FILTER (WHERE bits & 8 <> 0) FROM mailbox_email" + _IN_RANGE
)
_NEW_BITS = {
    KeywordChange.Action.ADD: "bits | ?",
    KeywordChange.Action.REMOVE: "bits & ~?",
    KeywordChange.Action.REPLACE: "?",
}
_EVERYTHING: Ranges = ((1, append.MAX_UID),)


def change_keywords(
    transaction: Transaction,
    account_id: AccountId,
    mailbox_id: MailboxId,
    ranges: Ranges,
    change: KeywordChange,
    unchanged_since: int | None,
) -> Changed:
    """STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3)."""
    mailbox = _require(transaction, account_id, mailbox_id)
    limit = mailbox.mod_seq if unchanged_since is None else unchanged_since
    modified = []
    if unchanged_since is not None:
        modified = [
            row[0]
            for low, high in ranges
            for row in transaction.execute(
                "SELECT uid FROM mailbox_email" + _IN_RANGE + " AND mod_seq > ? ORDER BY uid",
                (account_id, mailbox_id, low, high, unchanged_since),
            )
        ]
    mod_seq = mailboxes.coming_mod_seq(transaction, account_id)
    rows: list[Row] = []
    unseen = deleted = 0
    counts = _is_counted(change)
    for low, high in ranges:
        place = (account_id, mailbox_id, low, high)
        before = transaction.execute(_COUNTS, place)[0] if counts else (0, 0)
        if change.keywords.others or change.action is KeywordChange.Action.REPLACE:
            rows += _change_each(transaction, place, change, limit, mod_seq)
        else:
            new_bits = _NEW_BITS[change.action]
            bits = change.keywords.bits
            rows += transaction.execute(
                f"UPDATE mailbox_email SET bits = {new_bits}, mod_seq = ?{_IN_RANGE} AND mod_seq <= ?"
                f" AND bits <> ({new_bits}) RETURNING uid, bits, others, mod_seq",
                (bits, mod_seq, *place, limit, bits),
            )
        after = transaction.execute(_COUNTS, place)[0] if counts else (0, 0)
        unseen += after[0] - before[0]
        deleted += after[1] - before[1]
    others = change.keywords.others if ranges else ()
    if not known_keywords.note(transaction, account_id, mailbox_id, others, mod_seq) and not rows:
        # nothing was written: the commit costs no sync, and nobody has to be told
        return Changed(mailbox.mod_seq, mailbox.mod_seq, [], modified)
    mailboxes.next_mod_seq(transaction, account_id)
    transaction.execute(
        "UPDATE mailbox SET mod_seq = ?, unseen_count = unseen_count + ?, deleted_count = deleted_count + ?"
        " WHERE account_id = ? AND mailbox_id = ?",
        (mod_seq, unseen, deleted, account_id, mailbox_id),
    )
    return Changed(mailbox.mod_seq, mod_seq, sorted(rows), modified)


def _is_counted(change: KeywordChange) -> bool:
    """Whether a mailbox's counters may change by it."""
    return change.action is KeywordChange.Action.REPLACE or bool(change.keywords.bits & (SEEN | DELETED))


def _change_each(
    transaction: Transaction, place: tuple[int, int, int, int], change: KeywordChange, limit: int, mod_seq: int
) -> list[Row]:
    """Row by row: keywords that are text are merged without regard to case, which SQL can't."""
    updates = []
    for uid, bits, others in transaction.execute(
        "SELECT uid, bits, others FROM mailbox_email" + _IN_RANGE + " AND mod_seq <= ?", (*place, limit)
    ):
        old = Keywords.stored(bits, others)
        new = _changed(old, change)
        if new != old:
            if len(new.others) > max(MAX_KEYWORDS, len(old.others)):
                raise OverLimit(f"a message has at most {MAX_KEYWORDS} keywords")
            updates.append((new.bits, new.others_text, mod_seq, place[0], place[1], uid))
    transaction.execute_many(
        "UPDATE mailbox_email SET bits = ?, others = ?, mod_seq = ? WHERE account_id = ? AND mailbox_id = ? AND uid = ?",
        updates,
    )
    return [(uid, bits, others, mod_seq) for bits, others, _, _, _, uid in updates]


def _changed(old: Keywords, change: KeywordChange) -> Keywords:
    if change.action is KeywordChange.Action.ADD:
        return old.with_added(change.keywords)
    if change.action is KeywordChange.Action.REMOVE:
        return old.with_removed(change.keywords)
    return change.keywords


def expunge(
    transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges | None
) -> tuple[list[int], int, list[str]]:
    """Remove those marked $deleted; returns UIDs, the mod_seq, and paths of large contents no longer named."""
    mailbox = _require(transaction, account_id, mailbox_id)
    gone: list[Row] = []
    for low, high in _EVERYTHING if ranges is None else ranges:
        gone += transaction.execute(
            "DELETE FROM mailbox_email"
            + _IN_RANGE
            + f" AND bits & {DELETED:d} <> 0 RETURNING uid, bits, size, email_id",
            (account_id, mailbox_id, low, high),
        )
    if not gone:
        return [], mailbox.mod_seq, []
    mod_seq = mailboxes.next_mod_seq(transaction, account_id)
    _record_gone(transaction, account_id, mailbox_id, gone, mod_seq)
    paths = mailboxes.remove_orphans(transaction, account_id, [row[3] for row in gone])
    return sorted(row[0] for row in gone), mod_seq, paths


def replace(
    transaction: Transaction,
    account_id: AccountId,
    place: tuple[MailboxId, int],
    arrival: Arrival,
    path: str | None,
    now: int,
) -> tuple[Appended, list[str]]:
    """REPLACE (RFC 8508 §3.3): the message at `place` (mailbox, UID) goes and the arrival comes, in one step.

    It goes first, so that a full mailbox can be corrected. Raises NotFound, OverLimit.
    """
    mailbox_id, uid = place
    _require(transaction, account_id, mailbox_id)
    gone = transaction.execute(
        "DELETE FROM mailbox_email" + _IN_RANGE + " RETURNING uid, bits, size, email_id",
        (account_id, mailbox_id, uid, uid),
    )
    if not gone:
        raise NotFound("the message to be replaced is gone", meaning=Meaning.NO_SUCH_EMAIL)
    _record_gone(transaction, account_id, mailbox_id, gone, mailboxes.next_mod_seq(transaction, account_id))
    paths = mailboxes.remove_orphans(transaction, account_id, [gone[0][3]])
    return append.append(transaction, account_id, [(arrival, path)], now)[0], paths


def copy(
    transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId, now: int
) -> Copied:
    """COPY (RFC 9051 §6.4.7): keywords and dates go along, the email is shared."""
    _require(transaction, account_id, mailbox_id)
    rows = _members(transaction, account_id, mailbox_id, ranges)
    if not rows:
        return Copied(_require(transaction, account_id, target).uid_validity, [], [], ModSeq(0))
    mod_seq = mailboxes.next_mod_seq(transaction, account_id)
    copied = _join(transaction, account_id, target, rows, mod_seq, now)
    added = sum(row[4] for row in rows)
    size, quota = transaction.execute(
        "UPDATE account SET size = size + ?, message_count = message_count + ? WHERE account_id = ? RETURNING size, quota",
        (added, len(rows), account_id),
    )[0]
    if quota is not None and size > quota:
        raise OverLimit("the mailbox is full", meaning=Meaning.OVER_QUOTA)
    return copied


def move(
    transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId, now: int
) -> Copied:
    """MOVE (RFC 6851 §3): the message leaves one mailbox and enters the other in one step."""
    _require(transaction, account_id, mailbox_id)
    rows = _members(transaction, account_id, mailbox_id, ranges)
    if not rows:
        return Copied(_require(transaction, account_id, target).uid_validity, [], [], ModSeq(0))
    mod_seq = mailboxes.next_mod_seq(transaction, account_id)
    copied = _join(transaction, account_id, target, rows, mod_seq, now)
    transaction.execute_many(
        "DELETE FROM mailbox_email WHERE account_id = ? AND mailbox_id = ? AND uid = ?",
        [(account_id, mailbox_id, row[0]) for row in rows],
    )
    _record_gone(
        transaction, account_id, mailbox_id, [(row[0], row[2], row[4], row[1]) for row in rows], mod_seq, left=False
    )
    return copied


def _require(transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId) -> Mailbox:
    mailbox = mailboxes.find_by_id(transaction.execute, account_id, mailbox_id)
    if mailbox is None:
        raise mailboxes.no_such_mailbox()
    return mailbox


def _members(transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges) -> list[Row]:
    return [
        row
        for low, high in ranges
        for row in transaction.execute(
            "SELECT uid, email_id, bits, others, size, received_at, received_zone FROM mailbox_email"
            + _IN_RANGE
            + " ORDER BY uid",
            (account_id, mailbox_id, low, high),
        )
    ]


def _join(
    transaction: Transaction, account_id: AccountId, target: MailboxId, rows: list[Row], mod_seq: int, now: int
) -> Copied:
    first, uid_validity = append.take_uids(transaction, account_id, target, [(row[2], row[4]) for row in rows], mod_seq)
    transaction.execute_many(
        "INSERT INTO mailbox_email VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (account_id, target, first + index, email_id, bits, others, mod_seq, size, received_at, now, zone)
            for index, (_, email_id, bits, others, size, received_at, zone) in enumerate(rows)
        ],
    )
    known_keywords.note(transaction, account_id, target, known_keywords.names_in(row[3] for row in rows), mod_seq)
    return Copied(uid_validity, [row[0] for row in rows], list(range(first, first + len(rows))), ModSeq(mod_seq))


def _record_gone(
    transaction: Transaction,
    account_id: AccountId,
    mailbox_id: MailboxId,
    gone: list[Row],
    mod_seq: int,
    *,
    left: bool = True,
) -> None:
    """Rows (uid, bits, size, email_id) are gone from a mailbox and, where `left`, from the account."""
    _remember(transaction, account_id, mailbox_id, [row[0] for row in gone], mod_seq)
    size = sum(row[2] for row in gone)
    transaction.execute(
        "UPDATE mailbox SET mod_seq = ?, message_count = message_count - ?, unseen_count = unseen_count - ?,"
        " deleted_count = deleted_count - ?, size = size - ? WHERE account_id = ? AND mailbox_id = ?",
        (
            mod_seq,
            len(gone),
            sum(not row[1] & SEEN for row in gone),
            sum(bool(row[1] & DELETED) for row in gone),
            size,
            account_id,
            mailbox_id,
        ),
    )
    if left:
        transaction.execute(
            "UPDATE account SET size = size - ?, message_count = message_count - ? WHERE account_id = ?",
            (size, len(gone), account_id),
        )


def is_too_long(count: int) -> bool:
    """Whether so many are due to be cut back to `KEPT`."""
    return count > KEPT + KEPT // 4


def _remember(
    transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId, uids: Sequence[int], mod_seq: int
) -> None:
    """These are gone as of `mod_seq`."""
    transaction.execute_many(
        "INSERT INTO expunged VALUES (?, ?, ?, ?)", [(account_id, mailbox_id, mod_seq, uid) for uid in uids]
    )
    rows = transaction.execute(
        "UPDATE mailbox SET expunged_count = expunged_count + ? WHERE account_id = ? AND mailbox_id = ?"
        " RETURNING expunged_count",
        (len(uids), account_id, mailbox_id),
    )
    if rows and is_too_long(rows[0][0]):
        _forget(transaction, account_id, mailbox_id)


def _forget(transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId) -> None:
    key = (account_id, mailbox_id)
    last = transaction.execute(
        "SELECT mod_seq FROM expunged WHERE account_id = ? AND mailbox_id = ? ORDER BY mod_seq DESC, uid DESC"
        " LIMIT 1 OFFSET ?",
        (*key, KEPT),
    )[0][0]
    transaction.execute("DELETE FROM expunged WHERE account_id = ? AND mailbox_id = ? AND mod_seq <= ?", (*key, last))
    transaction.execute(
        "UPDATE mailbox SET history_from = ?, expunged_count = (SELECT count(*) FROM expunged x"
        " WHERE x.account_id = mailbox.account_id AND x.mailbox_id = mailbox.mailbox_id)"
        " WHERE account_id = ? AND mailbox_id = ?",
        (last, *key),
    )
