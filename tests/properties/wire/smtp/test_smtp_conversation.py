"""Both SMTP cores with each other: what one was given to send, the other received, by DATA and by BDAT."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.core import Need
from postroom.wire.smtp import events
from postroom.wire.smtp.addresses import Path
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig
from postroom.wire.smtp.client import ClientCore, Replied
from postroom.wire.smtp.parameters import MailParameters, RcptParameters
from postroom.wire.smtp.server import ServerCore
from transcripts.smtp.script import Session

PIECES = st.lists(st.sampled_from([b".", b"\r\n", b"\r\n.", b"\r", b"\n", b"text", b"\xc3\xa4"]), max_size=20)
RECIPIENTS = [Path("bob", "example.test"), Path("a b", "[192.0.2.1]"), Path("c", "example.test")]


def exchange(client: ClientCore, session: Session, packet: int) -> list[Replied]:
    """Pass octets both ways, so many at a time, until neither has more to say."""
    replied: list[Replied] = []
    while True:
        sent, answered = client.data_to_send(), session.work()
        for at in range(0, len(sent), packet):
            answered += session.feed(sent[at : at + packet])
        for at in range(0, len(answered), packet):
            client.receive_data(answered[at : at + packet])
            while (event := client.next_event()) is not Need.DATA:
                assert isinstance(event, Replied), event
                replied.append(event)
        if not sent and not answered:
            return replied


@settings(max_examples=100, deadline=None)
@given(PIECES, st.booleans(), st.booleans(), st.booleans(), st.integers(1, 40))
def test_a_message_arrives(pieces: list[bytes], lmtp: bool, chunking: bool, pipelining: bool, packet: int) -> None:
    client = ClientCore(lmtp=lmtp)
    session = Session(ServerCore(ServerConfig(Capabilities(pipelining=pipelining), lmtp)))
    client.hello("client.example.test")
    exchange(client, session, packet)
    assert ("PIPELINING" in client.extensions) is pipelining
    parameters = MailParameters(10, "8BITMIME", True, None, "FULL", "a+b =")
    client.mail(Path("älice", "example.test"), parameters)
    for recipient in RECIPIENTS:
        client.rcpt(recipient, RcptParameters(frozenset(("FAILURE",)), ("rfc822", "x=y@z")))
    if chunking:
        for piece in pieces:
            client.bdat(piece, last=False)
        client.bdat(b"", last=True)
        content = b"".join(pieces)
    else:
        client.data()
        exchange(client, session, packet)
        for piece in pieces:
            client.send_content(piece)
        client.end_content()
        content = re.sub(rb"\r\n|\r|\n", b"\r\n", b"".join(pieces))
        content += b"" if content.endswith(b"\r\n") or not content else b"\r\n"
    replied = exchange(client, session, packet)
    assert session.messages == [content]
    assert events.Mail(Path("älice", "example.test"), parameters) in session.seen
    assert [e.forward_path for e in session.seen if isinstance(e, events.Rcpt)] == RECIPIENTS
    finals = [event.recipient for event in replied if event.reply.lines == ("Kept",)]
    assert finals == ([0, 1, 2] if lmtp else [None])
    client.quit()
    exchange(client, session, packet)
    assert session.core.closing
