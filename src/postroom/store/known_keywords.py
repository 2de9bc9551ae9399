"""The keywords that a mailbox knows: each that was ever named in it, as it was first written, since which mod_seq.

IMAP's FLAGS announces them before a message shows one (RFC 9051 §7.3.5). One that no message has any more stays, so that all sessions, whenever they opened the
mailbox, know the same; a mailbox beyond `MOST` makes messages with further keywords and announces no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from postroom.model.database import Read, Transaction
from postroom.model.ids import AccountId, MailboxId

MOST = 500  # of one mailbox: a FLAGS line of a few thousand octets; mail programs make some dozen
_INSERT = (
    "INSERT INTO keyword SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM keyword WHERE account_id = ? AND mailbox_id = ?) < ?"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
_NAMES = "SELECT name FROM keyword WHERE account_id = ? AND mailbox_id = ? AND mod_seq > ? ORDER BY folded"


def note(transaction: Transaction, account_id: AccountId, mailbox_id: int, names: Iterable[str], mod_seq: int) -> bool:
    """These are known as of `mod_seq`; returns whether one is new."""
    key = (account_id, mailbox_id)
    is_new = False
    for name in names:
        is_new = bool(transaction.execute(_INSERT, (*key, name.lower(), name, mod_seq, *key, MOST))) or is_new
    return is_new


def names_in(texts: Iterable[str | None]) -> list[str]:
    """The names in rows' texts, each once."""
    return list(dict.fromkeys(name for text in dict.fromkeys(texts) if text for name in text.split(" ")))


def names(read: Read, account_id: AccountId, mailbox_id: MailboxId, since: int = -1) -> list[str]:
    """Those known since after a mod_seq; by default all."""
    return [row[0] for row in read(_NAMES, (account_id, mailbox_id, since))]
