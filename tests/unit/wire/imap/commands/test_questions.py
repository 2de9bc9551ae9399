"""What the values answer about themselves; how they are read is in the transcripts."""

import pytest

from postroom.wire.imap.commands.authenticated.list import parse_list
from postroom.wire.imap.commands.authenticated.select import parse_select
from postroom.wire.imap.commands.selected.fetch import Fetch, parse_fetch
from postroom.wire.imap.commands.selected.search import parse_search
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.grammar.search_keys import uses_mod_seq


@pytest.mark.parametrize(
    ("items", "sets_seen"),
    [
        (b"FLAGS", False),
        (b"(FLAGS BODY[])", True),
        (b"BODY.PEEK[]", False),
        (b"RFC822", True),
        (b"RFC822.HEADER", False),
        (b"RFC822.TEXT", True),
        (b"BODY", False),
    ],
)
def test_which_fetch_sets_seen(items: bytes, sets_seen: bool) -> None:
    command = parse_fetch(Scanner(b" 1 " + items, []))
    assert isinstance(command, Fetch)
    assert command.sets_seen is sets_seen


@pytest.mark.parametrize(
    ("arguments", "asks"),
    [(b' "" ""', True), (b" a/ {0}\r\n", True), (b' "" "%"', False), (b' () "" ""', False), (b' "" ("")', False)],
)
def test_which_list_asks_for_the_delimiter(arguments: bytes, asks: bool) -> None:
    assert parse_list(Scanner(arguments, [b""])).asks_delimiter is asks


@pytest.mark.parametrize(
    ("keys", "uses"),
    [
        (b"ALL", False),
        (b"MODSEQ 5", True),
        (b"NOT MODSEQ 5", True),
        (b"OR ALL (SEEN MODSEQ 5)", True),
        (b"OR MODSEQ 5 ALL", True),
        (b"SEEN NOT (FLAGGED DRAFT)", False),
    ],
)
def test_which_search_uses_mod_seq(keys: bytes, uses: bool) -> None:
    assert uses_mod_seq(parse_search(Scanner(b" " + keys, [])).key) is uses


def test_condstore() -> None:
    assert parse_select(Scanner(b" a (condstore)", [])).condstore
    assert not parse_select(Scanner(b" a", [])).condstore
