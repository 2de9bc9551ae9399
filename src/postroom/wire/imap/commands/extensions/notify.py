"""NOTIFY: RFC 5465 §8.

    notify        = "NOTIFY" SP ("SET" [SP "STATUS"] 1*(SP event-group) / "NONE")
    event-group   = "(" filter SP events ")"
    filter        = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" /
                    ("subtree" / "mailboxes") SP (mailbox / "(" mailbox *(SP mailbox) ")")
    events        = "(" event *(SP event) ")" / "NONE"
    event         = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / "MessageExpunge" / "FlagChange" / "MailboxName" /
                    "SubscriptionChange" / "MailboxMetadataChange" / "ServerMetadataChange"

AnnotationChange (RFC 5257) and unknown events are answered NO [BADEVENT …].
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.wire.imap.commands.selected.fetch import FetchAttribute, item_list
from postroom.wire.imap.grammar import mailboxes
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_EVENT_GROUPS, MAX_NOTIFY_MAILBOXES


class Filter(enum.Enum):
    """Which mailboxes an event group is about."""

    SELECTED = b"SELECTED"
    SELECTED_DELAYED = b"SELECTED-DELAYED"
    INBOXES = b"INBOXES"
    PERSONAL = b"PERSONAL"
    SUBSCRIBED = b"SUBSCRIBED"
    SUBTREE = b"SUBTREE"
    MAILBOXES = b"MAILBOXES"


class MailEvent(enum.Enum):
    """What can be told; the value is its name."""

    MESSAGE_NEW = b"MessageNew"
    MESSAGE_EXPUNGE = b"MessageExpunge"
    FLAG_CHANGE = b"FlagChange"
    MAILBOX_NAME = b"MailboxName"
    SUBSCRIPTION_CHANGE = b"SubscriptionChange"
    MAILBOX_METADATA_CHANGE = b"MailboxMetadataChange"
    SERVER_METADATA_CHANGE = b"ServerMetadataChange"


MESSAGE_EVENTS = frozenset({MailEvent.MESSAGE_NEW, MailEvent.MESSAGE_EXPUNGE, MailEvent.FLAG_CHANGE})
OF_SELECTED = frozenset({Filter.SELECTED, Filter.SELECTED_DELAYED})


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events of some mailboxes; `names` for SUBTREE and MAILBOXES, `items` what is fetched of a new message in the selected one."""

    filter: Filter
    names: tuple[str, ...]
    events: frozenset[MailEvent]
    items: tuple[FetchAttribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """NOTIFY; no group for NONE."""

    tag: bytes
    groups: tuple[EventGroup, ...]
    status: bool = False


_FILTERS = {each.value: each for each in Filter}
_EVENTS = {each.value.upper(): each for each in MailEvent}
_NAMED = frozenset({Filter.SUBTREE, Filter.MAILBOXES})
_BAD_EVENT = b"BADEVENT (" + b" ".join(each.value for each in MailEvent) + b")"


def parse_notify(scan: Scanner) -> Notify:
    """NONE, or SET with its groups."""
    scan.space()
    form = scan.name()
    if form == b"NONE":
        return Notify(scan.tag, ())
    if form != b"SET":
        scan.fail("NOTIFY takes SET or NONE")
    scan.space()
    status = not scan.looking_at(b"(")
    if status:
        if scan.name() != b"STATUS":
            scan.fail()
        scan.space()
    groups = [_group(scan)]
    while scan.take(b" "):
        groups.append(_group(scan))
        if len(groups) > MAX_EVENT_GROUPS:
            raise BadSyntax("Too many event groups", condition=b"NO", code=b"NOTIFICATIONOVERFLOW")
    if sum(group.filter in OF_SELECTED for group in groups) > 1:
        scan.fail("The selected mailbox is named twice")
    return Notify(scan.tag, tuple(groups), status)


def _group(scan: Scanner) -> EventGroup:
    scan.expect(b"(")
    kind = _FILTERS.get(scan.name()) or scan.fail("Unknown mailbox filter")
    scan.space()
    names: tuple[str, ...] = ()
    if kind in _NAMED:
        names = _names(scan)
        scan.space()
    events, items = _events(scan)
    scan.expect(b")")
    messages = events & MESSAGE_EVENTS
    if messages and not {MailEvent.MESSAGE_NEW, MailEvent.MESSAGE_EXPUNGE} <= messages:
        scan.fail("MessageNew and MessageExpunge go together, and before FlagChange")
    if kind in OF_SELECTED and events != messages:
        scan.fail("The selected mailbox has message events only")
    return EventGroup(kind, names, events, items)


def _names(scan: Scanner) -> tuple[str, ...]:
    if not scan.take(b"("):
        return (mailboxes.mailbox(scan),)
    names = [mailboxes.mailbox(scan)]
    while not scan.take(b")"):
        scan.space()
        names.append(mailboxes.mailbox(scan))
        if len(names) > MAX_NOTIFY_MAILBOXES:
            raise BadSyntax("Too many mailboxes", condition=b"NO", code=b"NOTIFICATIONOVERFLOW")
    return tuple(names)


def _events(scan: Scanner) -> tuple[frozenset[MailEvent], tuple[FetchAttribute, ...]]:
    if not scan.take(b"("):
        if scan.name() != b"NONE":
            scan.fail("Events stand in parentheses")
        return frozenset(), ()
    found: set[MailEvent] = set()
    items: tuple[FetchAttribute, ...] = ()
    while not found or not scan.take(b")"):
        if found:
            scan.space()
        event = _EVENTS.get(scan.name())
        if event is None:
            raise BadSyntax("Unknown event", condition=b"NO", code=_BAD_EVENT)
        found.add(event)
        if event is MailEvent.MESSAGE_NEW and scan.take(b" ("):
            items = item_list(scan)
    return frozenset(found), items
