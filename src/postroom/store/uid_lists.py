"""UidLists: the UIDs of mailboxes as they were when somebody last opened them, so that opening one again reads only what happened since.

A list is never changed once it is here: sessions share it. It says at which mod_seq it was true; whether it can be brought up to date is asked of the database
each time, so that what other workers do is never missed, and its length must be what the mailbox counts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from postroom.model.database import Read
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import Mailbox

_OCTETS = 16 * 1024 * 1024  # of all lists of a worker: four million messages
_WORTH = 200  # UIDs; a shorter list is read as quickly as brought up to date
_CATCH_UP = 2000  # messages come or gone since; with more, the whole list is read: off the loop where it is long
_ARRIVED = "SELECT uid FROM mailbox_email WHERE account_id = ? AND mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?"
_GONE = "SELECT uid FROM expunged WHERE account_id = ? AND mailbox_id = ? AND mod_seq > ? LIMIT ?"


class _Kept(NamedTuple):
    uid_validity: int
    mod_seq: int
    uids: array[int]


class UidLists:
    """See the module; the least recently used go first."""

    def __init__(self, octets: int = _OCTETS) -> None:
        self._room = octets
        self._limit = octets
        self._lists: OrderedDict[tuple[AccountId, MailboxId], _Kept] = OrderedDict()

    def keep(self, account_id: AccountId, mailbox: Mailbox, uids: array[int]) -> None:
        """These are all that there were at the mailbox's mod_seq."""
        key = (account_id, mailbox.mailbox_id)
        self._drop(key)
        size = len(uids) * uids.itemsize
        if len(uids) < _WORTH or size > self._limit:
            return
        self._lists[key] = _Kept(mailbox.uid_validity, mailbox.mod_seq, uids)
        self._room -= size
        while self._room < 0:
            self._drop(next(iter(self._lists)))

    def forget(self, account_id: AccountId) -> None:
        """The account is gone."""
        for key in [key for key in self._lists if key[0] == account_id]:
            self._drop(key)

    def _drop(self, key: tuple[AccountId, MailboxId]) -> None:
        kept = self._lists.pop(key, None)
        if kept is not None:
            self._room += len(kept.uids) * kept.uids.itemsize

    def current(self, read: Read, account_id: AccountId, mailbox: Mailbox) -> array[int] | None:
        """The list at the mailbox's mod_seq, or None where it has to be read. The caller looks whether the mailbox has changed meanwhile."""
        key = (account_id, mailbox.mailbox_id)
        kept = self._lists.get(key)
        if kept is None or kept.uid_validity != mailbox.uid_validity or kept.mod_seq > mailbox.mod_seq:
            return None
        self._lists.move_to_end(key)
        uids = kept.uids
        if kept.mod_seq < mailbox.mod_seq:
            if mailbox.history_from > kept.mod_seq:
                return None
            gone = read(_GONE, (*key, kept.mod_seq, _CATCH_UP + 1))
            arrived = read(_ARRIVED, (*key, uids[-1], _CATCH_UP + 1))
            if max(len(gone), len(arrived)) > _CATCH_UP:
                return None
            if gone:
                uids = without(uids, sorted(row[0] for row in gone))
            if arrived:
                uids = uids + array("I", [row[0] for row in arrived])
        return uids if len(uids) == mailbox.message_count else None


def without(uids: array[int], gone: Sequence[int]) -> array[int]:
    """Ascending UIDs less some ascending ones, which need not be among them."""
    left = array("I")
    start = 0
    for uid in gone:
        at = bisect_left(uids, uid, start)
        if at < len(uids) and uids[at] == uid:
            left += uids[start:at]
            start = at + 1
    left += uids[start:]
    return left
