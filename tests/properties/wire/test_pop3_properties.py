"""Any bytes in any pieces: the same events and output, never an exception; dots on and off are the identity."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pop3_maildrop import OFFER, Maildrop
from postroom.wire.pop3 import events
from postroom.wire.pop3.content import ContentReader, ContentWriter
from postroom.wire.pop3.server import AUTH_LINE_LIMIT, LINE_LIMIT, Pop3Core

LINES = st.sampled_from(
    [
        b"USER mrose\r\n",
        b"PASS  secret with spaces \r\n",
        b"STAT\r\n",
        b"RETR 1\r\n",
        b"TOP 2 1\n",
        b"LIST\r\n",
        b"\r\n",
        b"AUTH PLAIN\r\n",
        b"AG1yb3NlAHg=\r\n",
        b"*\r\n",
        b"CAPA\r\n",
        b"NOOP\r\n",
        b"DELE 1\r\n",
        b"QUIT\r\n",
        b"\x16\x03\x01\n",
        b"A" * (LINE_LIMIT + 5) + b"\r\n",
        b"AUTH PLAIN " + b"QUFB" * 200 + b"\r\n",
        b"AUTH PLAIN " + b"A" * AUTH_LINE_LIMIT,
        b"RSET\r\n",
        b"UIDL 99999999999999999999\r\n",
    ]
)
STREAMS = st.lists(LINES | st.binary(max_size=20), max_size=12).map(b"".join)


def converse(pieces: list[bytes]) -> tuple[list[events.Event], bytes]:
    maildrop = Maildrop(Pop3Core(OFFER))
    said = maildrop.run()
    for piece in pieces:
        maildrop.core.receive_data(piece)
        said += maildrop.run()
    maildrop.core.receive_eof()
    return maildrop.seen, said + maildrop.run()


@settings(max_examples=150, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 2000), max_size=8))
def test_any_split_gives_the_same(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert converse(pieces) == converse([stream])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"..", b""]) | st.binary(max_size=4), max_size=20))
def test_dots_come_off_as_they_went_on(pieces: list[bytes]) -> None:
    message = b"".join(pieces).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not message.endswith(b"\r\n") and message:
        message += b"\r\n"
    writer = ContentWriter()
    wire = b"".join(writer.write(message[at : at + 3]) for at in range(0, len(message), 3)) + writer.end()
    reader = ContentReader()
    content = rest = b""
    for at in range(len(wire)):
        taken, rest = reader.read(wire[at : at + 1])
        content += taken
    assert reader.ended
    assert (content, rest) == (message, b"")
    whole = ContentReader()
    assert whole.read(wire + b"+OK") == (message, b"+OK")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a."]) | st.binary(max_size=4), max_size=20))
def test_content_is_the_same_however_it_is_cut(pieces: list[bytes]) -> None:
    cut, whole = ContentWriter(), ContentWriter()
    out = b"".join([cut.write(piece) for piece in pieces]) + cut.end()
    assert out == whole.write(b"".join(pieces)) + whole.end()
    assert out.endswith(b"\r\n.\r\n") or out == b".\r\n"
    assert b"\n.\r\n" not in out[:-3] and b"\n.\n" not in out
