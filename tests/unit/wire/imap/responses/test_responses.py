import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.imap.grammar.mailboxes import mailbox as parse_mailbox
from postroom.wire.imap.grammar.returns import SearchReturns
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.responses import connection, mailboxes, messages, search, status, strings
from postroom.wire.imap.responses.status import Code, Condition


def read_back(spelled: bytes, *, utf8: bool = False) -> Scanner:
    """A scanner that sees `spelled` as a client's own argument."""
    literals = []
    if spelled.startswith(b"{"):
        header, _, content = spelled.partition(b"\r\n")
        literals, spelled = [content], header + b"\r\n"
    return Scanner(spelled, literals, utf8=utf8)


@settings(max_examples=200)
@given(st.binary(max_size=50) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "ignore")))
def test_strings_from_outside_are_read_back(text: bytes) -> None:
    for spelled in (strings.quoted(text), strings.astring(text), strings.nstring(text), strings.literal(text)):
        scan = read_back(spelled)
        assert scan.astring() == text.replace(b"\x00", b"?")
        assert scan.at_end()


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_a_quoted_string_holds_nothing_that_ends_it(text: bytes) -> None:
    spelled = strings.quoted(text)
    if spelled.startswith(b'"'):
        assert spelled.isascii()
        assert not set(spelled) & {0, 10, 13}
    else:
        assert spelled.startswith(b"{%d}\r\n" % len(text))


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        (b"", b'""'),
        (b"NIL", b'"NIL"'),
        (b"nil", b'"nil"'),
        (b"abc]", b"abc]"),
        (b'a"b\\', b'"a\\"b\\\\"'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        (b"\xc3\xa9", b"{2}\r\n\xc3\xa9"),
        (b"x" * 1001, b"{1001}\r\n" + b"x" * 1001),
    ],
)
def test_astring(text: bytes, spelled: bytes) -> None:
    assert strings.astring(text) == spelled


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40), st.booleans())
def test_mailbox_names_are_read_back(name: str, utf8: bool) -> None:
    scan = read_back(strings.mailbox(name, utf8=utf8), utf8=utf8)
    assert parse_mailbox(scan) == ("INBOX" if name.upper() == "INBOX" else name)
    assert scan.at_end()


