"""ClientCore against a server of fixed words."""

import pytest

from postroom.wire.core import CoreMisuse, Need
from postroom.wire.smtp.addresses import NULL_PATH, Path
from postroom.wire.smtp.client import (
    Challenged,
    ClientCore,
    ClientEvent,
    Replied,
    ServerBroke,
    ServerClosing,
    ServerGone,
)
from postroom.wire.smtp.parameters import MailParameters, RcptParameters
from postroom.wire.smtp.replies import Reply

ALICE, BOB = Path("alice", "example.test"), Path("bob", "example.test")
EHLO = (
    b"250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-AUTH PLAIN login\r\n250-CHUNKING\r\n"
    b"250 LIMITS RCPTMAX=20 X\r\n"
)


def told(core: ClientCore, data: bytes) -> list[ClientEvent]:
    core.receive_data(data)
    got: list[ClientEvent] = []
    while (event := core.next_event()) is not Need.DATA:
        assert not isinstance(event, Need)
        got.append(event)
        if isinstance(event, (ServerBroke, ServerGone, ServerClosing)):
            break
    return got


def greeted(extensions: bytes = EHLO, *, lmtp: bool = False) -> ClientCore:
    core = ClientCore(lmtp=lmtp)
    core.hello("client.example.test")
    assert core.data_to_send() == b""
    told(core, b"220 mx.example.test ESMTP\r\n")
    assert core.data_to_send() == (b"LHLO" if lmtp else b"EHLO") + b" client.example.test\r\n"
    told(core, extensions)
    return core


def give_message(core: ClientCore) -> None:
    core.mail(ALICE, MailParameters())
    core.rcpt(ALICE, RcptParameters())
    core.rcpt(BOB, RcptParameters())


def test_extensions() -> None:
    core = greeted()
    assert "CHUNKING" in core.extensions and "DSN" not in core.extensions
    assert core.extensions.size == 1000
    assert core.extensions.mechanisms == {"PLAIN", "LOGIN"}
    assert core.extensions.limit("RCPTMAX") == 20 and core.extensions.limit("MAILMAX") is None
    assert greeted(b"250-x\r\n250-SIZE\r\n250-SIZE 7\r\n250 \r\n").extensions.size is None


def test_a_pipelined_group_leaves_in_one_write() -> None:
    core = greeted()
    give_message(core)
    core.data()
    assert core.data_to_send() == (
        b"MAIL FROM:<alice@example.test>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n"
    )
    events = told(core, b"250 2.1.0 OK\r\n250 OK\r\n550-5.1.1 Not\r\n550 5.1.1 here\r\n354 Go\r\n")
    assert events == [
        Replied("MAIL", Reply.of(250, "2.1.0", "OK")),
        Replied("RCPT", Reply.of(250, "", "OK")),
        Replied("RCPT", Reply.of(550, "5.1.1", "Not", "here")),
        Replied("DATA", Reply.of(354, "", "Go")),
    ]
    core.send_content(b".a\r\n.")
    core.send_content(b"b\r")
    core.send_content(b"\n\nbare\rcr\r\n.")
    core.end_content()
    core.quit()
    assert core.data_to_send() == b"..a\r\n..b\r\n\r\nbare\r\ncr\r\n..\r\n.\r\n"
    assert told(core, b"250 2.0.0 Kept\r\n") == [Replied("content", Reply.of(250, "2.0.0", "Kept"))]
    assert core.data_to_send() == b"QUIT\r\n"


def test_without_pipelining_one_command_at_a_time() -> None:
    core = greeted(b"250 mx.example.test\r\n")
    give_message(core)
    assert core.data_to_send() == b"MAIL FROM:<alice@example.test>\r\n"
    assert len(told(core, b"250 OK\r\n")) == 1
    assert core.data_to_send() == b"RCPT TO:<alice@example.test>\r\n"


def test_parameters() -> None:
    core = greeted()
    core.mail(
        Path("ä b", "example.test"),
        MailParameters(7, "8BITMIME", True, NULL_PATH, "HDRS", "a+b"),
    )
    core.rcpt(BOB, RcptParameters(frozenset(), ("rfc822", "a=b@x")))
    core.rcpt(BOB, RcptParameters(frozenset(("SUCCESS", "DELAY")), ("utf-8", "ä@x")))
    assert core.data_to_send().decode().split("\r\n") == [
        'MAIL FROM:<"ä b"@example.test> SIZE=7 BODY=8BITMIME SMTPUTF8 AUTH=<> RET=HDRS ENVID=a+2Bb',
        "RCPT TO:<bob@example.test> NOTIFY=NEVER ORCPT=rfc822;a+3Db@x",
        "RCPT TO:<bob@example.test> NOTIFY=DELAY,SUCCESS ORCPT=utf-8;ä@x",
        "",
    ]


