"""What is remembered of messages that are gone, for clients that come back and ask (RFC 7162 §3.2.5, RFC 7162 §3.2.6).

The rule: of each mailbox the UIDs of the latest `KEPT` expunged messages and the mod_seq at which they went; when a quarter more have come together, the oldest
are forgotten, whole mod_seqs at a time. `history_from` is the last mod_seq of which something is forgotten: who asks from before it compares with the UIDs that
are there (`MailboxChanges.is_complete`), which answers the same question at the cost of reading them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from postroom.model.database import Transaction
from postroom.model.ids import AccountId, MailboxId

KEPT = 100_000  # UIDs of one mailbox: some 2 MB; a client that was away for longer than that reads the list of UIDs


def is_too_long(count: int) -> bool:
    """Whether so many are due to be cut back to `KEPT`."""
    return count > KEPT + KEPT // 4


def record(
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
