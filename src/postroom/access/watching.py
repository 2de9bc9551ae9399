"""AccountWatch: what happens in an account outside the selected mailbox, as differences between two looks.

Notices of the ChangeFeed say where to look; a look reads counters, never messages. What is told is what differs, so that many changes of one mailbox between
two looks are one.

What the session itself put into a mailbox is not told (`own`): each notice carries the mod_seq of its commit, so that a mailbox of which only own commits were
noticed has nothing new. A notice of somebody else's that comes too late for such a look, from another process, is told as a change of keywords.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from postroom.access.ports import MailPorts
from postroom.model.email import ChangeNotice
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import DELIMITER, Mailbox

_MOST_NOTICED = 64  # commits of one mailbox between two looks; with more it is told anyway


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

    __slots__ = ("_account_id", "_all", "_noticed_at", "_own", "_passed_over", "_ports", "_stop", "_wake", "picture")

    def __init__(self, ports: MailPorts, account_id: AccountId, wake: Callable[[], None]) -> None:
        self._ports = ports
        self._account_id = account_id
        self._wake = wake
        self._stop: Callable[[], None] | None = None
        self._all = False
        self._noticed_at: dict[int, set[int]] = {}
        self._own: set[int] = set()
        self._passed_over: dict[int, tuple[int, int]] = {}
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
        for mailbox_id in notice.mailbox_ids:
            noticed = self._noticed_at.setdefault(mailbox_id, set())
            if len(noticed) < _MOST_NOTICED:
                noticed.add(notice.mod_seq)
        self._wake()

    def own(self, mod_seqs: Iterable[int]) -> None:
        """The session's own commits; to be said before the next call of `changes`."""
        self._own.update(mod_seqs)

    async def changes(self) -> list[Change]:
        """What happened since the last call; nothing, without a look, where no notice came."""
        if not self._all and not self._noticed_at:
            return []
        noticed, self._noticed_at = self._noticed_at, {}
        own, self._own = self._own, set()
        old, self.picture = self.picture, await self._look(set(noticed))
        found = []
        for change in differences(old, self.picture):
            mailbox_id = int(change.mailbox.mailbox_id) if isinstance(change, MessagesChanged) else 0
            if mailbox_id and self._is_own(mailbox_id, noticed.get(mailbox_id, set()), own):
                self._passed_over[mailbox_id] = (
                    old.mailboxes[mailbox_id].mod_seq,
                    self.picture.mailboxes[mailbox_id].mod_seq,
                )
            else:
                found.append(change)
                noticed.pop(mailbox_id, None)
        return found + self._late(noticed, own)

    def _is_own(self, mailbox_id: int, noticed: set[int], own: set[int]) -> bool:
        return 0 < len(noticed) < _MOST_NOTICED and noticed <= own and self.picture.mailboxes[mailbox_id].mod_seq in own

    def _late(self, noticed: Mapping[int, set[int]], own: set[int]) -> list[Change]:
        """What others did just before an own commit that was passed over, where the notice of it has come only now."""
        found: list[Change] = []
        for mailbox_id, mod_seqs in noticed.items():
            after, until = self._passed_over.get(mailbox_id, (0, 0))
            if mailbox_id not in self.picture.mailboxes:
                self._passed_over.pop(mailbox_id, None)
            elif any(after < mod_seq < until and mod_seq not in own for mod_seq in mod_seqs):
                found.append(MessagesChanged(self.picture.mailboxes[mailbox_id], False, False, True))
                del self._passed_over[mailbox_id]
        return found

    async def _look(self, mailbox_ids: Collection[int] = ()) -> Picture:
        store, account_id = self._ports.store, self._account_id
        everything, self._all = self._all or not self.picture.mailboxes, False
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
