"""An account as an IMAP client must believe it to be: mailboxes of messages, their marks, and what a search has to find in them."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

WORDS = ("apple", "river", "Stone", "window", "Zebra")
KEYWORDS = ("\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "\\Draft", "work", "$Forwarded")
Mark = frozenset[str]


@dataclass(eq=False)
class Message:
    """One message of one mailbox. `mod_seq` is what the server last said, 0 before that."""

    uid: int
    octets: bytes
    flags: Mark
    received: datetime.datetime
    number: int
    mod_seq: int = 0
    touched: bool = True

    def change(self, flags: Mark) -> None:
        self.flags = flags
        self.touched = True

    @property
    def subject(self) -> str:
        return subject_of(self.number)

    @property
    def base_subject(self) -> str:
        return WORDS[self.number % len(WORDS)].upper()


def subject_of(number: int) -> str:
    return ("Re: " if number % 3 == 1 else "") + WORDS[number % len(WORDS)]


def sent_of(number: int) -> datetime.datetime:
    # days apart and in another order than they come
    return datetime.datetime(2020, 1, 1, 12, 0, tzinfo=datetime.UTC) + datetime.timedelta(days=number * 7 % 60)


def octets_of(number: int, length: int) -> bytes:
    sent = sent_of(number)
    parent = f"References: <m{number - 5}@example.test>\r\n" if number % 3 == 1 and number >= 5 else ""
    head = (
        f"From: sender{number % 4}@remote.test\r\nTo: alice@example.test\r\nSubject: {subject_of(number)}\r\n"
        f"Date: {sent:%d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <m{number}@example.test>\r\n{parent}\r\n"
    )
    body = f"text of {number} {WORDS[(number + 2) % len(WORDS)]}\r\n" + "0123456789\r\n" * length
    return (head + body).encode()


@dataclass(eq=False)
class Mailbox:
    """UIDs ascend and are never used again."""

    name: str
    validity: int = 0
    next_uid: int = 1
    highest: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    is_there: bool = True

    def add(self, octets: bytes, flags: Mark, received: datetime.datetime, number: int) -> Message:
        message = Message(self.next_uid, octets, flags, received, number)
        self.messages[message.uid] = message
        self.next_uid += 1
        return message

    def copy_in(self, messages: list[Message]) -> list[int]:
        return [self.add(each.octets, each.flags, each.received, each.number).uid for each in messages]

    def remove(self, uids: list[int]) -> None:
        for uid in uids:
            del self.messages[uid]

    @property
    def uids(self) -> list[int]:
        return list(self.messages)

    def status(self) -> dict[str, int]:
        marks = [message.flags for message in self.messages.values()]
        return {
            "MESSAGES": len(marks),
            "UIDNEXT": self.next_uid,
            "UIDVALIDITY": self.validity,
            "UNSEEN": sum("\\Seen" not in each for each in marks),
            "DELETED": sum("\\Deleted" in each for each in marks),
            "SIZE": sum(len(message.octets) for message in self.messages.values()),
        }


@dataclass
class Account:
    """All mailboxes by name; what was ever used as a UIDVALIDITY under a name."""

    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    validities: dict[str, int] = field(default_factory=dict)
    counter: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def children(self, name: str) -> list[str]:
        return [each for each in self.mailboxes if each.startswith(name + "/")]


@dataclass(frozen=True)
class Criterion:
    """A search key as it is written, and whether a message with this sequence number is found by it."""

    text: str
    finds: Callable[[Message, int], bool]
    by_number: bool = False

    def negated(self) -> Criterion:
        return Criterion(f"NOT {self.text}", lambda m, n: not self.finds(m, n), self.by_number)

    def either(self, other: Criterion) -> Criterion:
        return Criterion(
            f"OR {self.text} {other.text}",
            lambda m, n: self.finds(m, n) or other.finds(m, n),
            self.by_number or other.by_number,
        )

    def both(self, other: Criterion) -> Criterion:
        return Criterion(
            f"({self.text} {other.text})",
            lambda m, n: self.finds(m, n) and other.finds(m, n),
            self.by_number or other.by_number,
        )
