"""Signing: dkimpy and we ourselves verify what we sign; keys are made, kept and published."""

from __future__ import annotations

import base64
from typing import Any

import dkim as dkimpy
import pytest

from dns_zone import FakeResolver
from mail_keys import LETTER, NOW, ed25519_key, published, rsa_key, rsa_of
from postroom.mailauth.dkim import keys
from postroom.mailauth.dkim.sign import FORM, sign, signed_names
from postroom.mailauth.dkim.verify import DkimStatus, verify
from postroom.mailauth.stream import read_message
from postroom.message.headers import read_header
from postroom.model.errors import Malformed

MESSAGES = [
    LETTER,
    LETTER.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
    b"From: a@example.test\r\n\r\nno line end",
    b"From: a@example.test\r\nSubject: " + "é".encode() + b" 8-bit\r\n\r\n\r\n\r\n",
    b"From: a@example.test\r\n" + b"To: " + b", ".join(b"u%d@x.test" % n for n in range(500)) + b"\r\n" * 2 + b"x\r\n" * 5000,
    b"From: a@example.test\r\nTo: b\r\nTo: c\r\nList-Id: <l>\r\nsender: s@example.test\r\n\r\n \t\r\n",
]  # fmt: skip


def signed(message: bytes, *signing_keys: keys.SigningKey, **options: Any) -> bytes:
    read = read_message(message, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return sign(read.header, body_hash, signing_keys, **({"now": NOW} | options)) + message


@pytest.mark.parametrize("message", MESSAGES)
async def test_both_keys_verify_here_and_at_dkimpy(message: bytes) -> None:
    zone = published(rsa_key(), ed25519_key())
    out = signed(message, rsa_key(), ed25519_key())
    results = await verify(read_message(out), FakeResolver(zone), NOW)
    assert [(result.status, result.algorithm) for result in results] == [
        (DkimStatus.PASS, "rsa-sha256"),
        (DkimStatus.PASS, "ed25519-sha256"),
    ]

    def text(name: bytes, timeout: int = 5) -> bytes:
        return str(zone[name.decode().removesuffix(".")]["TXT"][0]).encode()

    checked = dkimpy.DKIM(out)
    assert checked.verify(0, dnsfunc=text)
    assert checked.verify(1, dnsfunc=text)
    assert not dkimpy.DKIM(out.replace(b"From: ", b"From: x")).verify(0, dnsfunc=text)


def test_lines_are_short_and_nothing_else_is_added() -> None:
    out = signed(LETTER, rsa_key(), expires_at=NOW + 86_400 * 7)
    assert out.endswith(LETTER)
    lines = out[: -len(LETTER)].split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert lines[0].startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.test;")
    assert f"x={NOW + 86_400 * 7};".encode() in out


def test_what_tells_who_wrote_is_sealed() -> None:
    names = signed_names(read_header(b"From: a\r\nTo: b\r\nTo: c\r\nReceived: x\r\nX-Own: y\r\nSender: s\r\n\r\n"))
    assert [names.count(name) for name in (b"from", b"to", b"subject", b"sender", b"received", b"x-own")] == [
        2,
        3,
        1,
        1,
        0,
        0,
    ]


async def test_a_signature_that_expired_fails() -> None:
    out = signed(LETTER, rsa_key(), expires_at=NOW + 10)
    (result,) = await verify(read_message(out), FakeResolver(published(rsa_key())), NOW + 11)
    assert (result.status, result.reason) == (DkimStatus.FAIL, "expired")


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_is_kept_and_read_back(kind: keys.Kind) -> None:
    key = rsa_key() if kind == "rsa" else ed25519_key()
    again = keys.from_pem("Example.Test.", key.selector, key.to_pem())
    assert (again.record_name, again.record_text) == (key.record_name, key.record_text)
    assert again.record_name == f"{key.selector}._domainkey.example.test"
    assert again.record_text.startswith(f"v=DKIM1; k={kind}; p=")
    assert len(base64.b64decode(again.record_text.partition("p=")[2])) == (294 if kind == "rsa" else 32)


@pytest.mark.parametrize(
    ("domain", "selector", "pem"),
    [
        ("example.test", "s", b""),
        ("example.test", "s", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        ("..", "s", ed25519_key().to_pem()),
        ("example.test", "a b", ed25519_key().to_pem()),
    ],
)
def test_keys_that_do_not_serve_are_refused(domain: str, selector: str, pem: bytes) -> None:
    with pytest.raises(Malformed):
        keys.from_pem(domain, selector, pem)


def test_sizes_and_kinds_of_keys() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Malformed, match="RSA or Ed25519"):
        keys.from_pem("example.test", "s", curve)
    assert keys.from_pem("example.test", "s", rsa_of(1024).to_pem()).algorithm == "rsa-sha256"
