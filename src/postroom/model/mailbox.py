"""Mailbox: where messages live. Names are paths with "/" between levels, NFC; INBOX is spelled so."""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass

from postroom.model.errors import Malformed, Meaning
from postroom.model.ids import MailboxId, ModSeq

DELIMITER = "/"
INBOX = "INBOX"
MAX_NAME_OCTETS = 1024  # a whole path: no client shows more, and every LIST line carries it
MAX_LEVEL_OCTETS = 255  # one level: what a file name on the client's disk (mbsync, offlineimap) can hold
MAX_LEVELS = 32  # RENAME and LIST walk them; mail programs stop at far fewer
_FORBIDDEN = {"Cc", "Cs", "Cn", "Zl", "Zp"}


class MailboxRole(enum.Enum):
    """RFC 6154 §2 without the backslash; `inbox` as in RFC 8621 §2."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    JUNK = "junk"
    TRASH = "trash"
    ARCHIVE = "archive"


DEFAULT_MAILBOXES: tuple[tuple[str, MailboxRole], ...] = (
    (INBOX, MailboxRole.INBOX),
    ("Drafts", MailboxRole.DRAFTS),
    ("Sent", MailboxRole.SENT),
    ("Junk", MailboxRole.JUNK),
    ("Trash", MailboxRole.TRASH),
    ("Archive", MailboxRole.ARCHIVE),
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox and its counters at one moment. `first_recent_uid`: UIDs from here on are \\Recent to the next SELECT.

    `history_from`: of what was expunged up to this mod_seq not everything is remembered.
    """

    mailbox_id: MailboxId
    name: str
    role: MailboxRole | None
    uid_validity: int
    uid_next: int
    first_recent_uid: int
    message_count: int
    unseen_count: int
    deleted_count: int
    size: int
    mod_seq: ModSeq
    history_from: int = 0


def normal_name(name: str) -> str:
    """The one spelling of a mailbox name. Raises Malformed (NAME_NOT_ALLOWED) with what is allowed."""
    name = unicodedata.normalize("NFC", name)
    if any(unicodedata.category(character) in _FORBIDDEN for character in name):
        raise _refused("control characters are not allowed in a mailbox name")
    if len(name.encode()) > MAX_NAME_OCTETS:
        raise _refused(f"a mailbox name has at most {MAX_NAME_OCTETS} octets")
    levels = name.split(DELIMITER)
    if not all(levels):
        raise _refused("a mailbox name has no empty level: no slash at its start or end, no two together")
    if len(levels) > MAX_LEVELS:
        raise _refused(f"a mailbox name has at most {MAX_LEVELS} levels")
    for level in levels:
        if level in (".", "..") or len(level.encode()) > MAX_LEVEL_OCTETS:
            raise _refused(f"a level of a mailbox name has at most {MAX_LEVEL_OCTETS} octets and is not . or ..")
    if "*" in name or "%" in name:
        raise _refused("a mailbox name has no * or %: they are wildcards")
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    return DELIMITER.join(levels)


def ancestors(name: str) -> list[str]:
    """The names above, outermost first: a/b/c → a, a/b."""
    levels = name.split(DELIMITER)
    return [DELIMITER.join(levels[:count]) for count in range(1, len(levels))]


def _refused(text: str) -> Malformed:
    return Malformed(text, meaning=Meaning.NAME_NOT_ALLOWED)
