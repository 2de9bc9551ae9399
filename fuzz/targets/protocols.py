"""Protocol cores: any octets, whole and in pieces, give the same events and the same output, and never an exception."""

from __future__ import annotations

import re
import zlib

from imap_played import play
from pop3_maildrop import OFFER, Maildrop
from postroom.wire.core import Need
from postroom.wire.pop3.server import Pop3Core
from postroom.wire.proxy_protocol import Proxied, ProxyReader, ProxyViolation
from postroom.wire.sasl.mechanisms import MECHANISMS
from postroom.wire.sasl.scram import make_credentials
from postroom.wire.sasl.steps import Challenge, CredentialsWanted, Failed, PasswordOffered, ServerSetup
from postroom.wire.smtp.addresses import Path
from postroom.wire.smtp.capabilities import Capabilities, ServerConfig
from postroom.wire.smtp.client import ClientCore, Replied, ServerBroke, ServerClosing, ServerGone
from postroom.wire.smtp.parameters import MailParameters, RcptParameters
from postroom.wire.smtp.server import ServerCore
from transcripts.smtp.script import Session

_CAPABILITIES = Capabilities(
    auth=("PLAIN", "LOGIN"), starttls=True, size=4000, future_release="60 2026-12-01T10:00:00Z"
)
_REPLIES = re.compile(rb"(?:[2-5][0-9]{2}[ -][ -~]*\r\n)+")
_SETUP = ServerSetup(nonce=b"0123456789abcdefgh", fake_salt_key=b"secret", external_id="alice")
_CREDENTIALS = make_credentials("another password", b"salt", 1)
_IN_SMALL_PIECES = (
    3000  # octets up to which pieces may be single octets; longer inputs come in few, or each costs seconds
)


def _pieces(data: bytes) -> list[bytes]:
    """Cut somewhere that depends on the octets alone, so that a finding replays."""
    step = 1 + zlib.crc32(data) % 97
    if len(data) > _IN_SMALL_PIECES:
        step += len(data) // 20
    return [data[at : at + step] for at in range(0, len(data), step)]


def smtp(data: bytes) -> None:
    # Pipelining past DATA is told by packets, which is what is varied here; so this server lets it pass.
    _smtp(data, ServerConfig(_CAPABILITIES, refuse_early_pipelining=False))


def lmtp(data: bytes) -> None:
    _smtp(data, ServerConfig(_CAPABILITIES, lmtp=True, refuse_early_pipelining=False))


def _smtp(data: bytes, config: ServerConfig) -> None:
    whole = _smtp_heard([data], config)
    assert _REPLIES.fullmatch(whole[1]), "ill-formed reply"
    assert _smtp_heard(_pieces(data), config) == whole, "pieces changed the conversation"


def _smtp_heard(packets: list[bytes], config: ServerConfig) -> tuple[list[object], bytes, list[bytes]]:
    session = Session(ServerCore(config))
    output = [session.work(), *(session.feed(packet) for packet in packets)]
    session.core.receive_eof()
    output.append(session.work())
    return list(session.seen), b"".join(output), session.messages


def smtp_client(data: bytes) -> None:
    assert _client_heard([data]) == _client_heard(_pieces(data)), "pieces changed the conversation"


def _client_heard(packets: list[bytes]) -> tuple[list[object], bytes]:
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
        while (event := core.next_event()) is not Need.DATA:
            output += core.data_to_send()
            if seen and event == seen[-1] and isinstance(event, (ServerBroke, ServerClosing, ServerGone)):
                break
            seen.append(event)
            if isinstance(event, Replied) and event.reply.code == 354:
                core.end_content()
        output += core.data_to_send()
    return seen, output


def imap(data: bytes) -> None:
    state = zlib.crc32(data) % 3
    step = max(1, len(_pieces(data)[0])) if data else 1
    whole = play(data, [max(1, len(data))], state, multi_append=state == 1)
    split = play(data, [step], state, multi_append=state == 1)
    assert (split.events, split.output) == (whole.events, whole.output), "pieces changed the conversation"


def pop3(data: bytes) -> None:
    assert _pop3_heard([data]) == _pop3_heard(_pieces(data)), "pieces changed the conversation"


def _pop3_heard(packets: list[bytes]) -> tuple[list[object], bytes]:
    maildrop = Maildrop(Pop3Core(OFFER))
    said = [maildrop.run()]
    for packet in packets:
        maildrop.core.receive_data(packet)
        said.append(maildrop.run())
    maildrop.core.receive_eof()
    said.append(maildrop.run())
    return list(maildrop.seen), b"".join(said)


def sasl(data: bytes) -> None:
    name, _, rest = data.partition(b"\n")
    responses = rest.split(b"\n")
    for mechanism in MECHANISMS.values():
        if mechanism.name != "PLAIN" and mechanism.name.encode() not in name:
            continue
        machine = mechanism.make(_SETUP)
        step = machine.start(responses[0] or None)
        for response in responses[1:]:
            if isinstance(step, CredentialsWanted):
                step = machine.credentials(_CREDENTIALS if "alice" in step.authentication_id else None)
            if not isinstance(step, Challenge):
                break
            step = machine.step(response)
        # nobody knows this password, so nobody comes in by proof; EXTERNAL's proof is the certificate
        proven = isinstance(step, Challenge | CredentialsWanted | PasswordOffered | Failed)
        assert proven or mechanism.name == "EXTERNAL", step
        if isinstance(step, PasswordOffered):
            assert step.authentication_id and step.password and "\0" not in step.authentication_id + step.password


def proxy(data: bytes) -> None:
    whole = _proxied([data])
    assert whole[0] is not Need.DATA
    assert _proxied(_pieces(data)) == whole, "pieces changed the header"


def _proxied(packets: list[bytes]) -> tuple[Proxied | ProxyViolation | Need, bytes]:
    reader = ProxyReader()
    for packet in packets:
        reader.receive_data(packet)
        reader.next_event()
    reader.receive_eof()
    found = reader.next_event()
    return found, reader.rest() if isinstance(found, Proxied) else b""