def test_a_name_with_a_line_end_breaks_no_line() -> None:
    assert strings.mailbox("é\r\n* BYE", utf8=True) == b"{9}\r\n\xc3\xa9\r\n* BYE"
    assert strings.mailbox("é\r\n* BYE") == b'"&AOkADQAK-* BYE"'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (status.status(b"a", Condition.OK, "done"), b"a OK done\r\n"),
        (status.untagged(Condition.BYE, "x\r\ny", Code.UNAVAILABLE), b"* BYE [UNAVAILABLE] x??y\r\n"),
        (status.untagged(Condition.NO, "[é"), b"* NO - [?\r\n"),
        (status.untagged(Condition.OK, ""), b"* OK -\r\n"),
        (status.continuation(), b"+ OK\r\n"),
        (connection.capability([b"IMAP4rev1", b"IDLE"]), b"* CAPABILITY IMAP4rev1 IDLE\r\n"),
        (connection.enabled([b"CONDSTORE"]), b"* ENABLED CONDSTORE\r\n"),
        (connection.enabled([]), b"* ENABLED\r\n"),
        (connection.identification([(b"name", b"Postroom"), (b"os", None)]), b'* ID ("name" "Postroom" "os" NIL)\r\n'),
        (connection.identification([]), b"* ID NIL\r\n"),
        (connection.namespace([("", "/")], [], []), b'* NAMESPACE (("" "/")) NIL NIL\r\n'),
        (
            connection.namespace([("", "/")], [("~", "/")], [("#shared/", "/"), ("#news.", ".")]),
            b'* NAMESPACE (("" "/")) (("~" "/")) (("#shared/" "/")("#news." "."))\r\n',
        ),
        (mailboxes.list_line([b"\\Noselect"], "/", ""), b'* LIST (\\Noselect) "/" ""\r\n'),
        (mailboxes.list_line([], None, "日本"), b"* LIST () NIL &ZeVnLA-\r\n"),
        (
            mailboxes.list_line([b"\\NonExistent"], "/", "Foo", child_info=[b"SUBSCRIBED"]),
            b'* LIST (\\NonExistent) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))\r\n',
        ),
        (mailboxes.list_line([], "/", 'a "b"'), b'* LIST () "/" "a \\"b\\""\r\n'),
        (mailboxes.list_line([], "/", "é", utf8=True), b'* LIST () "/" "\xc3\xa9"\r\n'),
        (mailboxes.lsub_line([], ".", "#news.a"), b'* LSUB () "." #news.a\r\n'),
        (
            mailboxes.status_line("blurdybloop", [(b"MESSAGES", 231), (b"UIDNEXT", 44292)]),
            b"* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n",
        ),
        (mailboxes.flags([b"\\Seen", b"$Junk"]), b"* FLAGS (\\Seen $Junk)\r\n"),
        (mailboxes.exists(23), b"* 23 EXISTS\r\n"),
        (mailboxes.recent(5), b"* 5 RECENT\r\n"),
        (search.search([2, 84, 882]), b"* SEARCH 2 84 882\r\n"),
        (search.search([]), b"* SEARCH\r\n"),
        (search.search([2, 5], 917162500), b"* SEARCH 2 5 (MODSEQ 917162500)\r\n"),
        (
            search.esearch(b"A282", [2, 10, 11], SearchReturns(frozenset({b"MIN", b"COUNT"})), uid=False),
            b'* ESEARCH (TAG "A282") MIN 2 COUNT 3\r\n',
        ),
        (
            search.esearch(b"A283", [2, 10, 11], SearchReturns(frozenset({b"ALL"})), uid=True, mod_seq=9),
            b'* ESEARCH (TAG "A283") UID ALL 2,10:11 MODSEQ 9\r\n',
        ),
        (
            search.esearch(b"A", [], SearchReturns(frozenset({b"MIN", b"ALL"})), uid=True),
            b'* ESEARCH (TAG "A") UID\r\n',
        ),
        (search.esearch(b"A", [], SearchReturns(frozenset({b"COUNT"})), uid=False), b'* ESEARCH (TAG "A") COUNT 0\r\n'),
        (messages.expunge(44), b"* 44 EXPUNGE\r\n"),
        (messages.vanished([41, 43, 44], earlier=True), b"* VANISHED (EARLIER) 41,43:44\r\n"),
        (messages.fetch(1, [messages.uid(5), messages.size(9)]), b"* 1 FETCH (UID 5 RFC822.SIZE 9)\r\n"),
        (
            messages.fetch(1, [messages.envelope(b"(NIL)"), messages.body_structure(b"()", extended=False)]),
            b"* 1 FETCH (ENVELOPE (NIL) BODY ())\r\n",
        ),
    ],
)
def test_responses(line: bytes, expected: bytes) -> None:
    assert line == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (status.capability([b"IMAP4rev1"]), b"CAPABILITY IMAP4rev1"),
        (status.permanent_flags([b"\\Seen", b"\\*"]), b"PERMANENTFLAGS (\\Seen \\*)"),
        (status.uid_next(4392), b"UIDNEXT 4392"),
        (status.uid_validity(3857529045), b"UIDVALIDITY 3857529045"),
        (status.unseen(12), b"UNSEEN 12"),
        (status.highest_mod_seq(715194045007), b"HIGHESTMODSEQ 715194045007"),
        (status.modified([7, 9]), b"MODIFIED 7,9"),
        (status.append_uid(38505, [3955]), b"APPENDUID 38505 3955"),
        (status.copy_uid(38505, [304, 319, 320], [3956, 3957, 3958]), b"COPYUID 38505 304,319:320 3956:3958"),
        (status.bad_charset([b"UTF-8"]), b"BADCHARSET (UTF-8)"),
    ],
)
def test_codes(code: bytes, expected: bytes) -> None:
    assert code == expected


def test_lists_of_flags() -> None:
    assert messages.flag_lines([(1, 10, b"\\Seen"), (2, 20, b"")]) == (
        b"* 1 FETCH (UID 10 FLAGS (\\Seen))\r\n* 2 FETCH (UID 20 FLAGS ())\r\n"
    )
    assert messages.flag_lines_without_uid([(1, b"a b")]) == b"* 1 FETCH (FLAGS (a b))\r\n"
    assert messages.flag_lines_with_mod_seq([(1, 2, b"", 3)]) == b"* 1 FETCH (UID 2 FLAGS () MODSEQ (3))\r\n"


def test_bodies_are_pieces() -> None:
    body = memoryview(b"Subject: x\r\n\r\n")
    pieces = messages.fetch_pieces(
        12, [[messages.flags(b"\\Seen")], messages.section(b"BODY[]", body), messages.section(b"BODY[2]", None)]
    )
    assert any(piece is body for piece in pieces)
    assert b"".join(pieces) == (b"* 12 FETCH (FLAGS (\\Seen) BODY[] {14}\r\nSubject: x\r\n\r\n BODY[2] NIL)\r\n")
    assert messages.section(b"BODY[]<9>", b"") == [b'BODY[]<9> ""']


@pytest.mark.parametrize(("offset", "zone"), [(0, b"+0000"), (-420, b"-0700"), (-30, b"-0030"), (345, b"+0545")])
def test_internal_date(offset: int, zone: bytes) -> None:
    moment = datetime.datetime(1996, 7, 1, 2, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(minutes=offset)))
    assert messages.internal_date(moment) == b'INTERNALDATE "01-Jul-1996 02:04:05 ' + zone + b'"'
