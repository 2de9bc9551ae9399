"""Status responses and their codes: RFC 3501 §7.1, RFC 5530, RFC 4315, RFC 7162, RFC 9051 §7.1; NOUPDATE RFC 5267, INPROGRESS RFC 9585.

response-tagged = tag SP ("OK" / "NO" / "BAD") SP resp-text CRLF
resp-text       = ["[" resp-text-code "]" SP] text
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from postroom.wire.imap.responses.strings import quoted
from postroom.wire.imap.sequences import compact

_UNSAFE = re.compile(rb"[^ -~]")
_NOT_IN_CODE = re.compile(rb"[^ -\\^-~]")
_MAX_URL = 1000  # octets shown of a URL that was refused


class Condition(enum.Enum):
    """The first word of a status response."""

    OK = b"OK"
    NO = b"NO"
    BAD = b"BAD"
    PREAUTH = b"PREAUTH"
    BYE = b"BYE"


class Code:
    """Response codes without arguments."""

    ALREADYEXISTS = b"ALREADYEXISTS"
    AUTHENTICATIONFAILED = b"AUTHENTICATIONFAILED"
    CANNOT = b"CANNOT"
    CLIENTBUG = b"CLIENTBUG"
    COMPRESSIONACTIVE = b"COMPRESSIONACTIVE"
    CLOSED = b"CLOSED"
    EXPUNGEISSUED = b"EXPUNGEISSUED"
    HASCHILDREN = b"HASCHILDREN"
    INUSE = b"INUSE"
    LIMIT = b"LIMIT"
    NONEXISTENT = b"NONEXISTENT"
    NOPERM = b"NOPERM"
    NOTIFICATIONOVERFLOW = b"NOTIFICATIONOVERFLOW"
    OVERQUOTA = b"OVERQUOTA"
    PRIVACYREQUIRED = b"PRIVACYREQUIRED"
    READ_ONLY = b"READ-ONLY"
    READ_WRITE = b"READ-WRITE"
    SERVERBUG = b"SERVERBUG"
    UIDREQUIRED = b"UIDREQUIRED"
    UNKNOWN_CTE = b"UNKNOWN-CTE"
    TOOBIG = b"TOOBIG"
    TRYCREATE = b"TRYCREATE"
    UNAVAILABLE = b"UNAVAILABLE"
    USEATTR = b"USEATTR"


def status(tag: bytes, condition: Condition, text: str | bytes, code: bytes | None = None) -> bytes:
    """One status line; `tag` is `*` for an untagged one, a `text` never breaks the line and is never empty."""
    raw = text if isinstance(text, bytes) else text.encode("ascii", "replace")
    safe = _UNSAFE.sub(b"?", raw) or b"-"
    if code is not None:
        return b"%b %b [%b] %b\r\n" % (tag, condition.value, code, safe)
    if safe.startswith(b"["):
        safe = b"- " + safe
    return b"%b %b %b\r\n" % (tag, condition.value, safe)


def untagged(condition: Condition, text: str | bytes, code: bytes | None = None) -> bytes:
    """`* OK [code] text`."""
    return status(b"*", condition, text, code)


def continuation(text: bytes = b"OK") -> bytes:
    """`+ text`: a literal or IDLE is accepted, or base64 of a challenge follows."""
    return b"+ " + text + b"\r\n"


def capability(names: Iterable[bytes]) -> bytes:
    """Code CAPABILITY."""
    return b"CAPABILITY " + b" ".join(names)


def permanent_flags(flags: Iterable[bytes]) -> bytes:
    """Code PERMANENTFLAGS; `\\*` among them when keywords may be made."""
    return b"PERMANENTFLAGS (" + b" ".join(flags) + b")"


def uid_next(uid: int) -> bytes:
    """Code UIDNEXT."""
    return b"UIDNEXT %d" % uid


def uid_validity(value: int) -> bytes:
    """Code UIDVALIDITY."""
    return b"UIDVALIDITY %d" % value


def unseen(sequence_number: int) -> bytes:
    """Code UNSEEN: the first message without \\Seen (not in RFC 9051)."""
    return b"UNSEEN %d" % sequence_number


def highest_mod_seq(value: int) -> bytes:
    """Code HIGHESTMODSEQ: RFC 7162 §3.1.2.1."""
    return b"HIGHESTMODSEQ %d" % value


def modified(numbers: Iterable[int]) -> bytes:
    """Code MODIFIED: what a conditional STORE left alone (RFC 7162 §3.1.3); ascending, at least one."""
    return b"MODIFIED " + compact(numbers)


def append_uid(validity: int, uids: Iterable[int]) -> bytes:
    """Code APPENDUID: RFC 4315 §3."""
    return b"APPENDUID %d %b" % (validity, compact(uids))


def copy_uid(validity: int, source: Iterable[int], target: Iterable[int]) -> bytes:
    """Code COPYUID: RFC 4315 §3; both ascending, of one length, pair by pair."""
    return b"COPYUID %d %b %b" % (validity, compact(source), compact(target))


def mailbox_id(number: int) -> bytes:
    """Code MAILBOXID (RFC 8474 §4.1)."""
    return b"MAILBOXID (" + object_id(b"F", number) + b")"


def object_id(kind: bytes, number: int) -> bytes:
    """An objectid: `F` a mailbox, `M` an email, `T` a thread (RFC 8474 §3)."""
    return kind + b"%d" % number


def bad_url(url: bytes) -> bytes:
    """Code BADURL with the URL, as far as a code can hold one (RFC 4469 §5)."""
    return b"BADURL " + (_NOT_IN_CODE.sub(b"?", url[:_MAX_URL]) or b"-")


def bad_charset(charsets: Iterable[bytes]) -> bytes:
    """Code BADCHARSET with what is understood."""
    return b"BADCHARSET (" + b" ".join(charsets) + b")"


def no_update(tag: bytes) -> bytes:
    """Code NOUPDATE: this search tells no changes (RFC 5267 §4.3.1)."""
    return b"NOUPDATE " + quoted(tag)


def in_progress(tag: bytes, done: int | None = None, total: int = 0) -> bytes:
    """Code INPROGRESS: how far the command with this tag is (RFC 9585 §4); `done` None and `total` 0 for unknown."""
    counted = b"NIL" if done is None else b"%d" % done
    return b"INPROGRESS (%b %b %b)" % (quoted(tag), counted, b"%d" % total if total else b"NIL")
