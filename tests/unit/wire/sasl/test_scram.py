"""SCRAM-SHA-256 on the example of RFC 7677 §3, and what each side refuses."""

import base64

import pytest

from postroom.wire.core import CoreMisuse
from postroom.wire.sasl.scram import ScramServer, make_credentials
from postroom.wire.sasl.scram_client import ScramClient
from postroom.wire.sasl.steps import Challenge, CredentialsWanted, Failed, ServerSetup, Succeeded

CLIENT_NONCE = b"rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
SETUP = ServerSetup(nonce=SERVER_NONCE, fake_salt_key=b"secret")
STORED = make_credentials("pencil", SALT, 4096)


def after_lookup(first: bytes = CLIENT_FIRST, *, known: bool = True) -> ScramServer:
    server = ScramServer(SETUP)
    assert isinstance(server.start(first), CredentialsWanted)
    assert isinstance(server.credentials(STORED if known else None), Challenge)
    return server


def test_server_on_the_example_of_the_rfc() -> None:
    server = ScramServer(SETUP)
    assert server.start(None) == Challenge(b"")
    assert server.step(CLIENT_FIRST) == CredentialsWanted("user")
    assert server.credentials(STORED) == Challenge(SERVER_FIRST)
    assert server.step(CLIENT_FINAL) == Challenge(SERVER_FINAL)
    assert server.step(b"") == Succeeded("user", "")


def test_client_on_the_example_of_the_rfc() -> None:
    client = ScramClient("user", "pencil", CLIENT_NONCE)
    assert client.initial_response() == CLIENT_FIRST
    assert client.step(SERVER_FIRST) == CLIENT_FINAL
    assert not client.finished
    assert client.step(SERVER_FINAL) == b""
    assert client.finished


def test_client_asked_first() -> None:
    assert ScramClient("user", "pencil", CLIENT_NONCE).step(b"") == CLIENT_FIRST


def test_names_are_escaped_and_an_authorization_id_is_carried() -> None:
    client = ScramClient("a,b=c", "pencil", CLIENT_NONCE, "boss")
    server = ScramServer(SETUP)
    first = client.initial_response()
    assert first is not None and first.startswith(b"n,a=boss,n=a=2Cb=3Dc,")
    assert server.start(first) == CredentialsWanted("a,b=c")
    challenge = server.credentials(STORED)
    assert isinstance(challenge, Challenge)
    proof = client.step(challenge.data)
    assert isinstance(proof, bytes)
    final = server.step(proof)
    assert isinstance(final, Challenge)
    assert client.step(final.data) == b""
    assert server.step(b"") == Succeeded("a,b=c", "boss")


def test_an_unknown_user_fails_as_a_wrong_password_does() -> None:
    client = ScramClient("user", "wrong", CLIENT_NONCE)
    client.initial_response()
    proof = client.step(SERVER_FIRST)
    assert isinstance(proof, bytes)
    wrong = after_lookup().step(proof)
    assert after_lookup(known=False).step(proof) == wrong == Failed("wrong proof")


def test_a_made_up_salt_is_constant_for_a_name_and_differs_between_names() -> None:
    salts = []
    for name in (b"eve", b"eve", b"mallory"):
        server = ScramServer(SETUP)
        server.start(b"n,,n=" + name + b",r=rOprNGfwEbeRWgbNEkqO")
        challenge = server.credentials(None)
        assert isinstance(challenge, Challenge)
        salts.append(challenge.data.split(b",")[1])
        assert challenge.data.endswith(b",i=4096")
    assert salts[0] == salts[1] != salts[2]


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"n,,",
        b"n,,n=user,r=short",
        b"n,,n=user,m=ext,r=rOprNGfwEbeRWgbNEkqO",
        b"n,,m=ext,n=user,r=rOprNGfwEbeRWgbNEkqO",
        b"n,,n=us=er,r=rOprNGfwEbeRWgbNEkqO",
        b"n,,n=us\xff,r=rOprNGfwEbeRWgbNEkqO",
        b"n,,n=us\x00er,r=rOprNGfwEbeRWgbNEkqO",
        b"n,user,n=user,r=rOprNGfwEbeRWgbNEkqO",
        b"n,,n=" + b"u" * 256 + b",r=rOprNGfwEbeRWgbNEkqO",
    ],
)
def test_malformed_first_messages(first: bytes) -> None:
    step = ScramServer(SETUP).start(first)
    assert isinstance(step, Failed) and step.malformed


def test_channel_binding_and_empty_names_are_refused() -> None:
    assert isinstance(ScramServer(SETUP).start(b"p=tls-unique,,n=user,r=rOprNGfwEbeRWgbNEkqO"), Failed)
    assert isinstance(ScramServer(SETUP).start(b"n,,n=,r=rOprNGfwEbeRWgbNEkqO"), Failed)


@pytest.mark.parametrize(
    "final",
    [
        b"",
        CLIENT_FINAL.replace(b"c=biws", b"c=eSws"),
        CLIENT_FINAL.replace(b"$k0", b"$k1"),
        CLIENT_FINAL.replace(b"p=dHzb", b"p=dHzc"),
        CLIENT_FINAL.replace(b"dVQ=", b""),
    ],
)
def test_a_final_message_that_was_changed(final: bytes) -> None:
    assert isinstance(after_lookup().step(final), Failed)


def test_another_nonce_is_no_wrong_password() -> None:
    step = after_lookup().step(CLIENT_FINAL.replace(b"$k0", b"$k1"))
    assert isinstance(step, Failed) and step.malformed


def test_a_response_after_the_end_is_our_mistake() -> None:
    server = after_lookup()
    server.step(b"")
    with pytest.raises(CoreMisuse):
        server.step(CLIENT_FINAL)


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        SERVER_FIRST.replace(b"r=rOpr", b"r=rOpq"),
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        SERVER_FIRST.replace(b"4096", b"4095"),
        SERVER_FIRST.replace(b"4096", b"9999999"),
        SERVER_FIRST.replace(b"4096", b"-4096"),
    ],
)
def test_a_server_the_client_refuses(challenge: bytes) -> None:
    client = ScramClient("user", "pencil", CLIENT_NONCE)
    client.initial_response()
    assert isinstance(client.step(challenge), Failed)


def test_a_server_that_does_not_know_the_password() -> None:
    client = ScramClient("user", "pencil", CLIENT_NONCE)
    client.initial_response()
    client.step(SERVER_FIRST)
    assert isinstance(client.step(SERVER_FINAL.replace(b"6rri", b"7rri")), Failed)
    assert not client.finished
