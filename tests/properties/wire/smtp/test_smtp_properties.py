"""Of both SMTP cores: splitting changes nothing, nothing raises, what was encoded is read back."""

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.core import Need
from postroom.wire.smtp.addresses import Path, parse_path
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig
from postroom.wire.smtp.client import ClientCore, Replied, ServerBroke, ServerClosing, ServerGone
from postroom.wire.smtp.client_content import DotWriter
from postroom.wire.smtp.content import DotReader, LineWatch
from postroom.wire.smtp.parameters import MailParameters, RcptParameters, decode_xtext, encode_xtext
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.reply_reader import ReplyReader
from postroom.wire.smtp.server import ServerCore
from transcripts.smtp.script import Session

MANY = settings(max_examples=150, deadline=None)

COMMANDS = st.sampled_from(
    [
        b"EHLO client.example.test\r\n",
        b"MAIL FROM:<alice@example.test> SIZE=3\r\n",
        b"MAIL FROM:<alice@example.test> HOLDUNTIL=2026-11-30T10:00:00.5Z\r\n",
        b"MAIL FROM:<>\r\n",
        b"RCPT TO:<bob@example.test>\r\n",
        b"RCPT TO:<junk\r\n",
        b"DATA\r\n",
        b"line\r\n",
        b".\r\n",
        b"..\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b".\r.\r",
        b"\r",
        b"\n",
        b"BDAT 4\r\n",
        b"BDAT 0 LAST\r\n",
        b"BDAT 9 LAST\r\n",
        b"BDAT -1\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"AUTH PLAIN\r\n",
        b"AUTH LOGIN AGEAYg==\r\n",
        b"AGEAYg==\r\n",
        b"*\r\n",
        b"x" * 2100,
        b"A" * 13000,
        b"GET / HTTP/1.1\r\n",
        b"STARTTLS\r\n",
        b"QUIT\r\n",
    ]
)
SPOKEN = st.lists(COMMANDS | st.binary(max_size=8), max_size=40).map(
    lambda pieces: b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n" + b"".join(pieces)
)
CUTS = st.lists(st.integers(0, 2000), max_size=12)
# Pipelining past DATA is told by packets, which is what is varied here; so this server lets it pass.
LENIENT = ServerConfig(
    Capabilities(auth=("PLAIN",), starttls=True, size=40, future_release="60 2026-12-01T10:00:00Z"),
    refuse_early_pipelining=False,
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    borders = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(borders)]


def listen(config: ServerConfig, packets: list[bytes]) -> tuple[list[object], bytes, list[bytes]]:
    session = Session(ServerCore(config))
    output = session.work()
    for packet in packets:
        output += session.feed(packet)
    session.core.receive_eof()
    output += session.work()
    return list(session.seen), output, session.messages


@MANY
@given(SPOKEN, CUTS)
def test_splitting_changes_nothing(data: bytes, cuts: list[int]) -> None:
    assert listen(LENIENT, pieces(data, cuts)) == listen(LENIENT, [data])


@MANY
@given(SPOKEN)
def test_octet_by_octet_changes_nothing(data: bytes) -> None:
    data = data[:3000]
    assert listen(LENIENT, [data[i : i + 1] for i in range(len(data))]) == listen(LENIENT, [data])


@MANY
@given(st.binary(max_size=300) | SPOKEN, st.booleans())
def test_nothing_raises_and_replies_are_well_formed(data: bytes, lmtp: bool) -> None:
    _, output, _ = listen(ServerConfig(lmtp=lmtp), [data])
    assert re.fullmatch(rb"(?:[2-5][0-9]{2}[ -][ -~]*\r\n)+", output)


@MANY
@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"\0", b"a", b"\r\n", b"\r\n.", b"\xe4"]), max_size=40), CUTS)
def test_content_is_read_as_a_plain_reading_would(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts) + b"\r\n.\r\nrest"
    whole = b"\r\n" + data
    end = whole.index(b"\r\n.\r\n")
    wanted = whole[: end + 2].replace(b"\r\n.", b"\r\n")[2:]
    reader, buffer, got = DotReader(), ReceiveBuffer(), b""
    for piece in pieces(data, cuts):
        buffer.append(piece)
        if not reader.ended:
            got += reader.read(buffer)
    assert reader.ended and got == wanted
    assert buffer.take(len(buffer)) == whole[end + 5 :]
    watch = reader.watch
    assert (watch.size, watch.nul, watch.eight_bit) == (len(wanted), b"\0" in wanted, not wanted.isascii())
    assert watch.bare_cr is (re.search(rb"\r(?!\n)", wanted) is not None)
    assert watch.bare_lf is (re.search(rb"(?<!\r)\n", wanted) is not None)


