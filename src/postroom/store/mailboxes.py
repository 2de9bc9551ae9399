"""Mailboxes of one account, as operations inside a transaction: create, rename, delete, subscribe.

Each takes the account's next mod_seq; names are unique, a deleted mailbox's UIDVALIDITY is never given again because the account counts them upwards.
"""

from __future__ import annotations

from postroom.model.database import Read, Row, Transaction
from postroom.model.errors import Conflict, Malformed, Meaning, NotFound, NotPermitted, OverLimit
from postroom.model.ids import AccountId, MailboxId, ModSeq
from postroom.model.mailbox import DEFAULT_MAILBOXES, DELIMITER, INBOX, Mailbox, MailboxRole, ancestors

MAX_MAILBOXES = 10_000  # per account: LIST answers them all, and a client that loops on CREATE stops here

_AT_ONCE = 200  # emails looked at by one statement: below the parameters that any engine takes

_COLUMNS = "mailbox_id, name, role, uid_validity, uid_next, first_recent_uid, message_count, unseen_count, deleted_count, size, mod_seq, history_from"
_ALL = f"SELECT {_COLUMNS} FROM mailbox WHERE account_id = ? ORDER BY name"
_BY_NAME = f"SELECT {_COLUMNS} FROM mailbox WHERE account_id = ? AND name = ?"
_BY_ID = f"SELECT {_COLUMNS} FROM mailbox WHERE account_id = ? AND mailbox_id = ?"
_BELOW = "SELECT name FROM mailbox WHERE account_id = ? AND name > ? AND name < ?"
_BY_ROLE = f"SELECT {_COLUMNS} FROM mailbox WHERE account_id = ? AND role = ? ORDER BY mailbox_id"


def mailbox_of(row: Row) -> Mailbox:
    """A row in the order of _COLUMNS."""
    return Mailbox(
        MailboxId(row[0]), row[1], MailboxRole(row[2]) if row[2] else None, row[3], row[4], row[5], row[6], row[7], row[8],
        row[9], ModSeq(row[10]), row[11],
    )  # fmt: skip


def all_mailboxes(read: Read, account_id: AccountId) -> list[Mailbox]:
    return [mailbox_of(row) for row in read(_ALL, (account_id,))]


def find(read: Read, account_id: AccountId, name: str) -> Mailbox | None:
    rows = read(_BY_NAME, (account_id, name))
    return mailbox_of(rows[0]) if rows else None


def find_by_id(read: Read, account_id: AccountId, mailbox_id: MailboxId) -> Mailbox | None:
    rows = read(_BY_ID, (account_id, mailbox_id))
    return mailbox_of(rows[0]) if rows else None


def find_by_role(read: Read, account_id: AccountId, role: MailboxRole) -> Mailbox | None:
    rows = read(_BY_ROLE, (account_id, role.value))
    return mailbox_of(rows[0]) if rows else None


def _below(name: str) -> tuple[str, str]:
    """What lies between these is below the name."""
    return name + DELIMITER, name + chr(ord(DELIMITER) + 1)


def require(transaction: Transaction, account_id: AccountId, name: str) -> Mailbox:
    mailbox = find(transaction.execute, account_id, name)
    if mailbox is None:
        raise no_such_mailbox()
    return mailbox


def no_such_mailbox() -> NotFound:
    return NotFound("there is no such mailbox", meaning=Meaning.NO_SUCH_MAILBOX)


def prepare(transaction: Transaction, account_id: AccountId, now: int) -> None:
    """The first rows of an account: counters, special mailboxes, their subscriptions."""
    if transaction.execute("SELECT 1 FROM account WHERE account_id = ?", (account_id,)):
        return
    # UIDVALIDITY starts at the clock, so that an account deleted and made again under the same name gets others
    transaction.execute("INSERT INTO account VALUES (?, 1, 1, 1, ?, NULL, 0, 0)", (account_id, now % (1 << 31) or 1))
    for name, role in DEFAULT_MAILBOXES:
        _insert(transaction, account_id, name, role)
        transaction.execute("INSERT INTO subscription VALUES (?, ?)", (account_id, name))


