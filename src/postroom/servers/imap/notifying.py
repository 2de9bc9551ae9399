"""Notification: what one session has asked to be told by NOTIFY, and the responses that tell it. RFC 5465.

Changes outside the selected mailbox come from `access.watching` and become STATUS, LIST and METADATA responses; those of the selected mailbox stay the view's, and
only what of them may be told is decided here (`selected_events`, `is_delayed`). What this client did itself is not told (`made_change`, `own`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from postroom.access.account_mail import ListedMailbox
from postroom.access.watching import (
    AccountWatch,
    AnnotationsChanged,
    Change,
    MailboxGone,
    MailboxMade,
    MailboxRenamed,
    MessagesChanged,
    SubscriptionChanged,
)
from postroom.model.mailbox import DELIMITER, Mailbox
from postroom.servers.imap.listed import attributes_of, counters_of
from postroom.wire.imap.commands.authenticated.status import StatusItem
from postroom.wire.imap.commands.extensions.notify import (
    MESSAGE_EVENTS,
    OF_SELECTED,
    EventGroup,
    Filter,
    MailEvent,
    Notify,
)
from postroom.wire.imap.commands.selected.fetch import FetchAttribute
from postroom.wire.imap.responses.mailboxes import list_line, status_line
from postroom.wire.imap.responses.metadata import metadata_changed

Arrivals = Callable[[Any, Sequence[FetchAttribute], Sequence[int]], Awaitable[None]]
"""(session, items, UIDs): send FETCH responses of messages that have just come."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How this client is spoken to now."""

    utf8: bool
    condstore: bool
    selected_id: int


