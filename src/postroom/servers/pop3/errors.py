"""From what a refusal means to POP3's response codes (RFC 2449 §8, RFC 3206): the one table of this door.

[SYS/TEMP] says that trying later may help and the password was not the reason, [SYS/PERM] that somebody has to repair something, [AUTH] that the credentials
are wrong. None is a refusal of this command alone, which has no code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from postroom.model.errors import MailError, Meaning
from postroom.wire.pop3.replies import ResponseCode

CODES: Mapping[Meaning, ResponseCode | None] = MappingProxyType(
    {
        Meaning.SYNTAX: None,
        Meaning.NAME_NOT_ALLOWED: None,
        Meaning.CONTENT_REFUSED: None,
        Meaning.AUTHENTICATION_FAILED: ResponseCode.AUTH,
        Meaning.PRIVACY_REQUIRED: None,
        Meaning.NOT_PERMITTED: None,
        Meaning.RELAY_DENIED: None,
        Meaning.SENDER_NOT_OWNED: None,
        Meaning.NO_SUCH_MAILBOX: ResponseCode.SYS_PERM,
        Meaning.NO_SUCH_EMAIL: None,
        Meaning.NO_SUCH_RECIPIENT: None,
        Meaning.MAILBOX_DISABLED: None,
        Meaning.NO_SUCH_OBJECT: ResponseCode.SYS_PERM,
        Meaning.ALREADY_EXISTS: None,
        Meaning.ALREADY_DELIVERED: None,
        Meaning.HAS_CHILDREN: None,
        Meaning.IN_USE: ResponseCode.SYS_TEMP,
        Meaning.TOO_BIG: None,
        Meaning.TOO_MANY: ResponseCode.SYS_TEMP,
        Meaning.TOO_MANY_CONNECTIONS: ResponseCode.SYS_TEMP,
        Meaning.TOO_MANY_HOPS: None,
        Meaning.SENDING_LIMIT: None,
        Meaning.TOO_MANY_MESSAGES: ResponseCode.SYS_TEMP,
        Meaning.GREYLISTED: ResponseCode.SYS_TEMP,
        Meaning.BLOCK_LISTED: None,
        Meaning.REVERSE_DNS_FAILED: None,
        Meaning.SPF_FAILED: None,
        Meaning.DKIM_FAILED: None,
        Meaning.DMARC_FAILED: None,
        Meaning.SENDER_UNKNOWN_YET: ResponseCode.SYS_TEMP,
        Meaning.OVER_QUOTA: ResponseCode.SYS_PERM,
        Meaning.STORAGE_FULL: ResponseCode.SYS_TEMP,
        Meaning.UNAVAILABLE: ResponseCode.SYS_TEMP,
        Meaning.DEFECT: ResponseCode.SYS_TEMP,
    }
)
OWN_FAULT = "Something went wrong here, try again later"
_UNSAFE = re.compile(r"[^\x20-\x7e]+")


def reply_to(error: MailError) -> tuple[str, ResponseCode | None]:
    """(text, code) for `reply_err`: one line of printable ASCII."""
    return _UNSAFE.sub(" ", error.public), CODES[error.meaning]