def create(transaction: Transaction, account_id: AccountId, name: str, role: MailboxRole | None) -> Mailbox:
    if find(transaction.execute, account_id, name) is not None:
        raise Conflict("there is a mailbox of this name already")
    for ancestor in ancestors(name):
        if find(transaction.execute, account_id, ancestor) is None:
            _insert(transaction, account_id, ancestor, None)
    _insert(transaction, account_id, name, role)
    return require(transaction, account_id, name)


def coming_mod_seq(transaction: Transaction, account_id: AccountId) -> ModSeq:
    """What `next_mod_seq` will give in this transaction; for a change that may turn out to be none."""
    rows = transaction.execute("SELECT mod_seq + 1 FROM account WHERE account_id = ?", (account_id,))
    if not rows:
        raise NotFound("this account has no mail store")
    return ModSeq(rows[0][0])


def next_mod_seq(transaction: Transaction, account_id: AccountId) -> ModSeq:
    """Take the account's next mod_seq."""
    rows = transaction.execute(
        "UPDATE account SET mod_seq = mod_seq + 1 WHERE account_id = ? RETURNING mod_seq", (account_id,)
    )
    if not rows:
        raise NotFound("this account has no mail store")
    return ModSeq(rows[0][0])


def _insert(transaction: Transaction, account_id: AccountId, name: str, role: MailboxRole | None) -> None:
    count = transaction.execute("SELECT count(*) FROM mailbox WHERE account_id = ?", (account_id,))[0][0]
    if count >= MAX_MAILBOXES:
        raise OverLimit(f"an account has at most {MAX_MAILBOXES} mailboxes")
    mod_seq = next_mod_seq(transaction, account_id)
    mailbox_id, uid_validity = transaction.execute(
        "UPDATE account SET next_mailbox_id = next_mailbox_id + 1, next_uid_validity = next_uid_validity + 1"
        " WHERE account_id = ? RETURNING next_mailbox_id - 1, next_uid_validity - 1",
        (account_id,),
    )[0]
    transaction.execute(
        "INSERT INTO mailbox (account_id, mailbox_id, name, role, uid_validity, uid_next, first_recent_uid, message_count,"
        " unseen_count, deleted_count, size, mod_seq) VALUES (?, ?, ?, ?, ?, 1, 1, 0, 0, 0, 0, ?)",
        (account_id, mailbox_id, name, role.value if role else None, uid_validity, mod_seq),
    )


def rename(transaction: Transaction, account_id: AccountId, name: str, new_name: str) -> None:
    """RFC 9051 §6.3.6; all below `name` goes along. INBOX is the caller's case: its messages move."""
    require(transaction, account_id, name)
    if new_name == name or find(transaction.execute, account_id, new_name) is not None:
        raise Conflict("there is a mailbox of the new name already")
    if new_name.startswith(name + DELIMITER):
        raise Malformed("a mailbox can't move below itself", meaning=Meaning.NAME_NOT_ALLOWED)
    for ancestor in ancestors(new_name):
        if find(transaction.execute, account_id, ancestor) is None:
            _insert(transaction, account_id, ancestor, None)
    if transaction.execute(f"{_BELOW} LIMIT 1", (account_id, *_below(new_name))):
        raise Conflict("there is a mailbox below the new name already")
    mod_seq = next_mod_seq(transaction, account_id)
    transaction.execute(
        "UPDATE mailbox SET name = ?, mod_seq = ? WHERE account_id = ? AND name = ?",
        (new_name, mod_seq, account_id, name),
    )
    for (old,) in transaction.execute(_BELOW, (account_id, *_below(name))):
        transaction.execute(
            "UPDATE mailbox SET name = ?, mod_seq = ? WHERE account_id = ? AND name = ?",
            (new_name + old[len(name) :], mod_seq, account_id, old),
        )


