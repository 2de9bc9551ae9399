"""What a refusal means in SMTP: one reply code and one enhanced code for every meaning (RFC 5321 §4.2.3, RFC 3463, RFC 7372)."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.model.errors import MailError, Meaning
from postroom.wire.smtp.replies import Reply

CODES: Mapping[Meaning, tuple[int, str]] = {
    Meaning.SYNTAX: (501, "5.5.4"),
    Meaning.NAME_NOT_ALLOWED: (553, "5.1.3"),
    Meaning.CONTENT_REFUSED: (550, "5.6.0"),
    Meaning.AUTHENTICATION_FAILED: (535, "5.7.8"),
    Meaning.PRIVACY_REQUIRED: (538, "5.7.11"),
    Meaning.NOT_PERMITTED: (550, "5.7.1"),
    Meaning.RELAY_DENIED: (550, "5.7.1"),
    Meaning.SENDER_NOT_OWNED: (553, "5.7.1"),
    Meaning.NO_SUCH_MAILBOX: (550, "5.1.1"),
    Meaning.NO_SUCH_EMAIL: (550, "5.0.0"),
    Meaning.NO_SUCH_RECIPIENT: (550, "5.1.1"),
    Meaning.MAILBOX_DISABLED: (550, "5.2.1"),
    Meaning.NO_SUCH_OBJECT: (550, "5.0.0"),
    Meaning.ALREADY_EXISTS: (550, "5.0.0"),
    Meaning.ALREADY_DELIVERED: (550, "5.0.0"),
    Meaning.HAS_CHILDREN: (550, "5.0.0"),
    Meaning.IN_USE: (450, "4.2.1"),
    Meaning.TOO_BIG: (552, "5.3.4"),
    Meaning.TOO_MANY: (452, "4.5.3"),
    Meaning.TOO_MANY_CONNECTIONS: (421, "4.7.0"),
    Meaning.TOO_MANY_HOPS: (554, "5.4.6"),
    Meaning.SENDING_LIMIT: (450, "4.7.1"),
    Meaning.TOO_MANY_MESSAGES: (450, "4.7.1"),
    Meaning.GREYLISTED: (451, "4.7.1"),
    Meaning.BLOCK_LISTED: (550, "5.7.1"),
    Meaning.REVERSE_DNS_FAILED: (550, "5.7.25"),
    Meaning.SPF_FAILED: (550, "5.7.23"),
    Meaning.DKIM_FAILED: (550, "5.7.20"),
    Meaning.DMARC_FAILED: (550, "5.7.26"),
    Meaning.SENDER_UNKNOWN_YET: (451, "4.4.3"),
    Meaning.OVER_QUOTA: (452, "4.2.2"),
    Meaning.STORAGE_FULL: (452, "4.3.1"),
    Meaning.UNAVAILABLE: (451, "4.3.0"),
    Meaning.DEFECT: (451, "4.3.0"),
}
_AUTH_CODES: Mapping[Meaning, tuple[int, str]] = {
    Meaning.SYNTAX: (501, "5.5.2"),
    Meaning.UNAVAILABLE: (454, "4.7.0"),
    Meaning.STORAGE_FULL: (454, "4.7.0"),
    Meaning.DEFECT: (454, "4.7.0"),
}


def reply_for(error: MailError) -> Reply:
    """The reply to a refused command."""
    code, enhanced = CODES[error.meaning]
    return Reply.of(code, enhanced, error.public)


def auth_reply_for(error: MailError) -> Reply:
    """The reply to a refused login: RFC 4954 §6 has words of its own for some."""
    code, enhanced = _AUTH_CODES.get(error.meaning) or CODES[error.meaning]
    return Reply.of(code, enhanced, error.public)


INTERNAL = Reply.of(451, "4.3.0", "Internal error, try again later")
TIMEOUT = Reply.of(421, "4.4.2", "Timeout, closing the connection")
SERVER_CLOSING = Reply.of(421, "4.3.2", "The server is shutting down, try again later")
EARLY_TALK = Reply.of(554, "5.5.0", "Protocol synchronisation error")
TLS_FIRST = Reply.of(530, "5.7.0", "Must issue a STARTTLS command first")
LOGIN_FIRST = Reply.of(530, "5.7.0", "Authentication required")
TOO_MANY_UNKNOWN = Reply.of(450, "4.7.1", "Too many unknown recipients from your address, try again later")
BARE_LINE_ENDS = Reply.of(550, "5.6.11", "Bare CR or LF in the message: lines end with CRLF")
NUL_OCTET = Reply.of(550, "5.6.11", "A message can't have NUL octets")
