"""PLAIN on the examples of RFC 4616 §4, LOGIN, EXTERNAL, the table, SASLprep on the examples of RFC 4013 §3."""

import pytest

from postroom.saslprep import saslprep
from postroom.wire.core import CoreMisuse
from postroom.wire.sasl.external import ExternalClient, ExternalServer
from postroom.wire.sasl.login import LoginClient, LoginServer
from postroom.wire.sasl.mechanisms import MECHANISMS
from postroom.wire.sasl.plain import PlainClient, PlainServer
from postroom.wire.sasl.steps import Challenge, Failed, PasswordOffered, ServerSetup, Succeeded


def test_plain_examples() -> None:
    assert PlainServer().start(b"\0tim\0tanstaaftanstaaf") == PasswordOffered("tim", "", "tanstaaftanstaaf")
    server = PlainServer()
    assert server.start(None) == Challenge(b"")
    assert server.step(b"Ursel\0Kurt\0xipj3plmq") == PasswordOffered("Kurt", "Ursel", "xipj3plmq")


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"\0",
        b"a\0b",
        b"\0a\0b\0",
        b"\0a\0b\0c",
        b"\0\xff\0b",
        b"\0a\0\xff",
        b"\0a\0" + b"p" * 4097,
        b"x" * 256 + b"\0a\0b",
    ],
)
def test_plain_malformed(response: bytes) -> None:
    step = PlainServer().start(response)
    assert isinstance(step, Failed) and step.malformed


@pytest.mark.parametrize("response", [b"\0\0", b"\0a\0", b"\0\0b"])
def test_plain_empty(response: bytes) -> None:
    step = PlainServer().start(response)
    assert isinstance(step, Failed) and not step.malformed


def test_a_password_is_not_in_the_representation() -> None:
    assert "tanstaaf" not in repr(PlainServer().start(b"\0tim\0tanstaaftanstaaf"))


def test_plain_both_sides() -> None:
    assert PlainServer().start(PlainClient("alice", "wörd").initial_response()) == PasswordOffered("alice", "", "wörd")
    with pytest.raises(ValueError, match="NUL"):
        PlainClient("a\0b", "c")


def test_login() -> None:
    server, client = LoginServer(), LoginClient("alice", "secret")
    step = server.start(client.initial_response())
    assert step == Challenge(b"Username:")
    step = server.step(client.step(b"Username:"))  # type: ignore[arg-type]  # a client's first answer never fails
    assert step == Challenge(b"Password:") and not client.finished
    assert server.step(client.step(b"Password:")) == PasswordOffered("alice", "", "secret")  # type: ignore[arg-type]  # nor its second
    assert client.finished and isinstance(client.step(b"Again:"), Failed)
    assert LoginServer().start(b"alice") == Challenge(b"Password:")


@pytest.mark.parametrize("responses", [[b""], [b"a\0"], [b"\xff"], [b"alice", b""], [b"alice", b"a\0"]])
def test_login_refused(responses: list[bytes]) -> None:
    server = LoginServer()
    server.start(None)
    assert isinstance([server.step(response) for response in responses][-1], Failed)


def test_external() -> None:
    assert ExternalServer("alice").start(b"") == Succeeded("alice", "")
    assert ExternalServer("alice").start(ExternalClient("bob").initial_response()) == Succeeded("alice", "bob")
    assert isinstance(ExternalServer(None).start(b""), Failed)
    assert isinstance(ExternalServer("alice").start(b"a\0"), Failed)


def test_the_table() -> None:
    setup = ServerSetup(nonce=b"0123456789abcdefgh", fake_salt_key=b"k")
    assert [name for name, row in MECHANISMS.items() if row.plaintext] == ["PLAIN", "LOGIN"]
    for name, row in MECHANISMS.items():
        assert row.name == name
        first = row.make(setup).start(None)
        assert isinstance(first, Challenge) and (first.data == b"") is row.client_first
    with pytest.raises(CoreMisuse):
        MECHANISMS["PLAIN"].make(setup).credentials(None)
    with pytest.raises(CoreMisuse):
        MECHANISMS["SCRAM-SHA-256"].make(ServerSetup())


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("\u0007", None),
        ("\u0627\u0031", None),
        ("a\u00a0b", "a b"),
        ("\u0627\u0628", "\u0627\u0628"),
        ("\u0221", None),
    ],
)
def test_saslprep(text: str, prepared: str | None) -> None:
    assert saslprep(text) == prepared