def delete(transaction: Transaction, account_id: AccountId, name: str) -> tuple[Mailbox, list[str]]:
    """Remove a mailbox and its memberships; returns it and the large-content files that are no longer named."""
    mailbox = require(transaction, account_id, name)
    if name == INBOX:
        raise NotPermitted("INBOX can't be deleted", meaning=Meaning.NAME_NOT_ALLOWED)
    if transaction.execute(f"{_BELOW} LIMIT 1", (account_id, *_below(name))):
        raise Conflict("the mailbox has others below it", meaning=Meaning.HAS_CHILDREN)
    next_mod_seq(transaction, account_id)
    key = (account_id, mailbox.mailbox_id)
    transaction.execute(
        "UPDATE account SET size = size - ?, message_count = message_count - ? WHERE account_id = ?",
        (mailbox.size, mailbox.message_count, account_id),
    )
    email_ids = transaction.execute(
        "SELECT DISTINCT email_id FROM mailbox_email WHERE account_id = ? AND mailbox_id = ?", key
    )
    transaction.execute("DELETE FROM mailbox_email WHERE account_id = ? AND mailbox_id = ?", key)
    transaction.execute("DELETE FROM expunged WHERE account_id = ? AND mailbox_id = ?", key)
    transaction.execute("DELETE FROM annotation WHERE account_id = ? AND mailbox_id = ?", key)
    transaction.execute("DELETE FROM keyword WHERE account_id = ? AND mailbox_id = ?", key)
    transaction.execute("DELETE FROM mailbox WHERE account_id = ? AND mailbox_id = ?", key)
    return mailbox, remove_orphans(transaction, account_id, [row[0] for row in email_ids])


def remove_orphans(transaction: Transaction, account_id: AccountId, email_ids: list[int]) -> list[str]:
    """Delete those emails that no mailbox holds any more; returns the paths of their large contents. One may be named twice: it was twice in a mailbox."""
    paths: list[str] = []
    for at in range(0, len(email_ids), _AT_ONCE):
        some = email_ids[at : at + _AT_ONCE]
        among = f"account_id = ? AND email_id IN ({', '.join('?' * len(some))})"
        held = {
            row[0]
            for row in transaction.execute(f"SELECT email_id FROM mailbox_email WHERE {among}", (account_id, *some))
        }
        gone = [email_id for email_id in some if email_id not in held] if held else some
        if not gone:
            continue
        among = f"account_id = ? AND email_id IN ({', '.join('?' * len(gone))})"
        found = transaction.execute(f"DELETE FROM content WHERE {among} RETURNING path", (account_id, *gone))
        paths += [path for (path,) in found if path is not None]
        transaction.execute(f"DELETE FROM email WHERE {among}", (account_id, *gone))
        transaction.execute_many(
            "INSERT INTO removed_email VALUES (?, ?)", [(account_id, email_id) for email_id in set(gone)]
        )
    return paths


def set_subscribed(transaction: Transaction, account_id: AccountId, name: str, *, subscribed: bool) -> None:
    """Takes a mod_seq where something changes, since watchers of the list of mailboxes see it (RFC 5465 §5.5)."""
    if subscribed:
        sql = "INSERT INTO subscription VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1"
    else:
        sql = "DELETE FROM subscription WHERE account_id = ? AND name = ? RETURNING 1"
    if transaction.execute(sql, (account_id, name)):
        next_mod_seq(transaction, account_id)


def first_recent_uid(read: Read, account_id: AccountId, mailbox_id: MailboxId) -> int:
    """UIDs from here on are \\Recent to whoever takes the marks. Raises NotFound."""
    rows = read(
        "SELECT first_recent_uid FROM mailbox WHERE account_id = ? AND mailbox_id = ?", (account_id, mailbox_id)
    )
    if not rows:
        raise no_such_mailbox()
    return int(rows[0][0])


def take_recent(transaction: Transaction, account_id: AccountId, mailbox_id: MailboxId, below: int) -> int:
    """Move the mark up to `below`, never back; returns where it was. Raises NotFound."""
    first = first_recent_uid(transaction.execute, account_id, mailbox_id)
    if first < below:
        transaction.execute(
            "UPDATE mailbox SET first_recent_uid = ? WHERE account_id = ? AND mailbox_id = ?",
            (below, account_id, mailbox_id),
        )
    return first
