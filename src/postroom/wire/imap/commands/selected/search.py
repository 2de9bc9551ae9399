"""SEARCH and UID SEARCH: RFC 3501 §6.4.4, RETURN RFC 4731 §3.1; the keys are in `grammar.search`.

    search = "SEARCH" [SP "RETURN" SP "(" [return-opt *(SP return-opt)] ")"] [SP "CHARSET" SP astring] 1*(SP search-key)
    return-opt = "MIN" / "MAX" / "ALL" / "COUNT"

Strings become text here: UTF-8, of which US-ASCII is a part. Any other charset is answered BADCHARSET.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.search import parse_search_keys
from postroom.wire.imap.grammar.search_keys import SearchKey
from postroom.wire.imap.responses.status import bad_charset


@dataclass(frozen=True, slots=True)
class Search:
    """SEARCH; `returns` None for the plain SEARCH response, else the options of ESEARCH (`ALL` for `RETURN ()`)."""

    tag: bytes
    uid: bool
    key: SearchKey
    returns: frozenset[bytes] | None = None


CHARSETS = (b"US-ASCII", b"UTF-8")
_RETURNS = frozenset({b"MIN", b"MAX", b"ALL", b"COUNT"})
_ALL = frozenset({b"ALL"})


def parse_search(scan: Scanner) -> Search:
    """Options, charset, keys."""
    scan.space()
    returns = _returns(scan) if _takes_word(scan, b"RETURN (") else None
    if _takes_word(scan, b"CHARSET "):
        charset = scan.astring().upper()
        if charset not in CHARSETS:
            raise BadSyntax("Unknown charset", condition=b"NO", code=bad_charset(CHARSETS))
        scan.space()
    return Search(scan.tag, scan.uid, parse_search_keys(scan), returns)


def _takes_word(scan: Scanner, word: bytes) -> bool:
    if scan.text[scan.position : scan.position + len(word)].upper() != word:
        return False
    scan.position += len(word)
    return True


def _returns(scan: Scanner) -> frozenset[bytes]:
    found: set[bytes] = set()
    while not scan.take(b")"):
        if found:
            scan.space()
        option = scan.name()
        if option not in _RETURNS:
            scan.fail("Unknown SEARCH return option")
        found.add(option)
    scan.space()
    return frozenset(found) or _ALL
