"""What a refusal is in IMAP: Meaning → condition and response code (RFC 5530, RFC 9051 §7.1). Complete for every Meaning."""

from __future__ import annotations

from postroom.model.errors import MailError, Meaning
from postroom.wire.imap.responses.status import Code, Condition

REPLIES: dict[Meaning, tuple[Condition, bytes | None]] = {
    Meaning.SYNTAX: (Condition.BAD, Code.CLIENTBUG),
    Meaning.NAME_NOT_ALLOWED: (Condition.NO, Code.CANNOT),
    Meaning.CONTENT_REFUSED: (Condition.NO, Code.CANNOT),
    Meaning.AUTHENTICATION_FAILED: (Condition.NO, Code.AUTHENTICATIONFAILED),
    Meaning.PRIVACY_REQUIRED: (Condition.NO, Code.PRIVACYREQUIRED),
    Meaning.NOT_PERMITTED: (Condition.NO, Code.NOPERM),
    Meaning.RELAY_DENIED: (Condition.NO, Code.NOPERM),
    Meaning.SENDER_NOT_OWNED: (Condition.NO, Code.NOPERM),
    Meaning.NO_SUCH_MAILBOX: (Condition.NO, Code.NONEXISTENT),
    Meaning.NO_SUCH_EMAIL: (Condition.NO, Code.NONEXISTENT),
    Meaning.NO_SUCH_RECIPIENT: (Condition.NO, Code.NONEXISTENT),
    Meaning.MAILBOX_DISABLED: (Condition.NO, Code.NONEXISTENT),
    Meaning.NO_SUCH_OBJECT: (Condition.NO, Code.NONEXISTENT),
    Meaning.ALREADY_EXISTS: (Condition.NO, Code.ALREADYEXISTS),
    Meaning.ALREADY_DELIVERED: (Condition.NO, Code.ALREADYEXISTS),
    Meaning.HAS_CHILDREN: (Condition.NO, Code.HASCHILDREN),
    Meaning.IN_USE: (Condition.NO, Code.INUSE),
    Meaning.TOO_BIG: (Condition.NO, Code.TOOBIG),
    Meaning.TOO_MANY: (Condition.NO, Code.LIMIT),
    Meaning.TOO_MANY_CONNECTIONS: (Condition.NO, Code.LIMIT),
    Meaning.TOO_MANY_HOPS: (Condition.NO, Code.CANNOT),
    Meaning.SENDING_LIMIT: (Condition.NO, Code.LIMIT),
    Meaning.TOO_MANY_MESSAGES: (Condition.NO, Code.LIMIT),
    Meaning.GREYLISTED: (Condition.NO, Code.UNAVAILABLE),
    Meaning.BLOCK_LISTED: (Condition.NO, Code.NOPERM),
    Meaning.REVERSE_DNS_FAILED: (Condition.NO, Code.NOPERM),
    Meaning.SPF_FAILED: (Condition.NO, Code.NOPERM),
    Meaning.DKIM_FAILED: (Condition.NO, Code.NOPERM),
    Meaning.DMARC_FAILED: (Condition.NO, Code.NOPERM),
    Meaning.SENDER_UNKNOWN_YET: (Condition.NO, Code.UNAVAILABLE),
    Meaning.OVER_QUOTA: (Condition.NO, Code.OVERQUOTA),
    Meaning.STORAGE_FULL: (Condition.NO, Code.UNAVAILABLE),
    Meaning.UNAVAILABLE: (Condition.NO, Code.UNAVAILABLE),
    Meaning.DEFECT: (Condition.NO, Code.SERVERBUG),
}


def reply(error: MailError) -> tuple[Condition, str, bytes | None]:
    """The arguments of `ServerCore.reply`; the text begins with a capital, as replies do."""
    condition, code = REPLIES[error.meaning]
    return condition, error.public[:1].upper() + error.public[1:], code