@pytest.mark.parametrize("chunked", [True, False])
def test_lmtp_has_a_reply_for_each_accepted_recipient(chunked: bool) -> None:
    core = greeted(lmtp=True)
    give_message(core)
    if chunked:
        core.bdat(b"a", last=False)
        core.bdat(b".b", last=True)
        told(core, b"250 OK\r\n250 OK\r\n250 OK\r\n250 1 octet\r\n")
        assert core.data_to_send().endswith(b"BDAT 1\r\naBDAT 2 LAST\r\n.b")
    else:
        core.data()
        told(core, b"250 OK\r\n250 OK\r\n250 OK\r\n354 Go\r\n")
        core.end_content()
        assert core.data_to_send().endswith(b"DATA\r\n.\r\n")
    core.reset()
    assert core.data_to_send() == b""
    verb = "BDAT" if chunked else "content"
    assert told(core, b"250 OK\r\n") == [Replied(verb, Reply.of(250, "", "OK"), 0)]
    assert told(core, b"450 4.2.0 Full\r\n") == [Replied(verb, Reply.of(450, "4.2.0", "Full"), 1)]
    assert core.data_to_send() == b"RSET\r\n"


def test_auth() -> None:
    core = greeted()
    core.authenticate("PLAIN", b"")
    core.data_to_send()
    assert told(core, b"334 \r\n") == [Challenged(b"")]
    core.auth_response(b"\0a\0b")
    assert core.data_to_send() == b"AGEAYg==\r\n"
    assert told(core, b"235 2.7.0 OK\r\n") == [Replied("AUTH", Reply.of(235, "2.7.0", "OK"))]
    core.authenticate("SCRAM-SHA-256", None)
    assert core.data_to_send() == b"AUTH SCRAM-SHA-256\r\n"
    told(core, b"334 Zm9v\r\n")
    core.auth_cancel()
    assert core.data_to_send() == b"*\r\n"
    told(core, b"501 no\r\n")
    with pytest.raises(CoreMisuse):
        greeted().hello("a\r\nb")


def test_starttls_forgets_and_notices_injected_replies() -> None:
    core = greeted()
    core.start_tls()
    core.noop()
    assert core.data_to_send() == b"STARTTLS\r\n"
    assert told(core, b"220 Go\r\n") == [Replied("STARTTLS", Reply.of(220, "", "Go"))]
    core.tls_started()
    assert "PIPELINING" not in core.extensions
    injected = greeted()
    injected.start_tls()
    assert isinstance(told(injected, b"220 Go\r\n250 OK\r\n")[-1], ServerBroke)


@pytest.mark.parametrize(
    "data",
    [
        b"250 OK\n",
        b"25 OK\r\n",
        b"650 OK\r\n",
        b"250OK\r\n",
        b"250-a\r\n251 b\r\n",
        b"250 a\rb\r\n",
        b"354 Go\r\n",
        b"250-x\r\n" * 101,
        b"250 " + b"x" * 3000 + b"\r\n",
        b"x" * 3000,
        b"+OK\r\n",
        b"\xb2\xb5\xb0 OK\r\n",
    ],
)
def test_a_server_that_breaks_the_protocol(data: bytes) -> None:
    core = ClientCore()
    assert isinstance(told(core, data)[-1], ServerBroke)
    assert isinstance(core.next_event(), ServerBroke)


def test_replies_to_nothing() -> None:
    assert isinstance(told(greeted(), b"250 OK\r\n")[0], ServerBroke)
    assert told(greeted(), b"421 4.3.2 Bye\r\n") == [ServerClosing(Reply.of(421, "4.3.2", "Bye"))]
    early = greeted()
    give_message(early)
    early.data()
    told(early, b"250 OK\r\n250 OK\r\n250 OK\r\n354 Go\r\n")
    early.send_content(b"a")
    assert isinstance(told(early, b"250 Kept before its end\r\n")[0], ServerBroke)


def test_a_server_that_goes() -> None:
    core = greeted()
    give_message(core)
    core.receive_data(b"250 OK\r\n250-")
    core.receive_eof()
    assert core.next_event() == Replied("MAIL", Reply.of(250, "", "OK"))
    assert core.next_event() == ServerGone(("RCPT", "RCPT")) == core.next_event()


def test_text_of_a_server_is_fit_for_a_log() -> None:
    assert told(ClientCore(), b"220 a\x1b[0m\xff\xc3\xa4\r\n") == [
        Replied("greeting", Reply(220, "", ("a?[0m\ufffdä",)))
    ]
