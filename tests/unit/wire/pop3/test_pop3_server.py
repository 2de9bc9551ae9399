"""What a transcript cannot say: STLS, gates, bounds, misuse."""

import pytest

from pop3_maildrop import OFFER, Maildrop
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.pop3 import events
from postroom.wire.pop3.capabilities import Offer
from postroom.wire.pop3.server import Pop3Core


def started(offer: Offer = OFFER) -> Maildrop:
    maildrop = Maildrop(Pop3Core(offer))
    maildrop.run()
    return maildrop


def test_stls_runs_nothing_that_was_said_in_clear() -> None:
    maildrop = started()
    maildrop.core.receive_data(b"USER mrose\r\nSTLS\r\nPASS  secret with spaces \r\nSTAT\r\n")
    assert maildrop.run() == b"+OK\r\n+OK go on\r\n"
    maildrop.core.receive_data(b"QUIT\r\n")
    assert maildrop.core.next_event() is Need.DATA
    assert maildrop.core.discarded == len(b"PASS  secret with spaces \r\nSTAT\r\n") + len(b"QUIT\r\n")
    maildrop.core.tls_started(Offer(plaintext=True))
    maildrop.core.receive_data(b"PASS x\r\nSTLS\r\n")
    assert maildrop.run() == b"-ERR USER first\r\n-ERR No TLS here\r\n"


def test_a_password_in_clear_never_reaches_the_session() -> None:
    maildrop = started(Offer(stls=True))
    maildrop.core.receive_data(b"USER mrose\r\nPASS x\r\nAUTH PLAIN AGEAYg==\r\nCAPA\r\n")
    said = maildrop.run()
    assert said.count(b"-ERR") == 3
    assert b"\r\nUSER" not in said and b"SASL" not in said and b"\r\nSTLS\r\n" in said
    assert not [event for event in maildrop.seen if isinstance(event, events.Login | events.AuthStarted)]


def test_passwords_are_not_shown_by_repr() -> None:
    assert "secret" not in repr(events.Login(b"a", b"secret"))
    assert "secret" not in repr(events.AuthResponse(b"secret"))


def test_a_dropped_connection_is_no_quit() -> None:
    maildrop = started()
    maildrop.core.receive_data(b"AUTH PLAIN\r\nAGEAYg==\r\nDELE 1\r\n")
    maildrop.core.receive_eof()
    maildrop.run()
    assert maildrop.seen[-1] == events.EndOfStream()
    assert maildrop.core.next_event() is Need.DATA and maildrop.core.closed


def test_an_endless_line_is_not_kept() -> None:
    maildrop = started()
    for _ in range(200):
        maildrop.core.receive_data(b"PASS " + b"x" * 5000)
        maildrop.run()
    maildrop.core.receive_data(b"\r\nCAPA\r\n")
    assert maildrop.run().startswith(b"+OK Capabilities")
    assert [event.mistake for event in maildrop.seen if isinstance(event, events.Violation)] == [
        events.Mistake.LINE_TOO_LONG
    ]


def test_quit_says_whether_there_is_something_to_delete() -> None:
    maildrop = started()
    maildrop.core.receive_data(b"QUIT\r\nSTAT\r\n")
    maildrop.run()
    assert maildrop.seen[-1] == events.Quit(in_transaction=False)


def test_misuse_raises() -> None:
    core = Pop3Core(OFFER)
    with pytest.raises(CoreMisuse):
        core.reply_ok()
    core.next_event()
    with pytest.raises(CoreMisuse):
        core.reply_err("two\r\nlines")
    core.reply_ok()
    with pytest.raises(CoreMisuse):
        core.challenge(b"")
    with pytest.raises(CoreMisuse):
        core.content(b"")
    core.receive_eof()
    with pytest.raises(CoreMisuse):
        core.receive_data(b"")
