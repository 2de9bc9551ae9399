"""Why something was not done, in one tree that every door translates into its own replies.

    MailError ── Malformed · NotPermitted · NotFound · Conflict · OverLimit · TryLater · Defect

`meaning` is what a door's table translates (SMTP: RFC 3463, IMAP: RFC 5530, POP3: RFC 2449 and RFC 3206); `public` is safe for strangers;
`detail` goes to the log only.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Meaning(enum.Enum):
    """What a refusal means, independent of the protocol that tells it. Every door's table has every member."""

    SYNTAX = "syntax"
    NAME_NOT_ALLOWED = "name not allowed"
    CONTENT_REFUSED = "content refused"
    AUTHENTICATION_FAILED = "authentication failed"
    PRIVACY_REQUIRED = "privacy required"
    NOT_PERMITTED = "not permitted"
    RELAY_DENIED = "relay denied"
    SENDER_NOT_OWNED = "sender not owned"
    NO_SUCH_MAILBOX = "no such mailbox"
    NO_SUCH_EMAIL = "no such email"
    NO_SUCH_RECIPIENT = "no such recipient"
    MAILBOX_DISABLED = "mailbox disabled"
    NO_SUCH_OBJECT = "no such object"
    ALREADY_EXISTS = "already exists"
    ALREADY_DELIVERED = "already delivered"
    HAS_CHILDREN = "has children"
    IN_USE = "in use"
    TOO_BIG = "too big"
    TOO_MANY = "too many"
    TOO_MANY_CONNECTIONS = "too many connections"
    TOO_MANY_HOPS = "too many hops"
    SENDING_LIMIT = "sending limit"
    TOO_MANY_MESSAGES = "too many messages"
    """Within a time; more may come later."""
    GREYLISTED = "greylisted"
    BLOCK_LISTED = "block listed"
    REVERSE_DNS_FAILED = "reverse dns failed"
    SPF_FAILED = "spf failed"
    DKIM_FAILED = "dkim failed"
    DMARC_FAILED = "dmarc failed"
    SENDER_UNKNOWN_YET = "sender unknown yet"
    """What is to be known of the sender can't be looked up now."""
    OVER_QUOTA = "over quota"
    STORAGE_FULL = "storage full"
    UNAVAILABLE = "unavailable"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, and what is allowed; `field` empty for what concerns several."""

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text


class MailError(Exception):
    """The root; raised only through its kinds below."""

    meaning = Meaning.DEFECT

    def __init__(self, public: str, *, meaning: Meaning | None = None, detail: str = "") -> None:
        super().__init__(public)
        self.public = public
        self.detail = detail
        if meaning is not None:
            self.meaning = meaning


class Malformed(MailError):
    """The request can't be understood, or names something that can't be."""

    meaning = Meaning.SYNTAX

    def __init__(
        self, public: str, *, meaning: Meaning | None = None, detail: str = "", faults: Sequence[Fault] = ()
    ) -> None:
        super().__init__(public, meaning=meaning, detail=detail)
        self.faults = tuple(faults)


def faulty(field: str, text: str) -> Malformed:
    """One field is not as it must be."""
    return Malformed(f"{field}: {text}", faults=[Fault(field, text)])


class NotPermitted(MailError):
    """Understood, and refused to this principal."""

    meaning = Meaning.NOT_PERMITTED


class NotFound(MailError):
    """What was named is not there, or is not for this principal to know of."""

    meaning = Meaning.NO_SUCH_OBJECT


class Conflict(MailError):
    """It is there already, or is in use."""

    meaning = Meaning.ALREADY_EXISTS


class OverLimit(MailError):
    """A limit of size, number or rate; the text names the limit."""

    meaning = Meaning.TOO_MANY


class TryLater(MailError):
    """Not the caller's fault, and it may work later: disk full, database locked, directory down."""

    meaning = Meaning.UNAVAILABLE


class Defect(MailError):
    """Our own fault; logged once with the connection's id."""

    meaning = Meaning.DEFECT
