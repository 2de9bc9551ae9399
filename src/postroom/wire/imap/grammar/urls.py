"""URLs of messages in this account, as CATENATE names them (RFC 4469 §3, RFC 5092 §11).

    iurl           = ["/" enc-mailbox [";UIDVALIDITY=" nz-number] "/"] ";UID=" nz-number
                     ["/;SECTION=" enc-section] ["/;PARTIAL=" number ["." nz-number]]

An absolute path, or one relative to the selected mailbox. URLs with a server, a user, URLAUTH or EXPIRE are none of ours. Mailbox and section are UTF-8,
percent-encoded; the section is one of FETCH BODY[…].
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.sections import Partial, Section, section
from postroom.wire.imap.limits import MAX_MAILBOX, MAX_NUMBER, MAX_NUMBER_64

_CHARACTER = rb"[^;?#\x00-\x20\x7f-\xff\"<>\\^`{|}]"
_URL = re.compile(
    rb"(?:/(?!/)(%(c)b{1,3000})(?:;UIDVALIDITY=([1-9][0-9]{0,9}))?/)?;UID=([1-9][0-9]{0,9})"
    rb"(?:/;SECTION=(%(c)b{1,3000}))?(?:/;PARTIAL=([0-9]{1,19})(?:\.([1-9][0-9]{0,18}))?)?" % {b"c": _CHARACTER},
    re.IGNORECASE,
)
_ESCAPE = re.compile(rb"%(?:([0-9A-Fa-f]{2}))?")


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """`mailbox` None for the selected one; `uid_validity` None where the URL does not care."""

    mailbox: str | None
    uid_validity: int | None
    uid: int
    section: Section
    partial: Partial | None


def message_url(text: bytes) -> MessageUrl | None:
    """What a URL names; None for one that names nothing here."""
    found = _URL.fullmatch(text)
    if found is None:
        return None
    try:
        mailbox = _decoded(found[1]).decode("utf-8") if found[1] is not None else None
        named = _section(_decoded(found[4])) if found[4] is not None else Section()
    except (ValueError, BadSyntax):
        return None
    uid_validity, uid = int(found[2] or 0) or None, int(found[3])
    if uid > MAX_NUMBER or (uid_validity or 0) > MAX_NUMBER or len((mailbox or "").encode("utf-8")) > MAX_MAILBOX:
        return None
    partial = None
    if found[5] is not None:
        partial = Partial(int(found[5]), int(found[6] or MAX_NUMBER_64))
        if partial.start > MAX_NUMBER_64 or partial.length > MAX_NUMBER_64:
            return None
    return MessageUrl(mailbox, uid_validity, uid, named, partial)


def _section(text: bytes) -> Section:
    scan = Scanner(b"[" + text + b"]", [])
    named = section(scan)
    scan.end()
    return named


def _decoded(text: bytes) -> bytes:
    """Raises ValueError for a percent sign that encodes nothing."""

    def octet(escape: re.Match[bytes]) -> bytes:
        return bytes([int(escape[1], 16)]) if escape[1] else _refuse()

    return _ESCAPE.sub(octet, text)


def _refuse() -> bytes:
    raise ValueError("a percent sign without two digits")