class Notification:
    """One NOTIFY in force."""

    __slots__ = ("_groups", "_kept", "_watch", "is_delayed", "selected_events", "selected_items", "tell_arrivals")

    def __init__(self, command: Notify, watch: AccountWatch, tell_arrivals: Arrivals) -> None:
        self.tell_arrivals = tell_arrivals
        self._watch = watch
        self._kept: list[Change] = []
        chosen = next((group for group in command.groups if group.filter in OF_SELECTED), None)
        self.selected_events: frozenset[MailEvent] = chosen.events if chosen is not None else frozenset()
        self.selected_items: tuple[FetchAttribute, ...] = chosen.items if chosen is not None else ()
        self.is_delayed = chosen is not None and chosen.filter is Filter.SELECTED_DELAYED
        self._groups = [group for group in command.groups if group.filter not in OF_SELECTED]

    def close(self) -> None:
        """Nothing is told any more."""
        self._watch.close()

    async def made_change(self, *names: str) -> None:
        """This client did something to these names: not to be told (RFC 5465 §5). What others did meanwhile is kept."""
        self._kept += [change for change in await self._watch.changes() if not _is_about(change, names)]

    def own(self, mod_seqs: Iterable[int]) -> None:
        """This client put messages into a mailbox: not to be told (RFC 5465 §5)."""
        self._watch.own(mod_seqs)

    async def responses(self, speech: Speech) -> list[bytes]:
        """What happened since the last call, as far as it was asked for."""
        changes = self._kept + await self._watch.changes()
        self._kept = []
        return [line for change in changes for line in self._told(change, speech)]

    def first_status(self, speech: Speech) -> list[bytes]:
        """NOTIFY SET STATUS: where the mailboxes stand (RFC 5465 §3.1)."""
        lines = []
        for mailbox in self._watch.picture.mailboxes.values():
            events = self._events(mailbox.name) & MESSAGE_EVENTS
            if not events or mailbox.mailbox_id == speech.selected_id:
                continue
            items = {StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY}
            if MailEvent.FLAG_CHANGE in events:
                items.add(StatusItem.HIGHESTMODSEQ)
            lines.append(_status(mailbox, items, speech))
        return lines

    def _told(self, change: Change, speech: Speech) -> Iterator[bytes]:
        match change:
            case MessagesChanged(mailbox=mailbox):
                if mailbox.mailbox_id != speech.selected_id:
                    yield from self._messages(change, speech)
            case MailboxMade(mailbox=mailbox):
                yield from self._name(mailbox.name, MailEvent.MAILBOX_NAME, speech)
                yield from self._parent(mailbox.name, speech)
            case MailboxGone(name=name):
                yield from self._name(name, MailEvent.MAILBOX_NAME, speech)
                yield from self._parent(name, speech)
            case MailboxRenamed(mailbox=mailbox, old_name=old_name):
                events = self._events(mailbox.name) | self._events(old_name)
                if MailEvent.MAILBOX_NAME in events:
                    yield self._list(mailbox.name, speech, old_name)
            case SubscriptionChanged(name=name):
                yield from self._name(name, MailEvent.SUBSCRIPTION_CHANGE, speech)
            case AnnotationsChanged(name=name, entries=entries):
                event = MailEvent.MAILBOX_METADATA_CHANGE if name else MailEvent.SERVER_METADATA_CHANGE
                if event in (self._events(name) if name else self._any_events()):
                    yield metadata_changed(name, entries, utf8=speech.utf8)

    def _messages(self, change: MessagesChanged, speech: Speech) -> Iterator[bytes]:
        events = self._events(change.mailbox.name)
        items: set[StatusItem] = set()
        if (change.arrived or change.expunged) and MailEvent.MESSAGE_NEW in events:
            items |= {StatusItem.UIDNEXT, StatusItem.MESSAGES}
        if change.keywords and MailEvent.FLAG_CHANGE in events:
            items |= {StatusItem.UIDVALIDITY, StatusItem.UNSEEN}
        if items:
            if speech.condstore:
                items.add(StatusItem.HIGHESTMODSEQ)
            yield _status(change.mailbox, items, speech)

    def _name(self, name: str, event: MailEvent, speech: Speech) -> Iterator[bytes]:
        if event in self._events(name):
            yield self._list(name, speech)

    def _parent(self, name: str, speech: Speech) -> Iterator[bytes]:
        """RFC 5465 §5.4: the mailbox above is affected too."""
        above = name.rpartition(DELIMITER)[0]
        if above:
            yield from self._name(above, MailEvent.MAILBOX_NAME, speech)

    def _list(self, name: str, speech: Speech, old_name: str = "") -> bytes:
        picture = self._watch.picture
        there = next((mailbox for mailbox in picture.mailboxes.values() if mailbox.name == name), None)
        has_children = any(other.name.startswith(name + DELIMITER) for other in picture.mailboxes.values())
        entry = ListedMailbox(name, there, name in picture.subscribed, has_children)
        return list_line(
            attributes_of(entry, show_subscribed=True), DELIMITER, name, old_name=old_name, utf8=speech.utf8
        )

    def _events(self, name: str) -> frozenset[MailEvent]:
        """What was asked for about a mailbox, by all groups together."""
        subscribed = self._watch.picture.subscribed
        return frozenset().union(*(group.events for group in self._groups if _covers(group, name, subscribed)))

    def _any_events(self) -> frozenset[MailEvent]:
        return frozenset().union(*(group.events for group in self._groups))


def _covers(group: EventGroup, name: str, subscribed: frozenset[str]) -> bool:
    match group.filter:
        case Filter.MAILBOXES:
            return name in group.names
        case Filter.SUBTREE:
            return any(name == top or name.startswith(top + DELIMITER) for top in group.names)
        case Filter.SUBSCRIBED:
            return name in subscribed
        case _:
            # Rules may file arriving mail anywhere, so that "inboxes" is "personal" (RFC 5465 §6.3).
            return True


def _is_about(change: Change, names: tuple[str, ...]) -> bool:
    match change:
        case MailboxMade(mailbox=mailbox):
            return any(mailbox.name == name or name.startswith(mailbox.name + DELIMITER) for name in names)
        case MailboxRenamed(mailbox=mailbox):
            return mailbox.name in names
        case MailboxGone(name=name) | SubscriptionChanged(name=name) | AnnotationsChanged(name=name):
            return name in names
        case _:
            return False


def _status(mailbox: Mailbox, items: set[StatusItem], speech: Speech) -> bytes:
    shown = [(item.value, value) for item, value in counters_of(mailbox).items() if item in items]
    return status_line(mailbox.name, shown, utf8=speech.utf8)
