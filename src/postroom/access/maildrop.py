"""Maildrop: an account's INBOX as POP3 sees it, fixed when it is opened.

Numbers, UIDs and sizes stay as they were for the whole session (RFC 1939 §5), whatever other sessions do meanwhile; a message that was expunged elsewhere
keeps its number and is not there any more when it is asked for. Marks live here, not in the store: nothing is deleted before `delete_marked`.
"""

from __future__ import annotations

import asyncio
from array import array
from typing import Any

from postroom.model.email import Column, KeywordChange
from postroom.model.errors import Meaning, NotFound
from postroom.model.ids import AccountId, MailboxId
from postroom.model.keywords import DELETED, Keywords
from postroom.model.mailbox import INBOX, Mailbox
from postroom.model.ports import MailStore

PIECE = 256 * 1024  # octets of a large message in memory at once
_SNAPSHOT_ROWS = 5000  # messages read in one turn of the loop: about 5 ms
_AHEAD = 16  # messages read along with the one that is asked for
_AHEAD_OCTETS = 128 * 1024  # of these, in memory of the session
_CONTENT = (Column.SIZE, Column.PREFIX, Column.CONTENT, Column.CONTENT_PATH)


class OpenMessage:
    """One message being read, from its trace fields on."""

    def __init__(
        self, store: MailStore, account_id: AccountId, row: tuple[int, bytes, bytes | None, str | None]
    ) -> None:
        size, prefix, data, path = row
        self._store = store
        self._account_id = account_id
        self._first = prefix if data is None else prefix + data
        self._path = path
        self._at = 0
        self._end = size - len(prefix) if path is not None else 0
        self.size = size
        """Octets as stored."""

    async def next_piece(self) -> bytes:
        """The next octets, at most PIECE of a large message; b"" at the end. Raises TryLater; for a missing file, before anything was given."""
        # with the fields in front goes the beginning of the file: whoever has sent those has promised the rest
        piece, self._first = self._first, b""
        if self._path is None or self._at >= self._end:
            return piece
        start, self._at = self._at, min(self._at + PIECE, self._end)
        return piece + await self._store.read_content(self._account_id, self._path, start, self._at)


class Maildrop:
    """Message numbers from 1 to `len(uids)`; see `open_maildrop`."""

    def __init__(self, store: MailStore, account_id: AccountId, mailbox: Mailbox, rows: list[tuple[int, int]]) -> None:
        self._store = store
        self._account_id = account_id
        self._mailbox_id: MailboxId = mailbox.mailbox_id
        self.uid_validity = mailbox.uid_validity
        self.uids = array("I", [row[0] for row in rows])
        self.sizes = array("Q", [row[1] for row in rows])
        self.count = len(rows)
        """Messages that are not marked, as is `size` in octets."""
        self.size = sum(self.sizes)
        self._marked: set[int] = set()
        self._ahead: dict[int, tuple[Any, ...]] = {}
        self._last = 0

    @property
    def marked_count(self) -> int:
        return len(self._marked)

    def numbers(self) -> list[int]:
        """Numbers of the messages that are not marked."""
        everything = range(1, len(self.uids) + 1)
        return [number for number in everything if number not in self._marked] if self._marked else list(everything)

    def uid(self, number: int) -> int:
        """Raises NotFound for a number that names nothing, or a marked message."""
        if number > len(self.uids) or number in self._marked:
            raise _no_such_email(number)
        return self.uids[number - 1]

    def message_size(self, number: int) -> int:
        """Octets. Raises NotFound as `uid` does."""
        self.uid(number)
        return self.sizes[number - 1]

    def mark(self, number: int) -> None:
        """To be deleted at the end. Raises NotFound as `uid` does."""
        self.uid(number)
        self._marked.add(number)
        self.count -= 1
        self.size -= self.sizes[number - 1]

    def unmark_all(self) -> None:
        self._marked.clear()
        self.count = len(self.uids)
        self.size = sum(self.sizes)

    async def open_message(self, number: int) -> OpenMessage:
        """Raises NotFound as `uid` does, and for a message that was expunged elsewhere; TryLater."""
        uid = self.uid(number)
        row = self._ahead.pop(uid, None)
        if row is None:
            last = self._last_ahead(number)
            rows = await self._store.fetch(
                self._account_id, self._mailbox_id, ((uid, self.uids[last - 1]),), (Column.UID, *_CONTENT)
            )
            self._ahead = {found[0]: found[1:] for found in rows}
            row = self._ahead.pop(uid, None)
        if row is None:
            raise NotFound(f"message {number} was deleted in another session", meaning=Meaning.NO_SUCH_EMAIL)
        size, prefix, data, path = row
        return OpenMessage(self._store, self._account_id, (size, prefix, data, path))

    def _last_ahead(self, number: int) -> int:
        """The last message to be read along with this one: programs take them in order, and a read costs as much as twenty messages on the way."""
        if number != self._last + 1:
            self._last = number
            return number
        last = number
        octets = self.sizes[number - 1]
        while last < min(len(self.uids), number + _AHEAD) and octets + self.sizes[last] <= _AHEAD_OCTETS:
            octets += self.sizes[last]
            last += 1
        self._last = last
        return last

    async def delete_marked(self) -> int:
        """Delete exactly the marked messages, durably; returns how many were still there. Raises TryLater: then none or only marks remain."""
        if not self._marked:
            return 0
        ranges = _ranges(sorted(self.uids[number - 1] for number in self._marked))
        change = KeywordChange(KeywordChange.Action.ADD, Keywords(DELETED))
        await self._store.change_keywords(self._account_id, self._mailbox_id, ranges, change)
        gone, _ = await self._store.expunge(self._account_id, self._mailbox_id, ranges)
        self.unmark_all()
        return len(gone)


async def open_maildrop(store: MailStore, account_id: AccountId) -> Maildrop:
    """The messages of INBOX now. Raises NotFound (NO_SUCH_MAILBOX), TryLater."""
    found = await _inbox(store, account_id)
    mailbox, uids = await store.open_mailbox(account_id, found.mailbox_id, take_recent=False)
    rows: list[tuple[int, int]] = []
    for start in range(0, len(uids), _SNAPSHOT_ROWS):
        if start:
            await asyncio.sleep(0)
        last = min(start + _SNAPSHOT_ROWS, len(uids)) - 1
        rows += await store.fetch(
            account_id, mailbox.mailbox_id, ((uids[start], uids[last]),), (Column.UID, Column.SIZE)
        )
    return Maildrop(store, account_id, mailbox, rows)


async def _inbox(store: MailStore, account_id: AccountId) -> Mailbox:
    try:
        found = await store.mailbox(account_id, INBOX)
    except NotFound:
        # the account was added and the program stopped before its store was made: the first to need it makes it
        await store.prepare_account(account_id)
        found = await store.mailbox(account_id, INBOX)
    if found is None:
        raise NotFound("this account has no INBOX", meaning=Meaning.NO_SUCH_MAILBOX)
    return found


def _ranges(uids: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1] = (ranges[-1][0], uid)
        else:
            ranges.append((uid, uid))
    return ranges


def _no_such_email(number: int) -> NotFound:
    return NotFound(f"there is no message {number}", meaning=Meaning.NO_SUCH_EMAIL)
