"""SEARCH and UID SEARCH: RFC 3501 §6.4.4, RETURN RFC 4731 §3.1; the keys are in `grammar.search`.

    search = "SEARCH" [SP return-opts] [SP "CHARSET" SP astring] 1*(SP search-key)

Strings become text here: UTF-8, of which US-ASCII is a part. Any other charset is answered BADCHARSET. A search that was to be saved and is refused with NO is
given to the session all the same, because it empties `$` (RFC 5182 §2.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.returns import RELEVANCY, SAVE, SearchReturns, parse_returns
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.search import parse_search_keys
from postroom.wire.imap.grammar.search_keys import SearchKey, is_fuzzy
from postroom.wire.imap.responses.status import bad_charset


@dataclass(frozen=True, slots=True)
class Search:
    """SEARCH; `returns` None for the plain SEARCH response, else what ESEARCH is to tell; `names_charset` where one was given, which says nothing more."""

    tag: bytes
    uid: bool
    key: SearchKey
    returns: SearchReturns | None = None
    names_charset: bool = False


@dataclass(frozen=True, slots=True)
class SaveRefused:
    """A SEARCH or SORT with RETURN (SAVE) that can't be run: nothing is saved now; `reply` NO with this."""

    tag: bytes
    text: str
    code: bytes | None


CHARSETS = (b"US-ASCII", b"UTF-8")


def parse_search(scan: Scanner) -> Search | SaveRefused:
    """Options, charset, keys."""
    scan.space()
    returns = parse_returns(scan, "SEARCH")
    try:
        names_charset = takes_word(scan, b"CHARSET ")
        if names_charset:
            check_charset(scan)
            scan.space()
        key = parse_search_keys(scan)
        check_relevancy(scan, returns, key)
        return Search(scan.tag, scan.uid, key, returns, names_charset)
    except BadSyntax as error:
        return refused(scan, returns, error)


def refused(scan: Scanner, returns: SearchReturns | None, error: BadSyntax) -> SaveRefused:
    """The event for an error that empties `$`; any other is raised again."""
    if returns is None or SAVE not in returns.words or error.condition != b"NO":
        raise error
    scan.position = len(scan.text)
    return SaveRefused(scan.tag, error.text, error.code)


def check_relevancy(scan: Scanner, returns: SearchReturns | None, key: SearchKey) -> None:
    """There is one where a key is fuzzy (RFC 6203 §4)."""
    if returns is not None and RELEVANCY in returns.words and not is_fuzzy(key):
        scan.fail("RELEVANCY without FUZZY")


def check_charset(scan: Scanner) -> None:
    """Read a charset's name; one that we don't know is refused with those that we do."""
    if scan.astring().upper() not in CHARSETS:
        raise BadSyntax("Unknown charset", condition=b"NO", code=bad_charset(CHARSETS))


def takes_word(scan: Scanner, word: bytes) -> bool:
    """Move over a word of the protocol, in any case, if it comes next."""
    if scan.text[scan.position : scan.position + len(word)].upper() != word:
        return False
    scan.position += len(word)
    return True
