"""ServerCore under any bytes and any split of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from imap_played import play
from postroom.wire.imap.events import PeerClosed, Violation

LINES = [
    b"a NOOP\r\n",
    b"a LOGIN alice {6}\r\nsecret\r\n",
    b"a LOGIN alice {6+}\r\nsecret\r\n",
    b"a AUTHENTICATE PLAIN\r\nAGEAYg==\r\n",
    b"a AUTHENTICATE PLAIN\r\n*\r\n",
    b"a STARTTLS\r\nb NOOP\r\n",
    b"a SELECT INBOX\r\n",
    b"a IDLE\r\nDONE\r\n",
    b"a APPEND INBOX (\\Seen) {11+}\r\nhello world\r\n",
    b"a APPEND {5}\r\nINBOX {4}\r\nbody\r\n",
    b"a APPEND INBOX {4+}\r\nbody {4+}\r\nbody\r\n",
    b"a APPEND INBOX ~{300+}\r\n" + b"x" * 300 + b"\r\n",
    b"a APPEND INBOX {600+}\r\n",
    b"a APPEND INBOX CATENATE (URL /x TEXT {4+}\r\nbody URL {2+}\r\n/y)\r\n",
    b"a APPEND INBOX CATENATE (URL /x URL /y)\r\n",
    b"a APPEND INBOX {4+}\r\nbody CATENATE (TEXT {4}\r\nbody) CATENATE (URL /x)\r\n",
    b"a APPEND INBOX CATENATE (TEXT {200+}\r\n" + b"z" * 200 + b" URL /x)\r\n",
    b"a APPEND INBOX UTF8 (~{4+}\r\nbody)\r\n",
    b"a UID REPLACE 5 INBOX (\\Seen) {4+}\r\nbody\r\n",
    b"a REPLACE 1 INBOX CATENATE (URL /x)\r\n",
    b"a SELECT INBOX (QRESYNC (1 2 1:5 (1:2 3:4)))\r\n",
    b"a UID FETCH 1:* (BINARY.PEEK[1.2]<0.5> BINARY.SIZE[1] PREVIEW (LAZY)) (CHANGEDSINCE 1 VANISHED)\r\n",
    b"a FOO {5+}\r\nabcde {3+}\r\nabc\r\n",
    b"a FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (A {1+}\r\nB)])\r\n",
    b"a UID SEARCH OR (NOT SEEN TEXT {2+}\r\n\xc3\xa9) SINCE 1-Jan-2020\r\n",
    b'a LIST "" ("a" b*) RETURN (STATUS (MESSAGES))\r\n',
    b"a UID STORE 1:5 (UNCHANGEDSINCE 5) -FLAGS.SILENT (a b)\r\n",
    b"a SELECT {-1}\r\n",
    b"a SELECT {100+}\r\n" + b"y" * 100 + b"\r\n",
    b"\r\n",
    b"{",
    b"\x16\x03",
    b"GET / HTTP/1.1\r\n",
]
sessions = st.lists(st.sampled_from(LINES) | st.binary(max_size=20), max_size=12).map(b"".join)
splits = st.lists(st.integers(1, 40), min_size=1, max_size=30)


@settings(max_examples=200)
@given(sessions, splits, st.integers(0, 2), st.booleans())
def test_any_split_of_the_same_bytes_is_the_same_session(
    data: bytes, sizes: list[int], state: int, multi_append: bool
) -> None:
    whole = play(data, [max(1, len(data))], state, multi_append=multi_append)
    split = play(data, sizes, state, multi_append=multi_append)
    assert split.events == whole.events
    assert split.output == whole.output


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 2))
def test_any_bytes_end_in_a_closed_stream_or_a_violation(data: bytes, state: int) -> None:
    played = play(data, [max(1, len(data))], state, multi_append=True)
    last = played.events[-1]
    assert isinstance(last, PeerClosed) or (isinstance(last, Violation) and last.fatal)


words = st.sampled_from(
    b'FETCH STORE SEARCH LIST STATUS UID APPEND SELECT 1:* ( ) [ ] < > {1+}\r\nx " \\Seen FLAGS BODY BODY.PEEK[ '
    b"CATENATE (URL TEXT UTF8 ~{1+}\r\nx REPLACE BINARY[ BINARY.SIZE[ PREVIEW (LAZY) QRESYNC VANISHED CHANGEDSINCE "
    b"HEADER.FIELDS RETURN NOT OR ALL 1-Jan-2020 4294967295 * % & RFC822 1.2 STATUS".split(b" ")
)


@settings(max_examples=200)
@given(st.lists(words, max_size=15), st.sampled_from([b" ", b""]))
def test_nearly_grammatical_commands_never_raise(found: list[bytes], glue: bytes) -> None:
    played = play(b"a " + glue.join(found) + b"\r\nb NOOP\r\n", [1000], 2, multi_append=False)
    assert isinstance(played.events[-1], PeerClosed)
