"""What transcripts can't show of a ServerCore: its contract, its limits, its flags."""

import pytest

from postroom.wire.core import CoreMisuse, Need
from postroom.wire.smtp import events
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig
from postroom.wire.smtp.lines import AUTH_LINE_LIMIT, LINE_LIMIT
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.server import ServerCore
from postroom.wire.smtp.violations import Mistake, Violation
from transcripts.smtp.script import USUAL, Session

OK = Reply.of(250, "2.0.0", "OK")


def opened(config: ServerConfig | None = None) -> Session:
    session = Session(ServerCore(config or ServerConfig()))
    assert session.work() == b"220 mx.example.test ESMTP\r\n"
    return session


def in_data(config: ServerConfig | None = None) -> Session:
    session = opened(config)
    session.feed(b"EHLO client.example.test\r\n")
    session.feed(b"MAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n")
    return session


def test_the_contract() -> None:
    core = ServerCore(ServerConfig())
    with pytest.raises(CoreMisuse):
        core.reply(OK)
    assert core.next_event() == events.ConnectionOpened()
    assert core.next_event() is Need.REPLY
    with pytest.raises(CoreMisuse):
        core.reply_challenge(b"")
    core.reply(USUAL[events.ConnectionOpened])
    assert core.next_event() is Need.DATA
    with pytest.raises(CoreMisuse):
        core.tls_started()
    core.receive_eof()
    assert core.next_event() == events.EndOfStream(False)
    with pytest.raises(CoreMisuse):
        core.receive_data(b"x")


@pytest.mark.parametrize("command", [b"DATA\r\n", b"BDAT 1 LAST\r\nx"])
def test_content_is_not_taken_by_a_250(command: bytes) -> None:
    session = opened()
    session.feed(b"EHLO x\r\n")
    session.feed(b"MAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\n")
    session.core.receive_data(command)
    assert isinstance(session.core.next_event(), events.ContentStarted)
    with pytest.raises(CoreMisuse):
        session.core.reply(OK)


def test_early_talk_is_seen() -> None:
    core = ServerCore(ServerConfig())
    core.next_event()
    core.receive_data(b"EHLO x\r\n")
    assert core.early_talk
    core.reply(Reply.of(554, "5.5.0", "No"))
    event = core.next_event()
    assert isinstance(event, Violation) and event.mistake is Mistake.WRONG_STATE
    patient = opened()
    patient.feed(b"EHLO x\r\n")
    assert not patient.core.early_talk


def test_tls_from_the_first_byte() -> None:
    core = ServerCore(ServerConfig(Capabilities(starttls=True)))
    assert core.tls_started() == 0
    session = Session(core)
    session.work()
    session.feed(b"EHLO x\r\n")
    assert session.feed(b"STARTTLS\r\n") == b"503 5.5.1 TLS is active already\r\n"


def test_clear_octets_behind_starttls_are_counted_and_dropped() -> None:
    session = opened(ServerConfig(Capabilities(starttls=True)))
    session.feed(b"EHLO x\r\n")
    session.feed(b"STARTTLS\r\nNOOP\r\n")
    session.feed(b"NOOP\r\n" * 1000)
    assert session.core.bytes_waiting == 6
    assert session.core.tls_started() == 6 * 1001
    assert session.work() == b""


def test_a_refused_starttls_goes_on_in_clear() -> None:
    session = opened(ServerConfig(Capabilities(starttls=True)))
    session.feed(b"EHLO x\r\n")
    session.answers.append(("StartTls", Reply.of(454, "4.7.0", "Later")))
    assert session.feed(b"STARTTLS\r\nNOOP\r\n") == b"454 4.7.0 Later\r\n250 2.0.0 OK\r\n"


@pytest.mark.parametrize("tail", [b"\r\n", b"\nQUIT\r\n", b"\rQUIT\r\n"])
def test_a_line_too_long_is_one_mistake_and_holds_no_memory(tail: bytes) -> None:
    session = opened()
    session.core.receive_data(b"NOOP " + b"x" * (LINE_LIMIT + 1))
    session.work()
    for _ in range(1000):
        session.core.receive_data(b"y" * 1000)
        session.work()
        assert session.core.bytes_waiting <= LINE_LIMIT + 1
    session.feed(tail)
    assert session.feed(b"NOOP\r\n").startswith(b"250")
    assert [type(event) for event in session.seen[1:]] == [Violation, events.Noop]
    assert session.seen[1].mistake is Mistake.LINE_TOO_LONG  # type: ignore[union-attr]  # its type is asserted above


