"""One account in memory: mailboxes with their messages, emails with their contents, and the numbers that are counted upwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from postroom.model.annotation import MAX_ACCOUNT_ENTRIES, MAX_ENTRIES
from postroom.model.email import Appended, Arrival, Copied
from postroom.model.errors import Conflict, Malformed, Meaning, NotFound, NotPermitted, OverLimit
from postroom.model.ids import EmailId, MailboxId, ModSeq
from postroom.model.keywords import DELETED, SEEN, Keywords
from postroom.model.mailbox import DEFAULT_MAILBOXES, DELIMITER, INBOX, Mailbox, MailboxRole, ancestors
from postroom.model.ports import Ranges
from postroom.store import changing, known_keywords
from postroom.store.append import DELIVERED_FOR, delivered_before
from postroom.store.mailboxes import MAX_MAILBOXES


@dataclass(slots=True)
class StoredEmail:
    """An arrival and what was decided about it; `data` is its content, wherever it came from."""

    email_id: EmailId
    thread_id: int
    arrival: Arrival
    data: bytes

    @property
    def size(self) -> int:
        return len(self.arrival.prefix) + len(self.data)


@dataclass(slots=True)
class Member:
    """An email in a mailbox."""

    uid: int
    email: StoredEmail
    keywords: Keywords
    mod_seq: int
    received_at: int
    saved_at: int
    mailbox_id: MailboxId


@dataclass(slots=True)
class Place:
    """A mailbox; `members` by UID, in their order."""

    mailbox_id: MailboxId
    name: str
    role: MailboxRole | None
    uid_validity: int
    mod_seq: int
    uid_next: int = 1
    first_recent_uid: int = 1
    members: dict[int, Member] = field(default_factory=dict)
    expunged: dict[int, int] = field(default_factory=dict)
    """UID → mod_seq."""
    history_from: int = 0
    keywords: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Without case → as first written, and the mod_seq."""

    def note_keywords(self, names: Iterable[str], mod_seq: int) -> bool:
        """Returns whether one is new."""
        count = len(self.keywords)
        for name in names:
            if len(self.keywords) < known_keywords.MOST:
                self.keywords.setdefault(name.lower(), (name, mod_seq))
        return len(self.keywords) != count

    def keywords_since(self, mod_seq: int) -> list[str]:
        return [self.keywords[key][0] for key in sorted(self.keywords) if self.keywords[key][1] > mod_seq]

    def mailbox(self) -> Mailbox:
        members = self.members.values()
        return Mailbox(
            self.mailbox_id,
            self.name,
            self.role,
            self.uid_validity,
            self.uid_next,
            self.first_recent_uid,
            len(members),
            sum(not member.keywords.bits & SEEN for member in members),
            sum(bool(member.keywords.bits & DELETED) for member in members),
            sum(member.email.size for member in members),
            ModSeq(self.mod_seq),
            self.history_from,
        )

    def among(self, ranges: Ranges) -> list[Member]:
        return [member for uid, member in self.members.items() if any(low <= uid <= high for low, high in ranges)]


