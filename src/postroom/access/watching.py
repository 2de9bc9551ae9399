"""AccountWatch: what happens in an account outside the selected mailbox, as differences between two looks.

Notices of the ChangeFeed say where to look; a look reads counters, never messages. What is told is what differs, so that many changes of one mailbox between
two looks are one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from postroom.access.ports import MailPorts
from postroom.model.email import ChangeNotice
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import DELIMITER, Mailbox


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """In a mailbox that was there before: at least one of the three."""

    mailbox: Mailbox
    arrived: bool
    expunged: bool
    keywords: bool


@dataclass(frozen=True, slots=True)
class MailboxMade:
    """A mailbox that was not there before."""

    mailbox: Mailbox


@dataclass(frozen=True, slots=True)
class MailboxGone:
    """A name that was a mailbox."""

    name: str


@dataclass(frozen=True, slots=True)
class MailboxRenamed:
    """A mailbox under a new name; those below it went along and are not told of."""

    mailbox: Mailbox
    old_name: str


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """A name that is subscribed now, or no longer."""

    name: str


@dataclass(frozen=True, slots=True)
class AnnotationsChanged:
    """Entries that were set, changed or removed; `name` empty for the account's own."""

    name: str
    entries: tuple[str, ...]


Change = MessagesChanged | MailboxMade | MailboxGone | MailboxRenamed | SubscriptionChanged | AnnotationsChanged


@dataclass(frozen=True, slots=True)
class Picture:
    """An account at one moment, as far as it is watched."""

    mailboxes: Mapping[int, Mailbox] = field(default_factory=dict)
    subscribed: frozenset[str] = frozenset()
    marks: Mapping[tuple[int, str], int] = field(default_factory=dict)


def differences(old: Picture, new: Picture) -> list[Change]:
    """What happened between two looks: first the names, then what is in them."""
    found: list[Change] = []
    renamed = {
        was.name: new.mailboxes[mailbox_id].name
        for mailbox_id, was in old.mailboxes.items()
        if mailbox_id in new.mailboxes and new.mailboxes[mailbox_id].name != was.name
    }
    for mailbox_id, was in old.mailboxes.items():
        now = new.mailboxes.get(mailbox_id)
        if now is None:
            found.append(MailboxGone(was.name))
        elif was.name in renamed and not _went_along(was.name, renamed):
            found.append(MailboxRenamed(now, was.name))
    found += [MailboxMade(now) for mailbox_id, now in new.mailboxes.items() if mailbox_id not in old.mailboxes]
    found += [SubscriptionChanged(name) for name in sorted(old.subscribed ^ new.subscribed)]
    for mailbox_id, now in new.mailboxes.items():
        before = old.mailboxes.get(mailbox_id)
        if before is not None and before.mod_seq != now.mod_seq:
            arrived = now.uid_next != before.uid_next
            expunged = now.message_count < before.message_count + now.uid_next - before.uid_next
            keywords = now.unseen_count != before.unseen_count or not (arrived or expunged)
            found.append(MessagesChanged(now, arrived, expunged, keywords))
    return found + _annotations(old, new)


def _went_along(name: str, renamed: Mapping[str, str]) -> bool:
    """Whether a mailbox above was renamed, and this one with it."""
    above, _, last = name.rpartition(DELIMITER)
    return above in renamed and renamed[name] == renamed[above] + DELIMITER + last


def _annotations(old: Picture, new: Picture) -> list[Change]:
    changed: dict[int, list[str]] = {}
    for mailbox_id, entry in sorted(old.marks.keys() | new.marks.keys()):
        if old.marks.get((mailbox_id, entry)) != new.marks.get((mailbox_id, entry)):
            changed.setdefault(mailbox_id, []).append(entry)
    return [
        AnnotationsChanged(new.mailboxes[mailbox_id].name if mailbox_id else "", tuple(entries))
        for mailbox_id, entries in changed.items()
        if not mailbox_id or mailbox_id in new.mailboxes
    ]


class AccountWatch:
    """Watches from `open` to `close`."""

    __slots__ = ("_account_id", "_all", "_mailbox_ids", "_ports", "_stop", "_wake", "picture")

    def __init__(self, ports: MailPorts, account_id: AccountId, wake: Callable[[], None]) -> None:
        self._ports = ports
        self._account_id = account_id
        self._wake = wake
        self._stop: Callable[[], None] | None = None
        self._all = False
        self._mailbox_ids: set[int] = set()
        self.picture = Picture()

    @classmethod
    async def open(cls, ports: MailPorts, account_id: AccountId, wake: Callable[[], None]) -> AccountWatch:
        """`wake` is called at each notice from here on."""
        watch = cls(ports, account_id, wake)
        watch._stop = ports.feed.watch(account_id, watch._noticed)
        watch.picture = await watch._look()
        return watch

    def close(self) -> None:
        """Watch no longer."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _noticed(self, notice: ChangeNotice) -> None:
        # A notice without mailboxes tells of the list itself, of subscriptions or of annotations.
        self._all = self._all or not notice.mailbox_ids
        self._mailbox_ids.update(notice.mailbox_ids)
        self._wake()

    async def changes(self) -> list[Change]:
        """What happened since the last call; nothing, without a look, where no notice came."""
        if not self._all and not self._mailbox_ids:
            return []
        old, self.picture = self.picture, await self._look()
        return differences(old, self.picture)

    async def _look(self) -> Picture:
        store, account_id = self._ports.store, self._account_id
        everything, self._all = self._all or not self.picture.mailboxes, False
        mailbox_ids, self._mailbox_ids = self._mailbox_ids, set()
        if everything:
            mailboxes = {int(mailbox.mailbox_id): mailbox for mailbox in await store.mailboxes(account_id)}
            marks = {(mark.mailbox_id, mark.entry): mark.mod_seq for mark in await store.annotation_marks(account_id)}
            return Picture(mailboxes, frozenset(await store.subscriptions(account_id)), marks)
        changed = dict(self.picture.mailboxes)
        for mailbox_id in mailbox_ids:
            found = await store.mailbox_by_id(account_id, MailboxId(mailbox_id))
            if found is not None and mailbox_id in changed:
                changed[mailbox_id] = found
        return Picture(changed, self.picture.subscribed, self.picture.marks)