def test_the_limits_of_lines() -> None:
    session = opened(ServerConfig(Capabilities(auth=("PLAIN",))))
    session.feed(b"EHLO x\r\n")
    assert session.feed(b"NOOP " + b"x" * (LINE_LIMIT - 7) + b"\r\n").startswith(b"250")
    assert session.feed(b"NOOP " + b"x" * (LINE_LIMIT - 6) + b"\r\n").startswith(b"500")
    assert session.feed(b"AUTH PLAIN " + b"A" * 12288 + b"\r\n").startswith(b"235")
    other = opened(ServerConfig(Capabilities(auth=("PLAIN",))))
    other.feed(b"EHLO x\r\n")
    other.feed(b"AUTH PLAIN\r\n")
    assert other.feed(b"A" * (AUTH_LINE_LIMIT + 1)) == b"500 5.5.6 Authentication exchange line is too long\r\n"
    assert other.feed(b"A" * 1000000) == b""
    assert other.core.bytes_waiting <= 1
    assert other.feed(b"\r\nNOOP\r\n") == b"250 2.0.0 OK\r\n"


def test_challenges() -> None:
    session = opened(ServerConfig(Capabilities(auth=("LOGIN",))))
    session.feed(b"EHLO x\r\n")
    session.core.receive_data(b"AUTH LOGIN\r\n")
    assert session.core.next_event() == events.AuthStarted("LOGIN", None)
    session.core.reply_challenge(b"Username:")
    assert session.core.data_to_send() == b"334 VXNlcm5hbWU6\r\n"
    session.core.receive_data(b"YWxpY2U=\r\n")
    assert session.core.next_event() == events.AuthResponse(b"alice")


def test_lmtp_replies_for_each_recipient() -> None:
    session = opened(ServerConfig(lmtp=True))
    session.feed(b"LHLO x\r\n")
    session.feed(b"MAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n")
    core = session.core
    core.receive_data(b".\r\n")
    assert isinstance(core.next_event(), events.ContentEnded)
    with pytest.raises(CoreMisuse):
        core.reply_each([OK])
    core.reply_each([OK, Reply.of(450, "4.2.2", "Full")])
    assert core.data_to_send() == b"250 2.0.0 OK\r\n450 4.2.2 Full\r\n"
    assert core.recipient_count == 0


def test_a_client_that_leaves_inside_content() -> None:
    for tail in (b"", b"half", b"half\r\n.", b"half\r\n.\r"):
        session = in_data()
        session.core.receive_data(tail)
        session.core.receive_eof()
        session.work()
        assert session.seen[-1] == events.EndOfStream(True)
        assert session.messages == []
    chunks = opened()
    chunks.feed(b"EHLO x\r\n")
    chunks.feed(b"MAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nBDAT 1\r\na")
    chunks.core.receive_eof()
    chunks.work()
    assert chunks.seen[-1] == events.EndOfStream(True)


def test_content_dropped_over_the_limit_needs_no_stack_and_no_memory() -> None:
    session = in_data(ServerConfig(Capabilities(size=10)))
    session.core.receive_data(b"x" * 60_000_000)
    assert session.work() == b""
    assert session.core.bytes_waiting == 0
    assert session.feed(b"\r\n.\r\nNOOP\r\n") == b"250 2.0.0 Kept\r\n250 2.0.0 OK\r\n"
    ended = session.seen[-2]
    assert isinstance(ended, events.ContentEnded) and ended.too_large and ended.size == 60_000_002
    assert session.messages == [b"x" * 10]


def test_detail_is_bounded() -> None:
    session = opened()
    session.feed(b"FROB" + b"x" * 1500 + b"\r\n")
    event = session.seen[-1]
    assert isinstance(event, Violation) and len(event.detail) <= 200


def test_capabilities_may_change() -> None:
    session = opened(ServerConfig(Capabilities(starttls=True)))
    session.feed(b"EHLO x\r\n")
    session.core.capabilities = Capabilities(starttls=False)
    assert session.feed(b"STARTTLS\r\n") == b"502 5.5.1 Command not implemented\r\n"


def test_mail_parameters_of_extensions_not_offered() -> None:
    session = opened(ServerConfig(Capabilities(dsn=False, smtp_utf8=False, eight_bit_mime=False, chunking=False)))
    session.feed(b"EHLO x\r\n")
    for parameter in (b"RET=FULL", b"SMTPUTF8", b"BODY=8BITMIME", b"AUTH=<>", b"ENVID=x"):
        assert session.feed(b"MAIL FROM:<> " + parameter + b"\r\n").startswith(b"555 5.5.4")
    assert session.feed(b"BDAT 1 LAST\r\nx").startswith(b"502") and session.core.closing
