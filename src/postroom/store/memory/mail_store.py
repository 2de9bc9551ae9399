"""MemoryMailStore: the MailStore port over `MemoryAccount`s."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from postroom.model.annotation import AnnotationMark
from postroom.model.email import (
    Appended,
    Arrival,
    Changed,
    ChangeNotice,
    Column,
    Copied,
    KeywordChange,
    MailboxChanges,
    Usage,
)
from postroom.model.errors import NotFound, OverLimit, TryLater
from postroom.model.ids import AccountId, EmailId, MailboxId, ModSeq
from postroom.model.keywords import DELETED, MAX_KEYWORDS, SEEN, Keywords
from postroom.model.mailbox import Mailbox, MailboxRole
from postroom.model.ports import Clock, Ranges
from postroom.store.memory.account import Member, MemoryAccount

_COLUMNS: Mapping[Column, Callable[[Member], Any]] = MappingProxyType(
    {
        Column.UID: lambda member: member.uid,
        Column.BITS: lambda member: member.keywords.bits,
        Column.OTHERS: lambda member: member.keywords.others_text,
        Column.MOD_SEQ: lambda member: member.mod_seq,
        Column.SIZE: lambda member: member.email.size,
        Column.RECEIVED_AT: lambda member: member.received_at,
        Column.RECEIVED_ZONE: lambda member: member.email.arrival.received_zone,
        Column.SAVED_AT: lambda member: member.saved_at,
        Column.MAILBOX_ID: lambda member: member.mailbox_id,
        Column.HAS_ATTACHMENT: lambda member: int(member.email.arrival.summary.has_attachment),
        Column.EMAIL_ID: lambda member: member.email.email_id,
        Column.THREAD_ID: lambda member: member.email.thread_id,
        Column.SENT_AT: lambda member: member.email.arrival.summary.sent_at,
        Column.BASE_SUBJECT: lambda member: member.email.arrival.summary.base_subject,
        Column.ENVELOPE: lambda member: member.email.arrival.summary.envelope,
        Column.BODY_STRUCTURE: lambda member: member.email.arrival.summary.body_structure,
        Column.BODY: lambda member: member.email.arrival.summary.body,
        Column.PARTS: lambda member: member.email.arrival.summary.parts,
        Column.HEADER_CACHE: lambda member: member.email.arrival.summary.header_cache,
        Column.PREVIEW: lambda member: member.email.arrival.summary.preview,
        Column.BLOB_ID: lambda member: member.email.arrival.content.blob_id,
        Column.PREFIX: lambda member: member.email.arrival.prefix,
        Column.CONTENT: lambda member: member.email.data if member.email.arrival.content.path is None else None,
        Column.CONTENT_PATH: lambda member: _path(member) if member.email.arrival.content.path is not None else None,
    }
)


class MemoryMailStore:
    """See model.ports.MailStore."""

    def __init__(self, clock: Clock, publish: Callable[[ChangeNotice], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._told: dict[AccountId, int] = {}
        self._accounts: dict[AccountId, MemoryAccount] = {}

    def account(self, account_id: AccountId) -> MemoryAccount:
        """Raises NotFound."""
        if account_id not in self._accounts:
            raise NotFound("this account has no mail store")
        return self._accounts[account_id]

    async def prepare_account(self, account_id: AccountId) -> None:
        if account_id not in self._accounts:
            self._accounts[account_id] = MemoryAccount(self._clock.now())

    async def set_quota(self, account_id: AccountId, quota: int | None) -> None:
        self.account(account_id).quota = quota

    async def remove_account(self, account_id: AccountId) -> None:
        self._accounts.pop(account_id, None)

    async def mailboxes(self, account_id: AccountId) -> list[Mailbox]:
        places = self.account(account_id).places
        return [places[name].mailbox() for name in sorted(places)]

    async def mailbox(self, account_id: AccountId, name: str) -> Mailbox | None:
        place = self.account(account_id).places.get(name)
        return place.mailbox() if place else None

    async def mailbox_with_role(self, account_id: AccountId, role: MailboxRole) -> Mailbox | None:
        places = self.account(account_id).places.values()
        found = sorted((place for place in places if place.role is role), key=lambda place: place.mailbox_id)
        return found[0].mailbox() if found else None

    async def mailbox_by_id(self, account_id: AccountId, mailbox_id: MailboxId) -> Mailbox | None:
        place = self.account(account_id).find(mailbox_id)
        return place.mailbox() if place else None

    async def create_mailbox(self, account_id: AccountId, name: str, role: MailboxRole | None = None) -> Mailbox:
        place = self.account(account_id).create(name, role)
        self._announce(account_id)
        return place.mailbox()

    async def rename_mailbox(self, account_id: AccountId, name: str, new_name: str) -> None:
        self.account(account_id).rename(name, new_name, self._clock.now())
        self._announce(account_id)

    async def delete_mailbox(self, account_id: AccountId, name: str) -> None:
        self.account(account_id).delete(name)
        self._announce(account_id)

    async def subscriptions(self, account_id: AccountId) -> list[str]:
        return sorted(self.account(account_id).subscribed)

    async def set_subscribed(self, account_id: AccountId, name: str, subscribed: bool) -> None:
        account = self.account(account_id)
        if (name in account.subscribed) == subscribed:
            return
        (account.subscribed.add if subscribed else account.subscribed.discard)(name)
        account.next_mod_seq()
        self._announce(account_id)

    async def annotations(self, account_id: AccountId, mailbox_id: MailboxId | None) -> dict[str, bytes]:
        return self.account(account_id).annotated(mailbox_id or 0)

    async def annotation_marks(self, account_id: AccountId) -> list[AnnotationMark]:
        found = self.account(account_id).annotations
        return [AnnotationMark(mailbox_id, entry, found[mailbox_id, entry][1]) for mailbox_id, entry in found]

    async def set_annotations(
        self, account_id: AccountId, mailbox_id: MailboxId | None, values: Mapping[str, bytes | None]
    ) -> None:
        self.account(account_id).annotate(mailbox_id or 0, values)
        self._announce(account_id)

    async def append(self, account_id: AccountId, arrivals: Sequence[Arrival]) -> list[Appended]:
        account = self.account(account_id)
        if not arrivals:
            return []
        appended = account.append([(arrival, _content(arrival)) for arrival in arrivals], self._clock.now())
        self._announce(account_id, *dict.fromkeys(arrival.mailbox_id for arrival in arrivals))
        return appended

    async def replace(self, account_id: AccountId, mailbox_id: MailboxId, uid: int, arrival: Arrival) -> Appended:
        account = self.account(account_id)
        place = account.require(mailbox_id)
        appended = account.replace(place, uid, (arrival, _content(arrival)), self._clock.now())
        self._announce(account_id, *dict.fromkeys((mailbox_id, arrival.mailbox_id)))
        return appended

    async def open_mailbox(
        self, account_id: AccountId, mailbox_id: MailboxId, *, take_recent: bool
    ) -> tuple[Mailbox, array[int]]:
        place = self.account(account_id).require(mailbox_id)
        mailbox = place.mailbox()
        if take_recent:
            place.first_recent_uid = place.uid_next
        return mailbox, array("I", sorted(place.members))

    async def keywords(self, account_id: AccountId, mailbox_id: MailboxId) -> list[str]:
        place = self.account(account_id).find(mailbox_id)
        return place.keywords_since(-1) if place else []

    async def first_unseen(self, account_id: AccountId, mailbox_id: MailboxId) -> int | None:
        place = self.account(account_id).find(mailbox_id)
        members = place.members.values() if place else ()
        return min((member.uid for member in members if not member.keywords.bits & SEEN), default=None)

    async def marked(
        self, account_id: AccountId, mailbox_id: MailboxId, required: int, forbidden: int
    ) -> list[tuple[int, int]]:
        place = self.account(account_id).find(mailbox_id)
        members = place.members.values() if place else ()
        found = [(member.uid, member.mod_seq, member.keywords.bits) for member in members]
        return sorted((uid, at) for uid, at, has in found if has & required == required and not has & forbidden)

    async def members(self, account_id: AccountId, mailbox_id: MailboxId, email_ids: Sequence[EmailId]) -> list[int]:
        place = self.account(account_id).find(mailbox_id)
        members = place.members.values() if place else ()
        wanted = set(email_ids)
        return sorted(member.uid for member in members if member.email.email_id in wanted)

    async def newest_emails(
        self, account_id: AccountId, below: int, most: int, mailbox_ids: Collection[MailboxId] | None = None
    ) -> list[EmailId]:
        members = self.account(account_id).members()
        among = {member.email.email_id for member in members if mailbox_ids is None or member.mailbox_id in mailbox_ids}
        return sorted((email_id for email_id in among if email_id < below), reverse=True)[:most]

    async def memberships(
        self, account_id: AccountId, email_ids: Sequence[EmailId], columns: tuple[Column, ...]
    ) -> list[tuple[Any, ...]]:
        wanted = set(email_ids)
        found = [member for member in self.account(account_id).members() if member.email.email_id in wanted]
        found.sort(key=lambda member: (-member.email.email_id, member.mailbox_id, member.uid))
        return [tuple(_COLUMNS[column](member) for column in columns) for member in found]

    async def deleted_size(self, account_id: AccountId, mailbox_id: MailboxId) -> int:
        place = self.account(account_id).find(mailbox_id)
        members = place.members.values() if place else ()
        return sum(member.email.size for member in members if member.keywords.bits & DELETED)

    async def take_recent(self, account_id: AccountId, mailbox_id: MailboxId, below: int) -> int:
        place = self.account(account_id).require(mailbox_id)
        first, place.first_recent_uid = place.first_recent_uid, max(place.first_recent_uid, below)
        return first

    async def fetch(
        self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, columns: tuple[Column, ...]
    ) -> list[tuple[Any, ...]]:
        place = self.account(account_id).find(mailbox_id)
        members = place.among(ranges) if place else []
        return [tuple(_COLUMNS[column](member) for column in columns) for member in members]

    async def changes_since(self, account_id: AccountId, mailbox_id: MailboxId, mod_seq: int) -> MailboxChanges:
        place = self.account(account_id).require(mailbox_id)
        changed = [_row(member) for member in place.members.values() if member.mod_seq > mod_seq]
        expunged = sorted(uid for uid, gone in place.expunged.items() if gone > mod_seq)
        known = place.keywords_since(mod_seq)
        now = ModSeq(max(place.mod_seq, mod_seq))
        return MailboxChanges(now, changed, expunged, place.history_from <= mod_seq, known)

    async def change_keywords(
        self,
        account_id: AccountId,
        mailbox_id: MailboxId,
        ranges: Ranges,
        change: KeywordChange,
        unchanged_since: int | None = None,
    ) -> Changed:
        account = self.account(account_id)
        place = account.require(mailbox_id)
        members = place.among(ranges)
        limit = account.mod_seq if unchanged_since is None else unchanged_since
        modified = [member.uid for member in members if member.mod_seq > limit]
        changes = [
            (member, keywords)
            for member in members
            if member.mod_seq <= limit and (keywords := _changed(member.keywords, change)) != member.keywords
        ]
        is_new = bool(ranges) and place.note_keywords(change.keywords.others, account.mod_seq + 1)
        if not changes and not is_new:
            return Changed(ModSeq(place.mod_seq), ModSeq(place.mod_seq), [], modified)
        for member, keywords in changes:
            if len(keywords.others) > max(MAX_KEYWORDS, len(member.keywords.others)):
                raise OverLimit(f"a message has at most {MAX_KEYWORDS} keywords")
        before = ModSeq(place.mod_seq)
        mod_seq = place.mod_seq = account.next_mod_seq()
        rows = []
        for member, keywords in changes:
            member.keywords, member.mod_seq = keywords, mod_seq
            rows.append(_row(member))
        self._announce(account_id, mailbox_id)
        return Changed(before, ModSeq(mod_seq), rows, modified)

    async def expunge(
        self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges | None
    ) -> tuple[list[int], int]:
        account = self.account(account_id)
        place = account.require(mailbox_id)
        members = list(place.members.values()) if ranges is None else place.among(ranges)
        gone = [member for member in members if member.keywords.bits & DELETED]
        if gone:
            account.take_out(place, gone, account.next_mod_seq())
        self._announce(account_id, mailbox_id)
        return [member.uid for member in gone], place.mod_seq

    async def copy(self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId) -> Copied:
        account = self.account(account_id)
        members = account.require(mailbox_id).among(ranges)
        copied = account.copy(members, account.require(target), self._clock.now())
        self._announce(account_id, target)
        return copied

    async def move(self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId) -> Copied:
        account = self.account(account_id)
        source = account.require(mailbox_id)
        copied = account.move(source, source.among(ranges), account.require(target), self._clock.now())
        self._announce(account_id, mailbox_id, target)
        return copied

    async def read_content(self, account_id: AccountId, path: str, start: int, end: int) -> bytes:
        for member in self.account(account_id).members():
            if _path(member) == path and end <= len(member.email.data):
                return member.email.data[start:end]
        raise TryLater("this message can't be read at the moment")

    async def usage(self, account_id: AccountId) -> Usage:
        account = self.account(account_id)
        return Usage(account.size(), len(account.members()), account.quota)

    def _announce(self, account_id: AccountId, *mailbox_ids: MailboxId) -> None:
        """Tell of the last change; one that changed nothing tells nothing."""
        mod_seq = self.account(account_id).mod_seq
        if self._told.get(account_id) == mod_seq:
            return
        self._told[account_id] = mod_seq
        self._publish(ChangeNotice(account_id, self.account(account_id).mod_seq, mailbox_ids))


def _content(arrival: Arrival) -> bytes:
    content = arrival.content
    return content.data if content.data is not None else Path(content.path or "").read_bytes()


def _path(member: Member) -> str:
    return f"memory/{member.email.email_id}"


def _row(member: Member) -> tuple[int, int, str | None, int]:
    return member.uid, member.keywords.bits, member.keywords.others_text, member.mod_seq


def _changed(old: Keywords, change: KeywordChange) -> Keywords:
    if change.action is KeywordChange.Action.ADD:
        return old.with_added(change.keywords)
    if change.action is KeywordChange.Action.REMOVE:
        return old.with_removed(change.keywords)
    return change.keywords
