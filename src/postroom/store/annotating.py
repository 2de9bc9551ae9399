"""Annotations of an account's mailboxes, as operations inside a transaction (RFC 5464).

Each change takes the account's next mod_seq, so that watchers see it; the mailbox's own mod_seq stays, since no message changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from postroom.model.annotation import MAX_ACCOUNT_ENTRIES, MAX_ENTRIES, AnnotationMark
from postroom.model.database import Read, Transaction
from postroom.model.errors import OverLimit
from postroom.model.ids import AccountId, MailboxId
from postroom.store import mailboxes

OF_ACCOUNT = 0
"""Stands for the mailbox_id where the account as a whole is meant; no mailbox has it."""


def of_mailbox(read: Read, account_id: AccountId, mailbox_id: int) -> dict[str, bytes]:
    return dict(
        read(
            "SELECT entry, value FROM annotation WHERE account_id = ? AND mailbox_id = ? ORDER BY entry",
            (account_id, mailbox_id),
        )
    )


def marks(read: Read, account_id: AccountId) -> list[AnnotationMark]:
    rows = read("SELECT mailbox_id, entry, mod_seq FROM annotation WHERE account_id = ?", (account_id,))
    return [AnnotationMark(*row) for row in rows]


def change(
    transaction: Transaction, account_id: AccountId, mailbox_id: int, values: Mapping[str, bytes | None]
) -> None:
    """All or none. Raises NotFound for a mailbox that is gone, OverLimit (TOO_MANY)."""
    if (
        mailbox_id != OF_ACCOUNT
        and mailboxes.find_by_id(transaction.execute, account_id, MailboxId(mailbox_id)) is None
    ):
        raise mailboxes.no_such_mailbox()
    mod_seq = mailboxes.next_mod_seq(transaction, account_id)
    for entry, value in values.items():
        if value is None:
            transaction.execute(
                "DELETE FROM annotation WHERE account_id = ? AND mailbox_id = ? AND entry = ?",
                (account_id, mailbox_id, entry),
            )
        else:
            transaction.execute(
                "INSERT INTO annotation VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, mailbox_id, entry)"
                " DO UPDATE SET value = excluded.value, mod_seq = excluded.mod_seq",
                (account_id, mailbox_id, entry, value, mod_seq),
            )
    count, all_of_them = transaction.execute(
        "SELECT count(*) FILTER (WHERE mailbox_id = ?), count(*) FROM annotation WHERE account_id = ?",
        (mailbox_id, account_id),
    )[0]
    if count > MAX_ENTRIES or all_of_them > MAX_ACCOUNT_ENTRIES:
        raise OverLimit(f"a mailbox has at most {MAX_ENTRIES} annotations, an account {MAX_ACCOUNT_ENTRIES}")


def copy(transaction: Transaction, account_id: AccountId, mailbox_id: int, target: int) -> None:
    """RENAME INBOX: the new mailbox has them too (RFC 5464 §4.1)."""
    transaction.execute(
        "INSERT INTO annotation SELECT account_id, ?, entry, value, mod_seq FROM annotation"
        " WHERE account_id = ? AND mailbox_id = ?",
        (target, account_id, mailbox_id),
    )