@MANY
@given(st.lists(st.sampled_from([b"\r", b"\n", b"ab", b"\r\n", b""]), max_size=30))
def test_line_ends_are_watched_across_pieces(parts: list[bytes]) -> None:
    watch, whole = LineWatch(), b"".join(parts)
    for part in parts:
        watch.see(part)
    watch.end()
    assert watch.bare_cr is (re.search(rb"\r(?!\n)", whole) is not None)
    assert watch.bare_lf is (re.search(rb"(?<!\r)\n", whole) is not None)


@MANY
@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.", b"..", b"\xe4"]), max_size=30), CUTS)
def test_what_is_sent_arrives_and_can_not_smuggle(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    writer = DotWriter()
    sent = b"".join(writer.write(piece) for piece in pieces(data, cuts)) + writer.end()
    normal = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    reader, buffer = DotReader(), ReceiveBuffer()
    buffer.append(sent)
    got = reader.read(buffer)
    assert reader.ended and not len(buffer)
    assert got == (normal if normal.endswith(b"\r\n") or not normal else normal + b"\r\n")
    assert not reader.watch.bare_cr and not reader.watch.bare_lf
    assert sent.find(b"\r\n.\r\n") in (-1, len(sent) - 5)


LOCAL_PARTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Zs", "Zl", "Zp"), include_characters=" "), max_size=60
)
DOMAINS = st.lists(st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\Z"), min_size=1, max_size=5).map(".".join)


@MANY
@given(LOCAL_PARTS, DOMAINS)
def test_a_path_is_read_back(local_part: str, domain: str) -> None:
    path = Path(local_part, domain)
    text = b"<" + str(path).encode() + b">"
    assert parse_path(text) == (path, len(text))


@MANY
@given(st.binary(max_size=80))
def test_any_octets_are_a_path_or_none(text: bytes) -> None:
    found = parse_path(b"<" + text)
    if found is not None:
        path, end = found
        again = b"<" + str(path).encode() + b">"
        assert parse_path(again) == (path, len(again))
        assert end <= len(text) + 1


@MANY
@given(st.binary(max_size=80))
def test_xtext_is_read_back(data: bytes) -> None:
    assert decode_xtext(encode_xtext(data)) == data


TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
REPLIES = st.builds(
    lambda code, lines: Reply(code, f"{code // 100}.1.2", tuple(lines)),
    st.sampled_from([220, 250, 421, 450, 552]),
    st.lists(TEXTS, min_size=1, max_size=5),
)


@MANY
@given(REPLIES, CUTS)
def test_a_reply_is_read_back(reply: Reply, cuts: list[int]) -> None:
    reader, buffer, got = ReplyReader(), ReceiveBuffer(), None
    for piece in pieces(reply.render(enhanced=True), cuts):
        buffer.append(piece)
        got = got or reader.read(buffer)
    assert got == reply


def converse(packets: list[bytes]) -> tuple[list[object], bytes]:
    core, seen, output = ClientCore(), [], b""
    core.hello("client.example.test")
    core.mail(Path("alice", "example.test"), MailParameters())
    core.rcpt(Path("bob", "example.test"), RcptParameters())
    core.data()
    for packet in [*packets, None]:
        if packet is None:
            core.receive_eof()
        else:
            core.receive_data(packet)
        while True:
            event = core.next_event()
            output += core.data_to_send()
            if event is Need.DATA:
                break
            if seen and event == seen[-1] and isinstance(event, (ServerBroke, ServerClosing, ServerGone)):
                break
            seen.append(event)
            if isinstance(event, Replied) and event.reply.code == 354:
                core.end_content()
    return seen, output


SERVED = st.lists(
    st.sampled_from(
        [b"220 x\r\n", b"250-x\r\n", b"250 PIPELINING\r\n", b"250 OK\r\n", b"354 go\r\n", b"550 5.1.1 no\r\n"]
    )
    | st.sampled_from([b"421 bye\r\n", b"334 AA==\r\n", b"\r\n", b"x" * 2050])
    | st.binary(max_size=6),
    max_size=15,
).map(b"".join)


@MANY
@given(SERVED, CUTS)
def test_the_client_sees_the_same_however_the_server_cuts(data: bytes, cuts: list[int]) -> None:
    assert converse(pieces(data, cuts)) == converse([data])