class MemoryAccount:
    """The operations of one account; each is whole or refused."""

    def __init__(self, now: int) -> None:
        self.mod_seq = 1
        self.quota: int | None = None
        self.places: dict[str, Place] = {}
        self.subscribed: set[str] = set()
        self.annotations: dict[tuple[int, str], tuple[bytes, int]] = {}
        self._next_mailbox_id = 1
        self._next_email_id = 1
        self._next_uid_validity = now % (1 << 31) or 1
        self._threads: dict[str, int] = {}
        self._delivered: dict[str, int] = {}
        for name, role in DEFAULT_MAILBOXES:
            self._insert(name, role)
            self.subscribed.add(name)

    def next_mod_seq(self) -> int:
        self.mod_seq += 1
        return self.mod_seq

    def members(self) -> list[Member]:
        return [member for place in self.places.values() for member in place.members.values()]

    def size(self) -> int:
        return sum(member.email.size for member in self.members())

    def find(self, mailbox_id: MailboxId) -> Place | None:
        return next((place for place in self.places.values() if place.mailbox_id == mailbox_id), None)

    def require(self, mailbox_id: MailboxId) -> Place:
        place = self.find(mailbox_id)
        if place is None:
            raise _no_such_mailbox()
        return place

    def named(self, name: str) -> Place:
        if name not in self.places:
            raise _no_such_mailbox()
        return self.places[name]

    def create(self, name: str, role: MailboxRole | None) -> Place:
        if name in self.places:
            raise Conflict("there is a mailbox of this name already")
        missing = [above for above in ancestors(name) if above not in self.places]
        if len(self.places) + len(missing) >= MAX_MAILBOXES:
            raise OverLimit(f"an account has at most {MAX_MAILBOXES} mailboxes")
        for above in missing:
            self._insert(above, None)
        return self._insert(name, role)

    def annotated(self, mailbox_id: int) -> dict[str, bytes]:
        found = self.annotations
        return {entry: found[of, entry][0] for of, entry in sorted(found) if of == mailbox_id}

    def annotate(self, mailbox_id: int, values: Mapping[str, bytes | None]) -> None:
        if mailbox_id:
            self.require(MailboxId(mailbox_id))
        changed = dict(self.annotations)
        for entry, value in values.items():
            if value is None:
                changed.pop((mailbox_id, entry), None)
            else:
                changed[mailbox_id, entry] = (value, self.mod_seq + 1)
        if sum(of == mailbox_id for of, _ in changed) > MAX_ENTRIES or len(changed) > MAX_ACCOUNT_ENTRIES:
            raise OverLimit("too many annotations")
        self.annotations = changed
        self.next_mod_seq()

    def _insert(self, name: str, role: MailboxRole | None) -> Place:
        place = Place(MailboxId(self._next_mailbox_id), name, role, self._next_uid_validity, self.next_mod_seq())
        self._next_mailbox_id += 1
        self._next_uid_validity += 1
        self.places[name] = place
        return place

    def rename(self, name: str, new_name: str, now: int) -> None:
        place = self.named(name)
        if new_name in self.places:
            raise Conflict("there is a mailbox of the new name already")
        if name == INBOX:
            target = self.create(new_name, None)
            for (of, entry), found in tuple(self.annotations.items()):
                if of == place.mailbox_id:
                    self.annotations[target.mailbox_id, entry] = found
            self.move(place, [*place.members.values()], target, now)
            return
        if new_name.startswith(name + DELIMITER):
            raise Malformed("a mailbox can't move below itself", meaning=Meaning.NAME_NOT_ALLOWED)
        for above in ancestors(new_name):
            if above not in self.places:
                self._insert(above, None)
        mod_seq = self.next_mod_seq()
        for old in [old for old in self.places if old == name or old.startswith(name + DELIMITER)]:
            moved = self.places.pop(old)
            moved.name = new_name + old[len(name) :]
            moved.mod_seq = mod_seq
            self.places[moved.name] = moved

    def delete(self, name: str) -> None:
        self.named(name)
        if name == INBOX:
            raise NotPermitted("INBOX can't be deleted", meaning=Meaning.NAME_NOT_ALLOWED)
        if any(other.startswith(name + DELIMITER) for other in self.places):
            raise Conflict("the mailbox has others below it", meaning=Meaning.HAS_CHILDREN)
        self.next_mod_seq()
        gone = self.places.pop(name).mailbox_id
        self.annotations = {key: found for key, found in self.annotations.items() if key[0] != gone}

    def append(self, arrivals: list[tuple[Arrival, bytes]], now: int) -> list[Appended]:
        places = [self.require(arrival.mailbox_id) for arrival, _ in arrivals]
        names = [arrival.once for arrival, _ in arrivals if arrival.once]
        if len({*names}) < len(names) or any(now - self._delivered.get(name, 0) <= DELIVERED_FOR for name in names):
            raise delivered_before()
        self._check_quota(sum(len(data) + len(arrival.prefix) for arrival, data in arrivals))
        self._delivered.update(dict.fromkeys(names, now))
        return self._append(places, arrivals, now)

    def _append(self, places: list[Place], arrivals: list[tuple[Arrival, bytes]], now: int) -> list[Appended]:
        mod_seq = self.next_mod_seq()
        appended = []
        for place, (arrival, data) in zip(places, arrivals, strict=True):
            email_id = EmailId(self._next_email_id)
            self._next_email_id += 1
            email = StoredEmail(email_id, self._thread(email_id, arrival), arrival, data)
            uid = self._add(place, email, arrival.keywords, (arrival.received_at, now), mod_seq)
            appended.append(Appended(uid, place.uid_validity, email_id, ModSeq(mod_seq)))
        return appended

    def copy(self, members: list[Member], target: Place, now: int) -> Copied:
        self._check_quota(sum(member.email.size for member in members))
        return self._join(members, target, now)

    def replace(self, place: Place, uid: int, arrival: tuple[Arrival, bytes], now: int) -> Appended:
        member = place.members.get(uid)
        if member is None:
            raise NotFound("the message to be replaced is gone", meaning=Meaning.NO_SUCH_EMAIL)
        target = self.require(arrival[0].mailbox_id)
        self._check_quota(len(arrival[1]) + len(arrival[0].prefix) - member.email.size)
        self.take_out(place, [member], self.next_mod_seq())
        return self._append([target], [arrival], now)[0]

    def move(self, source: Place, members: list[Member], target: Place, now: int) -> Copied:
        copied = self._join(members, target, now)
        self.take_out(source, members, self.mod_seq)
        return copied

    def take_out(self, place: Place, members: Iterable[Member], mod_seq: int) -> None:
        for member in members:
            del place.members[member.uid]
            place.expunged[member.uid] = mod_seq
            place.mod_seq = mod_seq
        if changing.is_too_long(len(place.expunged)):
            place.history_from = sorted(place.expunged.values())[-changing.KEPT - 1]
            place.expunged = {uid: gone for uid, gone in place.expunged.items() if gone > place.history_from}

    def _join(self, members: list[Member], target: Place, now: int) -> Copied:
        mod_seq = self.next_mod_seq() if members else self.mod_seq
        uids = [
            self._add(target, member.email, member.keywords, (member.received_at, now), mod_seq) for member in members
        ]
        return Copied(target.uid_validity, [member.uid for member in members], uids, ModSeq(mod_seq if members else 0))

    def _add(self, place: Place, email: StoredEmail, keywords: Keywords, times: tuple[int, int], mod_seq: int) -> int:
        uid = place.uid_next
        place.uid_next += 1
        place.mod_seq = mod_seq
        place.members[uid] = Member(uid, email, keywords, mod_seq, *times, place.mailbox_id)
        place.note_keywords(keywords.others, mod_seq)
        return uid

    def _check_quota(self, added: int) -> None:
        if self.quota is not None and self.size() + added > self.quota:
            raise OverLimit("the mailbox is full", meaning=Meaning.OVER_QUOTA)

    def _thread(self, email_id: EmailId, arrival: Arrival) -> int:
        """The thread of the newest known reference, or a new one named after this email (RFC 8621 §3)."""
        summary = arrival.summary
        own = [summary.message_id] if summary.message_id else []
        names = [*own, *reversed(summary.references)]
        thread_id = next((self._threads[name] for name in names if name in self._threads), int(email_id))
        for name in names:
            self._threads.setdefault(name, thread_id)
        return thread_id


def _no_such_mailbox() -> NotFound:
    return NotFound("there is no such mailbox", meaning=Meaning.NO_SUCH_MAILBOX)
