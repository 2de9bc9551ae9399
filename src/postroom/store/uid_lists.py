"""UidLists: the UIDs of large mailboxes that were opened lately, brought up to date by what changed since, so that opening one again reads no list.

An array is shared by everybody who has it and never changed: what is new makes a new one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict

from postroom.model.email import MailboxChanges
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import Mailbox

SMALLEST = 1000  # messages; the list of a smaller mailbox is read in less than a millisecond
_MOST = 4_000_000  # UIDs kept by one worker, four octets each

_Key = tuple[AccountId, MailboxId]


class UidLists:
    """Of one worker; all calls on the loop."""

    def __init__(self) -> None:
        self._lists: OrderedDict[_Key, tuple[int, int, array[int]]] = OrderedDict()
        self._count = 0

    def find(self, account_id: AccountId, mailbox: Mailbox) -> tuple[int, array[int]] | None:
        """The list as of the mod_seq told; None where there is none of this mailbox."""
        found = self._lists.get((account_id, mailbox.mailbox_id))
        if found is None or found[0] != mailbox.uid_validity:
            return None
        self._lists.move_to_end((account_id, mailbox.mailbox_id))
        return found[1], found[2]

    def keep(self, account_id: AccountId, mailbox: Mailbox, uids: array[int]) -> None:
        """As of the mailbox's mod_seq."""
        key = (account_id, mailbox.mailbox_id)
        self._drop(key)
        if not SMALLEST <= len(uids) <= _MOST:
            return
        self._lists[key] = (mailbox.uid_validity, mailbox.mod_seq, uids)
        self._count += len(uids)
        while self._count > _MOST:
            self._drop(next(iter(self._lists)))

    def _drop(self, key: _Key) -> None:
        old = self._lists.pop(key, None)
        if old is not None:
            self._count -= len(old[2])


def updated(uids: array[int], changes: MailboxChanges) -> array[int]:
    """The list after these changes."""
    newest = uids[-1] if uids else 0
    arrived = [row[0] for row in changes.changed if row[0] > newest]
    kept: array[int] = array("I")
    start = 0
    for uid in changes.expunged:
        at = bisect_left(uids, uid, start)
        if at < len(uids) and uids[at] == uid:
            kept += uids[start:at]
            start = at + 1
    if not start and not arrived:
        return uids
    kept += uids[start:]
    kept.extend(arrived)
    return kept
