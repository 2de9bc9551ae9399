"""Email: one stored message, what arrives to become one, and what changed in a mailbox.

An Email is immutable content with facts computed once at append; what differs between mailboxes (UID, keywords, dates of saving) belongs to the
membership row. COPY makes a second membership of the same Email; it is removed when its last membership goes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from postroom.message.summary import Summary
from postroom.model.ids import BlobId, EmailId, MailboxId, ModSeq
from postroom.model.keywords import Keywords


@dataclass(frozen=True, slots=True)
class Content:
    """A message as received, whole and checked: in memory, or in a staged file that is already durable.

    Exactly one of `data` and `path` is set; `size` in octets without the trace prefix.
    """

    blob_id: BlobId
    size: int
    data: bytes | None
    path: str | None


class Source(enum.Enum):
    """By which door a message came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    SUBMISSION = "submission"
    IMAP = "imap"
    JMAP = "jmap"
    FETCH = "fetch"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message about to enter one mailbox. `received_at` is Unix seconds (IMAP INTERNALDATE), `received_zone` minutes east of UTC as the client
    gave them; `prefix` the trace fields added here."""

    mailbox_id: MailboxId
    content: Content
    summary: Summary
    received_at: int
    source: Source
    keywords: Keywords = field(default=Keywords())
    prefix: bytes = b""
    received_zone: int = 0
    once: str = ""
    """A name of this delivery within the account: a second arrival of the same name is refused (ALREADY_DELIVERED)."""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an arrival is now."""

    uid: int
    uid_validity: int
    email_id: EmailId
    mod_seq: ModSeq


class Column(enum.Enum):
    """What can be asked of the messages of a mailbox; a row is a plain tuple in the order asked."""

    UID = "uid"
    BITS = "bits"
    OTHERS = "others"
    MOD_SEQ = "mod_seq"
    SIZE = "size"
    RECEIVED_AT = "received_at"
    RECEIVED_ZONE = "received_zone"
    SAVED_AT = "saved_at"
    MAILBOX_ID = "mailbox_id"
    EMAIL_ID = "email_id"
    THREAD_ID = "thread_id"
    SENT_AT = "sent_at"
    HAS_ATTACHMENT = "has_attachment"
    """0 or 1."""
    BASE_SUBJECT = "base_subject"
    ENVELOPE = "envelope"
    BODY_STRUCTURE = "body_structure"
    BODY = "body"
    PARTS = "parts"
    HEADER_CACHE = "header_cache"
    PREVIEW = "preview"
    BLOB_ID = "blob_id"
    PREFIX = "prefix"
    CONTENT = "content"
    CONTENT_PATH = "content_path"


@dataclass(frozen=True, slots=True)
class KeywordChange:
    """STORE: how keywords change; `replace` sets exactly these."""

    class Action(enum.Enum):
        ADD = "add"
        REMOVE = "remove"
        REPLACE = "replace"

    action: Action
    keywords: Keywords


@dataclass(frozen=True, slots=True)
class MailboxChanges:
    """What happened in a mailbox after a mod_seq: rows (uid, bits, others, mod_seq) new or changed, by uid, and UIDs gone.

    Not `is_complete`: some of those that are gone have been forgotten; what is no longer among the mailbox's UIDs is gone. `keywords`: those without a bit of their
    own that the mailbox knows since then.
    """

    mod_seq: ModSeq
    changed: list[tuple[int, int, str | None, int]]
    expunged: list[int]
    is_complete: bool = True
    keywords: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a STORE did: rows changed, and UIDs whose mod_seq was above UNCHANGEDSINCE (RFC 7162 §3.1.3); `before` is the mailbox's mod_seq until then."""

    before: ModSeq
    mod_seq: ModSeq
    rows: list[tuple[int, int, str | None, int]]
    modified: list[int]


@dataclass(frozen=True, slots=True)
class Copied:
    """Source and target UIDs in the same order (RFC 4315 COPYUID); `mod_seq` is the target's since then, 0 where nothing was copied."""

    uid_validity: int
    source_uids: list[int]
    target_uids: list[int]
    mod_seq: ModSeq


@dataclass(frozen=True, slots=True)
class ChangeNotice:
    """After a commit: this account moved to this mod_seq, in these mailboxes (empty: the list of mailboxes itself changed)."""

    account_id: int
    mod_seq: int
    mailbox_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account holds: octets and messages (memberships); `quota` octets it may hold, None for no limit."""

    size: int
    message_count: int
    quota: int | None
