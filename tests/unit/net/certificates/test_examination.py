"""What is refused and what is told of a chain and key that somebody brings."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from authority import Authority, private_pem
from postroom.model.errors import Malformed
from postroom.net.certificates import make_self_signed
from postroom.net.certificates.examination import examine, read_chain

NOW = 1_793_000_000
NAMES = ("mail.example.test", "*.example.test")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("root"))


def refusal(chain: bytes, key: bytes, now: int = NOW) -> str:
    with pytest.raises(Malformed) as caught:
        examine(chain, key, now)
    return caught.value.public


def test_what_stands_in_it(root: Authority) -> None:
    chain, key = root.pair(*NAMES, now=NOW)
    facts = examine(chain, key, NOW).facts
    assert (facts.subject, facts.names, facts.key) == ("mail.example.test", NAMES, "EC P-256")
    assert facts.issuer == "Authority of the tests"
    assert (facts.not_before, facts.not_after) == (NOW - 86400, NOW + 90 * 86400)
    assert not facts.self_signed
    assert facts.problems == ("the certificate of its issuer is not in the chain: many programs will not trust it",)


def test_a_chain_is_put_in_order_and_the_root_left_out(root: Authority, tmp_path: Path) -> None:
    under = root.below(tmp_path / "under")
    stranger, _ = make_self_signed("other.test", NOW)
    chain, key = under.pair(*NAMES, now=NOW)
    middle, top = under.path.read_bytes(), root.path.read_bytes()
    found = examine(top + stranger + middle + chain, key, NOW)
    assert found.content == key + chain + middle
    assert found.facts.problems == ("left out of the chain: 1 that do not belong to it",)
    assert examine(chain + middle, key, NOW).facts.problems == ()
    assert examine(*_with_root(root), NOW).facts.problems == ()


def _with_root(root: Authority) -> tuple[bytes, bytes]:
    chain, key = root.pair(*NAMES, now=NOW)
    return chain + root.path.read_bytes(), key


def test_the_key_must_be_that_of_the_certificate(root: Authority) -> None:
    chain, _ = root.pair(*NAMES, now=NOW)
    _, other = root.pair(*NAMES, now=NOW)
    assert refusal(chain, other) == "key: it does not belong to the certificate"


def test_an_encrypted_key_is_refused_with_what_to_do(root: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = root.signed(key, *NAMES, now=NOW)
    lock = serialization.BestAvailableEncryption(b"secret")
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        locked = key.private_bytes(serialization.Encoding.PEM, form, lock)
        assert refusal(chain, locked).startswith("key: it is encrypted; decrypt it first")


def test_weak_keys_and_signatures(root: Authority) -> None:
    short = rsa.generate_private_key(65537, 1024)
    assert "this one has 1024" in refusal(root.signed(short, *NAMES, now=NOW), private_pem(short))
    curve = ec.generate_private_key(ec.SECP256K1())
    assert "this one is secp256k1" in refusal(root.signed(curve, *NAMES, now=NOW), private_pem(curve))
    other = dsa.generate_private_key(2048)
    assert refusal(root.signed(other, *NAMES, now=NOW), private_pem(other)).startswith("key: RSA, EC")
    # this library signs nothing with SHA-1 any more
    text = (Path(__file__).parents[3] / "data" / "sha1_certificate.pem").read_bytes()
    at = text.index(b"-----BEGIN CERTIFICATE")
    assert refusal(text[at:], text[:at]) == "chain: a certificate is signed with SHA1, which can be forged"


def test_times(root: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert (
        refusal(root.signed(key, *NAMES, now=NOW, last=-0.5), private_pem(key)) == "chain: the certificate has expired"
    )
    for first, last, told in ((1, 90, "not valid yet"), (-1, 13, "expires soon")):
        chain = root.signed(key, *NAMES, now=NOW, first=first, last=last)
        assert told in examine(chain, private_pem(key), NOW).facts.problems


def test_what_some_programs_mind(root: Authority) -> None:
    chain, key = make_self_signed("mail.example.test", NOW)
    assert examine(chain, key, NOW).facts.problems == ("self-signed: mail programs and browsers will warn",)
    edwards = ed25519.Ed25519PrivateKey.generate()
    found = examine(root.signed(edwards, *NAMES, now=NOW), private_pem(edwards), NOW).facts
    assert found.key == "Ed25519"
    assert "a kind of key that is known to few mail programs and to no browser" in found.problems
    client = root.signed(edwards, *NAMES, now=NOW, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    assert "not meant for servers" in " ".join(examine(client, private_pem(edwards), NOW).facts.problems)


def test_names(root: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert "has no name" in refusal(root.signed(key, now=NOW), private_pem(key))
    odd = root.signed(key, "MAIL.Example.test", "a b.test", "../x.test", "*.*.test", now=NOW)
    assert examine(odd, private_pem(key), NOW).facts.names == ("mail.example.test",)


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        (b"", "certificates in PEM are wanted"),
        (b"\0" * 65536, "certificates in PEM are wanted"),
        (b"-----BEGIN CERTIFICATE-----\n" + b"A" * 65536, "at most 64 KiB"),
        (b"-----BEGIN CERTIFICATE-----\n" * 2300, "certificates in PEM are wanted"),
        (b"".join(b"-----BEGIN A%d-----\n" % number for number in range(3000)), "certificates in PEM are wanted"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can't be read"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" * 11, "at most 10"),
    ],
)
def test_no_chain(chain: bytes, told: str) -> None:
    assert told in refusal(chain, b"")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (b"", "a private key in PEM"),
        (b"x" * 65537, "at most 64 KiB"),
        (b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 10_000 + b"\n-----END PRIVATE KEY-----\n", "it is too long"),
        (b"-----BEGIN PRIVATE KEY-----\n" * 2300, "a private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "can't be read"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" * 2, "one private key"),
    ],
)
def test_no_key(root: Authority, key: bytes, told: str) -> None:
    assert told in refusal(root.pair(*NAMES, now=NOW)[0], key)


@given(st.binary(max_size=400), st.integers(0, 600))
def test_octets_of_any_kind_are_refused_in_words(noise: bytes, at: int) -> None:
    chain, _ = make_self_signed("mail.example.test", NOW)
    for text in (noise, chain[:at] + noise + chain[at:], b"-----BEGIN CERTIFICATE-----\n" + noise):
        try:
            read_chain(text)
        except Malformed as error:
            assert error.public.startswith("chain: ")


def test_a_certificate_whose_subject_is_none(root: Authority) -> None:
    """The library reads the parts of a certificate only when they are asked for."""
    chain, key = root.pair("mail.example.test", now=NOW)
    der = ssl.PEM_cert_to_DER_cert(chain.decode())
    at = der.index(b"mail.example.test")
    broken = der[: at - 2] + b"\x3f" + der[at - 1 :]  # a text of a kind that there is not
    assert refusal(ssl.DER_cert_to_PEM_cert(broken).encode(), key) == "chain: a certificate can't be read"


def test_the_hash_of_the_signature_is_the_one_that_counts(root: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert examine(root.signed(key, *NAMES, now=NOW, algorithm=hashes.SHA384()), private_pem(key), NOW)
