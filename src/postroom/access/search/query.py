"""Query: what is searched for, without how and without any protocol's words. Text is a substring without regard to case; days are without a zone."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass

from postroom.model.ids import MailboxId
from postroom.model.keywords import Keywords
from postroom.model.ports import Ranges


class Moment(enum.Enum):
    """Which date of a message."""

    RECEIVED = "received"
    SENT = "sent"
    SAVED = "saved"


class Relation(enum.Enum):
    """How a message's day stands to the one asked for."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class Everything:
    """Every message."""


@dataclass(frozen=True, slots=True)
class UidIn:
    """Messages in ascending, disjoint ranges."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """Messages with all of these (in practice one)."""

    keywords: Keywords


@dataclass(frozen=True, slots=True)
class OnDay:
    """By day; RECEIVED and SAVED in UTC, SENT as the message's Date field says it, zone and all."""

    moment: Moment
    relation: Relation
    day: datetime.date


@dataclass(frozen=True, slots=True)
class ReceivedAfter:
    """Received at this Unix time or later."""

    at: int


@dataclass(frozen=True, slots=True)
class LargerThan:
    """Of more octets."""

    size: int


@dataclass(frozen=True, slots=True)
class SmallerThan:
    """Of fewer octets."""

    size: int


@dataclass(frozen=True, slots=True)
class ModSeqFrom:
    """Changed at this mod_seq or later."""

    mod_seq: int


@dataclass(frozen=True, slots=True)
class IsEmail:
    """The message of this id (in one mailbox there may be several memberships of it)."""

    email_id: int


@dataclass(frozen=True, slots=True)
class InThread:
    """The messages of one thread."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """A header field of this lower-case name holds the text; empty text: the field is there. `loose`: see message.search.matching."""

    name: bytes
    text: str
    loose: bool = False


@dataclass(frozen=True, slots=True)
class FileNameHas:
    """The name of an attachment holds the text, which is then in the bodies' text too. `loose`: see message.search.matching."""

    text: str
    loose: bool = False


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Messages for which a mail program shows a paper clip."""


@dataclass(frozen=True, slots=True)
class InMailboxes:
    """Messages in one of these mailboxes."""

    mailbox_ids: frozenset[MailboxId]


@dataclass(frozen=True, slots=True)
class TextHas:
    """The text of the bodies holds it; with `header`, header or bodies. `loose`: see message.search.matching."""

    text: str
    header: bool
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """What the query does not match."""

    query: Query


@dataclass(frozen=True, slots=True)
class AllOf:
    """What every one matches."""

    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """What at least one matches."""

    queries: tuple[Query, ...]


Query = (
    Everything
    | UidIn
    | HasKeyword
    | OnDay
    | ReceivedAfter
    | LargerThan
    | SmallerThan
    | ModSeqFrom
    | IsEmail
    | InThread
    | HeaderHas
    | FileNameHas
    | HasAttachment
    | InMailboxes
    | TextHas
    | Not
    | AllOf
    | AnyOf
)
