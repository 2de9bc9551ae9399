"""Reading the messages of a mailbox: rows by column, UIDs, changes since a mod_seq."""

from __future__ import annotations

from array import array
from functools import cache
from itertools import chain

from postroom.model.database import Read, Row
from postroom.model.email import Column, MailboxChanges
from postroom.model.ids import AccountId, MailboxId, ModSeq
from postroom.model.mailbox import Mailbox
from postroom.store import known_keywords, mailboxes

_FROM_MEMBERSHIP = "mailbox_email m"
_FROM_EMAIL = " JOIN email e ON e.account_id = m.account_id AND e.email_id = m.email_id"
_FROM_CONTENT = " JOIN content c ON c.account_id = m.account_id AND c.email_id = m.email_id"

_MEMBERSHIP_COLUMNS = {
    Column.UID, Column.BITS, Column.OTHERS, Column.MOD_SEQ, Column.SIZE, Column.RECEIVED_AT, Column.RECEIVED_ZONE, Column.SAVED_AT,
    Column.EMAIL_ID, Column.MAILBOX_ID,
}  # fmt: skip
_CONTENT_COLUMNS = {Column.PREFIX: "c.prefix", Column.CONTENT: "c.data", Column.CONTENT_PATH: "c.path"}


@cache
def fetch_sql(columns: tuple[Column, ...]) -> str:
    """One statement for a set of columns; parameters account, mailbox, low, high."""
    return f"{_select(columns)} WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid"


@cache
def _select(columns: tuple[Column, ...]) -> str:
    """Joins only the tables it needs."""
    source = _FROM_MEMBERSHIP
    if any(column not in _MEMBERSHIP_COLUMNS and column not in _CONTENT_COLUMNS for column in columns):
        source += _FROM_EMAIL
    if any(column in _CONTENT_COLUMNS for column in columns):
        source += _FROM_CONTENT
    names = ", ".join(_expression(column) for column in columns)
    return f"SELECT {names} FROM {source}"


def memberships_sql(columns: tuple[Column, ...], count: int) -> str:
    """Parameters account, and so many emails."""
    named = ", ".join("?" * count)
    where = f"m.account_id = ? AND m.email_id IN ({named})"
    return f"{_select(columns)} WHERE {where} ORDER BY m.email_id DESC, m.mailbox_id, m.uid"


def newest_sql(mailbox_count: int) -> str:
    """Parameters account, the number below which, so many mailboxes (0: all), how many emails."""
    # the hint as for FIRST_UNSEEN_SQL: by the mailboxes, all their messages would be sorted first
    among = f" AND mailbox_id IN ({', '.join('?' * mailbox_count)})" if mailbox_count else ""
    source = "mailbox_email INDEXED BY mailbox_email_email"
    where = f"account_id = ? AND email_id < ?{among}"
    return f"SELECT DISTINCT email_id FROM {source} WHERE {where} ORDER BY email_id DESC LIMIT ?"


def _expression(column: Column) -> str:
    if column in _CONTENT_COLUMNS:
        return _CONTENT_COLUMNS[column]
    return f"m.{column.value}" if column in _MEMBERSHIP_COLUMNS else f"e.{column.value}"


def uids(rows: list[Row]) -> array[int]:
    """Rows of one UID each as a compact array."""
    return array("I", chain.from_iterable(rows))


UIDS_SQL = "SELECT uid FROM mailbox_email WHERE account_id = ? AND mailbox_id = ? AND uid < ? ORDER BY uid"


# the words of the partial index mailbox_email_unseen
DELETED_SIZE_SQL = (
    "SELECT coalesce(sum(size), 0) FROM mailbox_email WHERE account_id = ? AND mailbox_id = ? AND bits & ? <> 0"
)
# A hint: both indexes look the same to the planner, and one of them is a walk over all that has been read. An engine without
# INDEXED BY (PostgreSQL has statistics for it) takes the words out.
FIRST_UNSEEN_SQL = "SELECT uid FROM mailbox_email INDEXED BY mailbox_email_unseen WHERE account_id = ? AND mailbox_id = ? AND bits & 1 = 0 ORDER BY uid LIMIT 1"
_REACHED_SQL = "SELECT mod_seq, history_from FROM mailbox WHERE account_id = ? AND mailbox_id = ?"
EXPUNGED_SQL = (
    "SELECT uid FROM (SELECT uid FROM expunged WHERE account_id = ? AND mailbox_id = ? AND mod_seq > ? LIMIT ?)"
    " AS some ORDER BY uid"
)
# Ordered by mod_seq and limited inside: else the planner walks the mailbox by uid, which costs 70 ms where a million messages lie.
CHANGED_SQL = (
    "SELECT uid, bits, others, mod_seq FROM (SELECT uid, bits, others, mod_seq FROM mailbox_email"
    " WHERE account_id = ? AND mailbox_id = ? AND mod_seq > ? ORDER BY mod_seq LIMIT ?) AS some ORDER BY uid"
)
ALL = 1 << 62
"""More rows than there can be, where a statement wants a limit."""
AT_ONCE = 500  # emails named in one statement
# The hint as for FIRST_UNSEEN_SQL; all of it lies in the index.
MEMBERS_SQL = (
    "SELECT uid, email_id FROM mailbox_email INDEXED BY mailbox_email_email WHERE account_id = ? AND mailbox_id = ?"
)


def members_sql(count: int) -> str:
    """Parameters account, mailbox, and so many emails."""
    return f"{MEMBERS_SQL} AND email_id IN ({', '.join('?' * count)})"


MARKED_SQL = "SELECT uid, mod_seq FROM mailbox_email WHERE account_id = ? AND mailbox_id = ? AND bits & ? = ? AND bits & ? = 0 ORDER BY uid"


def changes_since(
    read: Read, account_id: AccountId, mailbox_id: MailboxId, mod_seq: int, most: int
) -> MailboxChanges | None:
    """What changed after `mod_seq`, or None when that is more than `most` messages and belongs off the loop.

    The mailbox is read first: a later commit is then told twice, never left out.
    """
    reached = read(_REACHED_SQL, (account_id, mailbox_id))
    if not reached:
        raise mailboxes.no_such_mailbox()
    now, history_from = reached[0]
    if now <= mod_seq:
        return MailboxChanges(ModSeq(mod_seq), [], [])
    key = (account_id, mailbox_id, mod_seq, most + 1)
    changed = read(CHANGED_SQL, key)
    expunged = read(EXPUNGED_SQL, key) if len(changed) <= most else []
    if max(len(changed), len(expunged)) > most:
        return None
    # after the messages: it names every keyword that one of them has
    keywords = known_keywords.names(read, account_id, mailbox_id, mod_seq)
    return MailboxChanges(now, changed, [row[0] for row in expunged], history_from <= mod_seq, keywords)


def changes_of(
    mailbox: Mailbox, mod_seq: int, changed: list[Row], expunged: list[Row], keywords: list[str]
) -> MailboxChanges:
    """What the statements found from `mod_seq` on."""
    gone = [row[0] for row in expunged]
    return MailboxChanges(mailbox.mod_seq, changed, gone, mailbox.history_from <= mod_seq, keywords)
