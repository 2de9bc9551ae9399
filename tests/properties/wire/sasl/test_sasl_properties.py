"""Of the SASL machines: any responses end in a step, both sides agree, base64 is read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.core import CoreMisuse, Need
from postroom.wire.proxy_protocol import Proxied, ProxyReader, ProxyViolation
from postroom.wire.sasl.base64_text import decode_base64, encode_base64
from postroom.wire.sasl.mechanisms import MECHANISMS
from postroom.wire.sasl.scram import ScramServer, make_credentials
from postroom.wire.sasl.scram_client import ScramClient
from postroom.wire.sasl.steps import Challenge, CredentialsWanted, Failed, ServerSetup, Succeeded

MANY = settings(max_examples=100, deadline=None)
SETUP = ServerSetup(nonce=b"0123456789abcdefgh", fake_salt_key=b"secret")
RESPONSES = st.lists(
    st.binary(max_size=60)
    | st.sampled_from([b"n,,n=a,r=12345678", b"\0a\0b", b"c=biws,r=123456780123456789abcdefgh,p=" + b"A" * 43 + b"="]),
    min_size=1,
    max_size=4,
)


@MANY
@given(st.sampled_from(sorted(MECHANISMS)), RESPONSES, st.booleans())
def test_any_responses_end_in_a_step(name: str, responses: list[bytes], known: bool) -> None:
    machine = MECHANISMS[name].make(SETUP)
    step = machine.start(responses[0])
    for response in responses[1:]:
        if isinstance(step, CredentialsWanted):
            step = machine.credentials(None)
        if not isinstance(step, Challenge):
            break
        step = machine.step(response)
    assert not isinstance(step, Succeeded)


@MANY
@given(st.binary(max_size=200))
def test_base64_is_read_back_and_has_one_spelling(data: bytes) -> None:
    text = encode_base64(data)
    assert decode_base64(text) == data
    decoded = decode_base64(data)
    assert decoded is None or encode_base64(decoded) == data


PRINTED = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(PRINTED, PRINTED, PRINTED)
def test_scram_agrees_when_the_password_is_right_and_only_then(name: str, password: str, other: str) -> None:
    client, server = ScramClient(name, other, b"client-nonce"), ScramServer(SETUP)
    assert server.start(client.initial_response()) == CredentialsWanted(name)
    challenge = server.credentials(make_credentials(password, b"salt", 4096))
    assert isinstance(challenge, Challenge)
    proof = client.step(challenge.data)
    assert isinstance(proof, bytes)
    final = server.step(proof)
    if password != other:
        assert final == Failed("wrong proof")
        return
    assert isinstance(final, Challenge)
    assert client.step(final.data) == b"" and client.finished
    assert server.step(b"") == Succeeded(name, "")
    with pytest.raises(CoreMisuse):
        server.step(b"")


@MANY
@given(
    st.sampled_from(
        [b"", b"\r\n\r\n\0\r\nQUIT\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", b"PROXY ", b"PROXY TCP4 1.2.3.4 "]
    ),
    st.binary(max_size=150),
    st.integers(1, 20),
)
def test_any_proxy_header_is_the_same_in_any_pieces(start: bytes, tail: bytes, step: int) -> None:
    data = start + tail
    whole, cut = ProxyReader(), ProxyReader()
    whole.receive_data(data)
    for at in range(0, len(data), step):
        cut.receive_data(data[at : at + step])
        cut.next_event()
    event = cut.next_event()
    assert event == whole.next_event()
    assert event is Need.DATA or isinstance(event, (Proxied, ProxyViolation))
    assert cut.rest() == whole.rest()
