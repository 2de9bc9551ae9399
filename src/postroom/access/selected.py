"""SelectedMailbox: one open mailbox of one session: a snapshot, what changed since, and what may be done with its messages.

What the session knows is a mod_seq; `changes` reads on from there. Notices of the ChangeFeed only say that a read would find something, so a lost one
costs time and never truth: whoever waits long reads anyway.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from postroom.access import ranges
from postroom.access.incoming import check_keywords
from postroom.access.ports import MailPorts
from postroom.model.email import Appended, Arrival, Changed, ChangeNotice, Column, Copied, KeywordChange, MailboxChanges
from postroom.model.errors import NotFound, NotPermitted
from postroom.model.ids import AccountId, EmailId, MailboxId
from postroom.model.mailbox import Mailbox
from postroom.model.ports import Ranges
from postroom.model.text_index import TextIndex

_UNKNOWN = 1 << 63  # a mod_seq above all: what happened meanwhile has to be looked for


class SelectedMailbox:
    """Open until `close`. Every call may raise NotFound when the mailbox is gone."""

    __slots__ = (
        "_newest",
        "_ports",
        "_stop",
        "_wake",
        "account_id",
        "known",
        "mailbox",
        "read_only",
        "uids",
    )

    def __init__(self, ports: MailPorts, account_id: AccountId, mailbox: Mailbox, *, read_only: bool) -> None:
        self._ports = ports
        self._wake: Callable[[], None] | None = None
        self._stop: Callable[[], None] | None = None
        self.account_id = account_id
        self.mailbox = mailbox
        self.uids: array[int] = array("I")
        self.read_only = read_only
        self.known: int = mailbox.mod_seq
        """What `changes` has told."""
        self._newest = 0

    @classmethod
    async def open(
        cls, ports: MailPorts, account_id: AccountId, mailbox_id: MailboxId, *, read_only: bool
    ) -> SelectedMailbox:
        """Read-write opening takes the marks of recent arrival from later sessions."""
        mailbox, uids = await ports.store.open_mailbox(account_id, mailbox_id, take_recent=not read_only)
        selected = cls(ports, account_id, mailbox, read_only=read_only)
        selected.uids = uids
        # From here on; what was committed before this line and after the snapshot is found by the first `changes`.
        selected._newest = _UNKNOWN
        selected._stop = ports.feed.watch(account_id, selected._noticed)
        return selected

    async def claim_recent(self, newest_uid: int) -> int:
        """Take the marks of recent arrival up to this message; from which UID on they are this session's. Raises TryLater."""
        return await self._ports.store.take_recent(self.account_id, self.mailbox.mailbox_id, newest_uid + 1)

    def close(self) -> None:
        """Watch no longer."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def wake_with(self, wake: Callable[[], None] | None) -> None:
        """Call `wake` at each notice, while the session waits for one."""
        self._wake = wake

    def _noticed(self, notice: ChangeNotice) -> None:
        # A notice without mailboxes tells of the list itself: this one may be gone.
        if notice.mailbox_ids and self.mailbox.mailbox_id not in notice.mailbox_ids:
            return
        self._newest = max(self._newest, notice.mod_seq)
        if self._wake is not None:
            self._wake()

    @property
    def changed(self) -> bool:
        """Whether a notice says that there is more than `known`."""
        return self._newest > self.known

    def knows_of(self, done: Changed) -> bool:
        """This session's own change has been told: where nothing else happened before it, `known` moves over it and true is returned."""
        if done.before != self.known:
            return False
        self.known = done.mod_seq
        return True

    async def marked(self, required: int, forbidden: int) -> list[tuple[int, int]]:
        """(UID, mod_seq) of messages with all the keyword bits of `required` and none of `forbidden`, ascending."""
        return await self._ports.store.marked(self.account_id, self.mailbox.mailbox_id, required, forbidden)

    async def members(self, email_ids: Sequence[EmailId]) -> list[int]:
        """The UIDs of those of these emails that are here, ascending."""
        return await self._ports.store.members(self.account_id, self.mailbox.mailbox_id, email_ids)

    @property
    def index(self) -> TextIndex | None:
        """Where texts are looked up, if there is an index."""
        index = self._ports.index
        return index if index is not None and index.is_on else None

    async def changes(self) -> MailboxChanges:
        """What happened since the last call. Raises NotFound when the mailbox is gone."""
        noticed, self._newest = self._newest, 0
        try:
            found = await self._ports.store.changes_since(self.account_id, self.mailbox.mailbox_id, self.known)
        except NotFound:
            self._newest = max(self._newest, noticed)
            raise
        self.known = max(self.known, found.mod_seq)
        return found

    async def keywords(self) -> list[str]:
        """Those without a bit of their own that this mailbox knows."""
        return await self._ports.store.keywords(self.account_id, self.mailbox.mailbox_id)

    async def first_unseen(self) -> int | None:
        """The UID of the first message without $seen."""
        return await self._ports.store.first_unseen(self.account_id, self.mailbox.mailbox_id)

    async def uids_now(self) -> array[int]:
        """The UIDs that are there, ascending. Raises NotFound when the mailbox is gone."""
        _, uids = await self._ports.store.open_mailbox(self.account_id, self.mailbox.mailbox_id, take_recent=False)
        return uids

    async def changed_after(self, mod_seq: int) -> list[int]:
        """UIDs of messages new or changed after `mod_seq`."""
        found = await self._ports.store.changes_since(self.account_id, self.mailbox.mailbox_id, mod_seq)
        return [row[0] for row in found.changed]

    async def gone_after(self, mod_seq: int, wanted: Sequence[ranges.Range]) -> list[ranges.Range]:
        """What of `wanted` was expunged after `mod_seq`, or may have been: more is named where the history does not reach back (RFC 7162 §3.2.6)."""
        found = await self._ports.store.changes_since(self.account_id, self.mailbox.mailbox_id, mod_seq)
        if found.is_complete:
            return ranges.of(ranges.intersection(wanted, found.expunged))
        return await asyncio.to_thread(ranges.gaps, wanted, await self.uids_now())

    async def fetch(self, ranges: Ranges, columns: tuple[Column, ...]) -> list[tuple[Any, ...]]:
        """Rows in UID order; the caller keeps the ranges short (`ranges.chunks`)."""
        return await self._ports.store.fetch(self.account_id, self.mailbox.mailbox_id, ranges, columns)

    async def read_content(self, path: str, start: int, end: int) -> bytes:
        """A stretch of a large content. Raises TryLater for this message only."""
        return await self._ports.store.read_content(self.account_id, path, start, end)

    async def change_keywords(
        self, ranges: Ranges, change: KeywordChange, unchanged_since: int | None = None
    ) -> Changed:
        """Raises NotPermitted on a read-only mailbox, OverLimit for too many keywords."""
        self.check_writable()
        check_keywords(change.keywords)
        return await self._ports.store.change_keywords(
            self.account_id, self.mailbox.mailbox_id, ranges, change, unchanged_since
        )

    async def expunge(self, ranges: Ranges | None) -> list[int]:
        """Remove what is marked deleted, among `ranges` where given; returns the UIDs."""
        self.check_writable()
        uids, _ = await self._ports.store.expunge(self.account_id, self.mailbox.mailbox_id, ranges)
        return uids

    async def replace(self, uid: int, arrival: Arrival) -> Appended:
        """The message goes, the arrival comes. Raises NotFound, OverLimit; NotPermitted on a read-only mailbox."""
        self.check_writable()
        return await self._ports.store.replace(self.account_id, self.mailbox.mailbox_id, uid, arrival)

    async def copy(self, ranges: Ranges, target: Mailbox) -> Copied:
        """All or none. Raises NotFound, OverLimit."""
        return await self._ports.store.copy(self.account_id, self.mailbox.mailbox_id, ranges, target.mailbox_id)

    async def move(self, ranges: Ranges, target: Mailbox) -> Copied:
        """All or none; onto itself it gives new UIDs."""
        self.check_writable()
        return await self._ports.store.move(self.account_id, self.mailbox.mailbox_id, ranges, target.mailbox_id)

    async def highest_mod_seq(self) -> int:
        """Of the mailbox now; never below what was told."""
        now = await self._ports.store.mailbox_by_id(self.account_id, self.mailbox.mailbox_id)
        return self.known if now is None else max(self.known, now.mod_seq)

    def check_writable(self) -> None:
        """Raises NotPermitted."""
        if self.read_only:
            raise NotPermitted("the mailbox is opened read-only")
