"""Mailbox names and patterns: the bytes on the wire to one canonical text, and back.

    mailbox      = "INBOX" / astring             ; INBOX in any case
    list-mailbox = 1*list-char / string          ; RFC 3501 §9
    list-char    = ATOM-CHAR / list-wildcards / resp-specials

A name arrives in modified UTF-7, or in UTF-8 once the client has enabled that (RFC 6855 §3, RFC 9051 §5.1). Control
characters are refused in either. What a name means (delimiter, levels, who may see it) is not known here.
"""

from __future__ import annotations

import re

from postroom.wire.imap import utf7
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_MAILBOX

_LIST_MAILBOX = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]++')
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def mailbox(scan: Scanner) -> str:
    """A mailbox name; a name that cannot exist is answered NO [CANNOT]."""
    name = decoded(scan, scan.astring())
    return "INBOX" if len(name) == 5 and name.upper() == "INBOX" else name


def list_mailbox(scan: Scanner) -> str:
    """A pattern of LIST, its wildcards in place."""
    found = _LIST_MAILBOX.match(scan.text, scan.position)
    if found is None:
        return decoded(scan, scan.string())
    scan.position = found.end()
    return decoded(scan, found[0])


def decoded(scan: Scanner, name: bytes) -> str:
    """The text of a name in the encoding this client speaks."""
    if len(name) > MAX_MAILBOX:
        raise BadSyntax("Mailbox name too long", condition=b"NO", code=b"CANNOT")
    try:
        text = name.decode("utf-8") if scan.utf8 else utf7.decode(name)
    except ValueError as error:
        spelling = "UTF-8" if scan.utf8 else "modified UTF-7"
        raise BadSyntax(f"Mailbox name is not {spelling}", condition=b"NO", code=b"CANNOT") from error
    if _CONTROL.search(text):
        raise BadSyntax("Control character in mailbox name", condition=b"NO", code=b"CANNOT")
    return text


def next_mailbox(scan: Scanner) -> str:
    """A space and a mailbox name: the argument of most commands about one mailbox."""
    scan.space()
    return mailbox(scan)
