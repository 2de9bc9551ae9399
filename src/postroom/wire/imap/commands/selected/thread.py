"""THREAD and UID THREAD: RFC 5256 §5.

thread = "THREAD" SP ("ORDEREDSUBJECT" / "REFERENCES") SP charset 1*(SP search-key)
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.wire.imap.commands.selected.search import check_charset
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.grammar.search import parse_search_keys
from postroom.wire.imap.grammar.search_keys import SearchKey


class ThreadBy(enum.Enum):
    """The algorithm; the value is its name on the wire."""

    ORDEREDSUBJECT = b"ORDEREDSUBJECT"
    REFERENCES = b"REFERENCES"


@dataclass(frozen=True, slots=True)
class Thread:
    """THREAD."""

    tag: bytes
    uid: bool
    by: ThreadBy
    key: SearchKey


_NAMES = {by.value: by for by in ThreadBy}


def parse_thread(scan: Scanner) -> Thread:
    """Algorithm, charset, keys."""
    scan.space()
    by = _NAMES.get(scan.name()) or scan.fail("Unknown threading algorithm")
    scan.space()
    check_charset(scan)
    scan.space()
    return Thread(scan.tag, scan.uid, by, parse_search_keys(scan))
