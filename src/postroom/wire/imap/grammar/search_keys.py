"""Search keys as a typed tree.

What a client searches for, without how. Whoever compiles the tree matches on these classes and needs to know no IMAP:
the many words of RFC 3501 §6.4.4 are a handful of questions. Text is text (substring, case-insensitive; every
character stands for itself), flags are in their wire form, days are without a zone.
"""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass

from postroom.wire.imap.sequences import SequenceSet


class DateField(enum.Enum):
    """Which date of a message."""

    RECEIVED = "received"
    """INTERNALDATE."""
    SENT = "sent"
    """The Date header field."""
    SAVED = "saved"
    """When it came into this mailbox (RFC 8514)."""


class DateTest(enum.Enum):
    """How a day is compared."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


class IdField(enum.Enum):
    """Which identifier."""

    EMAIL = "email"
    THREAD = "thread"


class TextField(enum.Enum):
    """Where text is looked for."""

    BCC = "bcc"
    CC = "cc"
    FROM = "from"
    TO = "to"
    SUBJECT = "subject"
    BODY = "body"
    TEXT = "text"
    """Header and body."""


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Messages by sequence number, or by UID."""

    sequence_set: SequenceSet
    uid: bool


@dataclass(frozen=True, slots=True)
class Flagged:
    """Messages with this flag or keyword; `\\Recent` is one of them."""

    flag: bytes


@dataclass(frozen=True, slots=True)
class Dated:
    """Messages of a day, or before or since it."""

    field: DateField
    test: DateTest
    day: datetime.date


@dataclass(frozen=True, slots=True)
class Contains:
    """Messages with this text in a field."""

    field: TextField
    text: str


@dataclass(frozen=True, slots=True)
class HeaderContains:
    """Messages whose header field `name` (upper case) holds the text; an empty one: that have the field."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Larger:
    """Messages of more than `size` bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Messages of fewer than `size` bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Younger:
    """Messages received within the last `seconds` (RFC 5032)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ModSeqSince:
    """Messages whose MODSEQ is `mod_seq` or greater; which flag changed last is not told apart (RFC 7162 §3.1.5)."""

    mod_seq: int


@dataclass(frozen=True, slots=True)
class Identified:
    """The message of an EMAILID, or those of a THREADID (RFC 8474 §6); an id we never gave names none."""

    field: IdField
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """What the key does not match."""

    key: SearchKey


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """What the key matches more or less, as the server sees fit (RFC 6203 §3)."""

    key: SearchKey


@dataclass(frozen=True, slots=True)
class And:
    """What every key matches; two or more."""

    keys: tuple[SearchKey, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What either key matches."""

    left: SearchKey
    right: SearchKey


SearchKey = (
    All
    | Numbered
    | Flagged
    | Dated
    | Contains
    | HeaderContains
    | Larger
    | Smaller
    | Younger
    | ModSeqSince
    | Identified
    | Not
    | Fuzzy
    | And
    | Or
)


def uses_mod_seq(key: SearchKey) -> bool:
    """Whether MODSEQ is asked for, which switches CONDSTORE on and adds the highest one to the answer."""
    return _has(key, ModSeqSince)


def is_fuzzy(key: SearchKey) -> bool:
    """Whether a part of it is, so that there is a relevancy to be told (RFC 6203 §4)."""
    return _has(key, Fuzzy)


def _has(key: SearchKey, kind: type) -> bool:
    if isinstance(key, kind):
        return True
    match key:
        case Not(key=inner) | Fuzzy(key=inner):
            return _has(inner, kind)
        case And(keys=keys):
            return any(_has(each, kind) for each in keys)
        case Or(left=left, right=right):
            return _has(left, kind) or _has(right, kind)
        case _:
            return False
