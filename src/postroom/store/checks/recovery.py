"""What `postroom doctor --repair` brings back: mail that is stored and that no mailbox shows any more, and the rows without which it can't be shown.

Nothing is deleted here but second words about expunged messages. Numbers are raised, never lowered; what is brought back gets a UID that nobody had.
"""

from __future__ import annotations

from postroom.model.database import Transaction
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import INBOX, MailboxRole, ancestors
from postroom.store import append, mailboxes

RECOVERED = "Recovered"

_NUMBERS = (
    "UPDATE account SET"
    " next_mailbox_id = max(next_mailbox_id, 1 + (SELECT coalesce(max(mailbox_id), 0) FROM mailbox_email),"
    " 1 + (SELECT coalesce(max(mailbox_id), 0) FROM mailbox)),"
    " next_email_id = max(next_email_id, 1 + (SELECT coalesce(max(email_id), 0) FROM email)),"
    " next_uid_validity = max(next_uid_validity, 1 + (SELECT coalesce(max(uid_validity), 0) FROM mailbox))"
    " WHERE account_id = ?"
)
_EXPUNGED = (
    "DELETE FROM expunged WHERE account_id = ? AND EXISTS (SELECT 1 FROM mailbox_email m WHERE m.account_id ="
    " expunged.account_id AND m.mailbox_id = expunged.mailbox_id AND m.uid = expunged.uid)",
    "DELETE FROM expunged WHERE account_id = ? AND EXISTS (SELECT 1 FROM expunged x WHERE x.account_id ="
    " expunged.account_id AND x.mailbox_id = expunged.mailbox_id AND x.uid = expunged.uid AND x.mod_seq > expunged.mod_seq)",
)
_WITHOUT_MAILBOX = (
    "SELECT DISTINCT m.mailbox_id FROM mailbox_email m WHERE m.account_id = ? AND NOT EXISTS"
    " (SELECT 1 FROM mailbox b WHERE b.account_id = m.account_id AND b.mailbox_id = m.mailbox_id) ORDER BY m.mailbox_id"
)
_WITHOUT_MEMBERSHIP = (
    "SELECT e.email_id, e.size + length(c.prefix), coalesce(e.sent_at, 0) FROM email e"
    " JOIN content c ON c.account_id = e.account_id AND c.email_id = e.email_id WHERE e.account_id = ?"
    " AND NOT EXISTS (SELECT 1 FROM mailbox_email m WHERE m.account_id = e.account_id AND m.email_id = e.email_id)"
    " ORDER BY e.email_id"
)


def recover(transaction: Transaction, account_id: AccountId) -> None:
    """All of it in the caller's transaction; counters are counted by the caller afterwards."""
    for statement in _EXPUNGED:
        transaction.execute(statement, (account_id,))
    transaction.execute(_NUMBERS, (account_id,))
    for (mailbox_id,) in transaction.execute(_WITHOUT_MAILBOX, (account_id,)):
        _make_again(transaction, account_id, mailbox_id)
    if mailboxes.find(transaction.execute, account_id, INBOX) is None:
        mailboxes.create(transaction, account_id, INBOX, MailboxRole.INBOX)
    for mailbox in mailboxes.all_mailboxes(transaction.execute, account_id):
        for above in ancestors(mailbox.name):
            if mailboxes.find(transaction.execute, account_id, above) is None:
                mailboxes.create(transaction, account_id, above, None)
    _show(transaction, account_id)
    transaction.execute(
        "UPDATE mailbox SET first_recent_uid = uid_next WHERE account_id = ? AND first_recent_uid > uid_next",
        (account_id,),
    )


def _free_name(transaction: Transaction, account_id: AccountId) -> str:
    number, name = 1, RECOVERED
    while mailboxes.find(transaction.execute, account_id, name) is not None:
        number += 1
        name = f"{RECOVERED} {number}"
    return name


def _make_again(transaction: Transaction, account_id: AccountId, mailbox_id: int) -> None:
    """Its name and UIDVALIDITY are lost, its messages keep their UIDs."""
    made = mailboxes.create(transaction, account_id, _free_name(transaction, account_id), None)
    transaction.execute(
        "UPDATE mailbox SET mailbox_id = ? WHERE account_id = ? AND mailbox_id = ?",
        (mailbox_id, account_id, made.mailbox_id),
    )


def _show(transaction: Transaction, account_id: AccountId) -> None:
    """Emails that no mailbox holds go into INBOX, unread."""
    lost = transaction.execute(_WITHOUT_MEMBERSHIP, (account_id,))
    if not lost:
        return
    inbox: MailboxId = mailboxes.require(transaction, account_id, INBOX).mailbox_id
    _raise_uid_next(transaction, account_id, inbox)
    mod_seq = mailboxes.next_mod_seq(transaction, account_id)
    first, _ = append.take_uids(transaction, account_id, inbox, [(0, size) for _, size, _ in lost], mod_seq)
    transaction.execute_many(
        "INSERT INTO mailbox_email VALUES (?, ?, ?, ?, 0, NULL, ?, ?, ?, ?, 0)",
        [
            (account_id, inbox, first + index, email_id, mod_seq, size, sent_at, sent_at)
            for index, (email_id, size, sent_at) in enumerate(lost)
        ],
    )


def _raise_uid_next(transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId) -> None:
    """Above every UID that the mailbox has or had."""
    key = (account_id, mailbox_id)
    transaction.execute(
        "UPDATE mailbox SET uid_next = max(uid_next,"
        " 1 + (SELECT coalesce(max(uid), 0) FROM mailbox_email m WHERE m.account_id = ? AND m.mailbox_id = ?),"
        " 1 + (SELECT coalesce(max(uid), 0) FROM expunged x WHERE x.account_id = ? AND x.mailbox_id = ?))"
        " WHERE account_id = ? AND mailbox_id = ?",
        (*key, *key, *key),
    )
