"""Verification: the example of RFC 8463, what dkimpy signs, and each reason for which a signature is not counted."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from dns_zone import TIMEOUT, FakeResolver
from mail_keys import LETTER, NOW, ed25519_key, published, rsa_key, rsa_of
from postroom.mailauth import limits
from postroom.mailauth.dkim import verify as verify_module
from postroom.mailauth.dkim.canonical import Canonicalisation
from postroom.mailauth.dkim.keys import SigningKey
from postroom.mailauth.dkim.sign import FORM, sign, signed_field
from postroom.mailauth.dkim.verify import DkimResult, DkimStatus, verify
from postroom.mailauth.stream import MessageReader, read_message

DATA = Path(__file__).resolve().parents[3] / "data" / "dkim"
RFC8463 = {
    "brisbane._domainkey.football.example.com": {"TXT": ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]},
    "test._domainkey.football.example.com": {
        "TXT": [
            "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"
            "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
        ]
    },
}  # fmt: skip


async def verified(message: bytes, zone: dict[str, Any], now: int = NOW) -> list[DkimResult]:
    return list(await verify(read_message(message), FakeResolver(zone), now))


async def status(message: bytes, zone: dict[str, Any], now: int = NOW) -> tuple[DkimStatus, str]:
    (result,) = await verified(message, zone, now)
    return result.status, result.reason


def signed(key: SigningKey, message: bytes = LETTER, **options: Any) -> bytes:
    read = read_message(message, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return sign(read.header, body_hash, [key], **({"now": NOW} | options)) + message


def made(key: SigningKey, tags: list[str], names: list[bytes], message: bytes = LETTER) -> bytes:
    """A signature with tags of one's own."""
    read = read_message(message, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return signed_field(b"DKIM-Signature", tags, read.header, names, body_hash, key) + message


async def test_the_example_of_the_standard() -> None:
    message = (DATA / "rfc8463.eml").read_bytes().replace(b"\n", b"\r\n")
    results = await verified(message, RFC8463)
    assert [(result.status, result.selector, result.algorithm) for result in results] == [
        (DkimStatus.PASS, "brisbane", "ed25519-sha256"),
        (DkimStatus.PASS, "test", "rsa-sha256"),
    ]
    changed = await verified(message.replace(b"hungry", b"angry"), RFC8463)
    assert [result.status for result in changed] == [DkimStatus.FAIL, DkimStatus.FAIL]


@pytest.mark.parametrize("header_form", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body_form", [b"simple", b"relaxed"])
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_what_dkimpy_signs_is_verified(header_form: bytes, body_form: bytes, kind: str) -> None:
    key = rsa_key() if kind == "rsa" else ed25519_key()
    if isinstance(key.private, Ed25519PrivateKey):
        private = base64.b64encode(key.private.private_bytes_raw())
    else:
        private = key.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    for message in (LETTER, LETTER.replace(b"\r\n\r\n", b"\r\n\r\n", 1).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"):
        field = dkimpy.sign(
            message, key.selector.encode(), b"example.test", private,
            canonicalize=(header_form, body_form), signature_algorithm=key.algorithm.encode(),
        )  # fmt: skip
        assert await status(field + message, published(key), int(time.time())) == (DkimStatus.PASS, "")
        changed = (field + message).replace(b"Subject:  A", b"Subject:  B")
        found = await status(changed, published(key), int(time.time()))
        assert found == (DkimStatus.FAIL, "the header has been changed, or the key is another")


async def test_a_message_in_pieces_of_any_size() -> None:
    message = signed(rsa_key())
    for size in (1, 2, 3, 7, 100, 1000):
        reader = MessageReader()
        for at in range(0, len(message), size):
            reader.write(message[at : at + size])
        (result,) = await verify(reader.finish(), FakeResolver(published(rsa_key())), NOW)
        assert result.status is DkimStatus.PASS


def with_tag(tag: str) -> Callable[[str], str]:
    return lambda text: text.replace("v=DKIM1;", f"v=DKIM1; {tag};")


@pytest.mark.parametrize(
    ("change", "expected", "reason"),
    [
        (lambda text: text.partition("p=")[0] + "p=", DkimStatus.PERMERROR, "the key is revoked"),
        (with_tag("h=sha1"), DkimStatus.PERMERROR, "the key is not for this"),
        (with_tag("h=sha1:sha256"), DkimStatus.PASS, ""),
        (with_tag("s=tlsrpt"), DkimStatus.PERMERROR, "the key is not for this"),
        (with_tag("s=tlsrpt:email"), DkimStatus.PASS, ""),
        (with_tag("n=notes; x=1"), DkimStatus.PASS, ""),
        (with_tag("k=rsa"), DkimStatus.PERMERROR, "the key record is no list of tags"),
        (lambda text: text.replace("k=rsa; ", ""), DkimStatus.PASS, ""),
        (lambda text: text.replace("v=DKIM1; ", ""), DkimStatus.PASS, ""),
        (lambda text: text.replace("v=DKIM1", "v=DKIM2"), DkimStatus.PERMERROR, "the key record has another version"),
        (lambda text: "k=rsa; v=DKIM1; " + text.partition("k=rsa; ")[2], DkimStatus.PERMERROR, "the key record has another version"),
        (lambda text: text.replace("k=rsa", "k=dsa"), DkimStatus.PERMERROR, "the key is of an unknown kind"),
        (lambda text: text.replace("k=rsa", "k=ed25519"), DkimStatus.PERMERROR, "the key can't be read"),
        (lambda text: text.replace("p=MII", "p=MI"), DkimStatus.PERMERROR, None),
        (lambda text: text.replace("p=MII", "p=!!!"), DkimStatus.PERMERROR, "the key is no base64"),
        (lambda text: text.replace("p=MII", "p= M I\tI"), DkimStatus.PASS, ""),
        (lambda text: text + "; n=" + "x" * 20_000, DkimStatus.PERMERROR, "the key record is too long"),
        (with_tag("t=y"), DkimStatus.PASS, ""),
        (with_tag("t=s"), DkimStatus.PASS, ""),
        (lambda text: ed25519_key().record_text, DkimStatus.PERMERROR, "the key is of another kind"),
    ],
)  # fmt: skip
async def test_what_a_key_record_says(change: Any, expected: DkimStatus, reason: str | None) -> None:
    found = await status(signed(rsa_key()), published(rsa_key(), change=change))
    assert found[0] is expected
    assert reason is None or found[1] == reason


async def test_keys_that_are_not_there_or_twice() -> None:
    key = rsa_key()
    message = signed(key)
    assert await status(message, {}) == (DkimStatus.PERMERROR, "no key is published")
    assert await status(message, {key.record_name: TIMEOUT}) == (DkimStatus.TEMPERROR, "the key can't be looked up now")
    twice = {key.record_name: {"TXT": [key.record_text, key.record_text]}}
    assert await status(message, twice) == (DkimStatus.PERMERROR, "more than one key is published")
    beside = {key.record_name: {"TXT": ["some other text", key.record_text]}}
    assert (await status(message, beside))[0] is DkimStatus.PASS


async def test_a_domain_that_only_tries_is_neutral_where_it_fails() -> None:
    zone = published(rsa_key(), change=with_tag("t=y"))
    (passing,) = await verified(signed(rsa_key()), zone)
    (failing,) = await verified(signed(rsa_key()) + b"more\r\n", zone)
    assert (passing.status, passing.is_testing) == (DkimStatus.PASS, True)
    assert (failing.status, failing.is_testing) == (DkimStatus.NEUTRAL, True)


@pytest.mark.parametrize(
    ("bits", "expected"), [(1024, DkimStatus.PASS), (4096, DkimStatus.PASS), (8192, DkimStatus.POLICY)]
)
async def test_sizes_of_keys(bits: int, expected: DkimStatus) -> None:
    if bits == 8192:  # making one takes minutes; any number of that size serves, since it is not used
        zone = {"rsa._domainkey.example.test": {"TXT": ["p=" + base64.b64encode(_modulus(bits)).decode()]}}
        message = signed(rsa_key())
    else:
        zone, message = published(rsa_of(bits)), signed(rsa_of(bits))
    assert (await status(message, zone))[0] is expected


def _modulus(bits: int, exponent: int = 65537) -> bytes:
    """A bare RSAPublicKey (RFC 8017 appendix A.1.1) of an odd number of that size."""

    def integer(value: int) -> bytes:
        data = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return b"\x02" + _length(len(data)) + data

    content = integer((1 << bits) - 1) + integer(exponent)
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    return bytes((size,)) if size < 128 else b"\x82" + size.to_bytes(2, "big")


@pytest.mark.parametrize(
    "modulus", [_modulus(512), _modulus(1000), _modulus(2048, (1 << 60) + 1), b"\x30\x00", b"\x00" * 300]
)
async def test_keys_that_are_weak_or_hostile_are_never_counted(modulus: bytes) -> None:
    zone = {"rsa._domainkey.example.test": {"TXT": ["p=" + base64.b64encode(modulus).decode()]}}
    assert (await status(signed(rsa_key()), zone))[0] in (DkimStatus.PERMERROR, DkimStatus.POLICY)


TAGS = ["v=1;", "a=rsa-sha256;", "c=relaxed/relaxed;", "d=example.test;", "s=rsa;"]
NAMES = [b"from", b"subject"]


@pytest.mark.parametrize(
    ("tags", "names", "expected", "reason"),
    [
        (TAGS, NAMES, DkimStatus.PASS, ""),
        ([*TAGS, "i=bob@Sub.Example.test;"], NAMES, DkimStatus.PASS, ""),
        ([*TAGS, "i=bob@example.test.evil.test;"], NAMES, DkimStatus.PERMERROR, "i= is not within d="),
        ([*TAGS, "i=bob;"], NAMES, DkimStatus.PERMERROR, "i= is not within d="),
        ([*TAGS, "x=1700000000;"], NAMES, DkimStatus.FAIL, "expired"),
        ([*TAGS, f"x={NOW};"], NAMES, DkimStatus.PASS, ""),
        ([*TAGS, f"t={NOW};", f"x={NOW};"], NAMES, DkimStatus.PERMERROR, "x= is not after t="),
        ([*TAGS, f"t={NOW + 90_000};"], NAMES, DkimStatus.FAIL, "signed in the future"),
        ([*TAGS, f"t={NOW + 3_600};"], NAMES, DkimStatus.PASS, ""),
        ([*TAGS, "t=-1;"], NAMES, DkimStatus.PERMERROR, "l=, t= or x= is no number"),
        ([*TAGS, "l=1_0;"], NAMES, DkimStatus.PERMERROR, "l=, t= or x= is no number"),
        ([*TAGS, "l=999999;"], NAMES, DkimStatus.PERMERROR, "l= is longer than the body"),
        ([*TAGS, "d=example.test;"], NAMES, DkimStatus.PERMERROR, "no list of tags, or a tag twice"),
        ([*TAGS, "q=dns/txt:x;"], NAMES, DkimStatus.PASS, ""),
        ([*TAGS, "q=http;"], NAMES, DkimStatus.PERMERROR, "an unknown way to the key"),
        ([*TAGS, "zz=anything;"], NAMES, DkimStatus.PASS, ""),
        (["v=2;", *TAGS[1:]], NAMES, DkimStatus.PERMERROR, "another version"),
        (TAGS[1:], NAMES, DkimStatus.PERMERROR, "no v= tag"),
        (["v=1;", "a=rsa-sha1;", *TAGS[2:]], NAMES, DkimStatus.POLICY, "SHA-1 proves nothing"),
        (["v=1;", "a=rsa-md5;", *TAGS[2:]], NAMES, DkimStatus.PERMERROR, "an unknown algorithm"),
        (["v=1;", "a=rsa-sha256;", "c=strict;", *TAGS[3:]], NAMES, DkimStatus.PERMERROR, "an unknown canonicalisation"),
        ([*TAGS[:3], "d=..;", "s=rsa;"], NAMES, DkimStatus.PERMERROR, "d= or s= is no name"),
        (TAGS, [b"subject", b"to"], DkimStatus.PERMERROR, "From is not signed"),
        (TAGS, [b"from"] * 1000, DkimStatus.PERMERROR, "h= is no list of fields, or too long"),
        (TAGS, [b"from"] * 5 + [b"no-such-field"] * 5, DkimStatus.PASS, ""),
    ],
)  # fmt: skip
async def test_what_a_signature_says(tags: list[str], names: list[bytes], expected: DkimStatus, reason: str) -> None:
    assert await status(made(rsa_key(), tags, names), published(rsa_key())) == (expected, reason)


async def test_a_key_for_the_domain_alone_takes_no_subdomain() -> None:
    zone = published(rsa_key(), change=with_tag("t=s"))
    below = made(rsa_key(), [*TAGS, "i=@sub.example.test;"], NAMES)
    assert await status(below, zone) == (DkimStatus.PERMERROR, "i= must have the domain of d=")


async def test_a_part_of_the_body_is_not_enough() -> None:
    read = read_message(LETTER, [FORM])
    names = [b"from"]
    from postroom.mailauth.dkim.canonical import BodyDigest

    digest = BodyDigest(Canonicalisation.RELAXED, [5])
    digest.write(LETTER.partition(b"\r\n\r\n")[2])
    digest.finish()
    part = digest.of(5)
    assert part is not None
    field = signed_field(b"DKIM-Signature", [*TAGS, "l=5;"], read.header, names, part, rsa_key())
    assert await status(field + LETTER, published(rsa_key())) == (DkimStatus.POLICY, "a part of the body is not signed")
    added = field + LETTER.replace(b"this is a", b"this was another")
    assert (await status(added, published(rsa_key())))[0] is DkimStatus.POLICY
    whole = made(rsa_key(), [*TAGS, f"l={digest.length};"], names)
    assert await status(whole, published(rsa_key())) == (DkimStatus.PASS, "")


async def test_a_second_from_is_seen_where_it_was_sealed() -> None:
    message = b"From: evil@evil.test\r\n" + signed(rsa_key())
    assert (await status(message, published(rsa_key())))[0] is DkimStatus.FAIL
    message = signed(rsa_key()).replace(b"MIME-Version", b"From: evil@evil.test\r\nMIME-Version")
    assert (await status(message, published(rsa_key())))[0] is DkimStatus.FAIL


async def test_a_header_made_to_be_slow_is_judged_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def is_signed(*arguments: object) -> bool:
        threads.append(threading.current_thread().name)
        return True

    monkeypatch.setattr(verify_module, "is_signed", is_signed)
    for filler in (b"", b"X: " + b"  a" * 100_000 + b"\r\n"):
        await status(signed(rsa_key()).replace(b"To: bob", filler + b"To: bob"), published(rsa_key()))
    assert threads[0] == threading.main_thread().name
    assert threads[1] != threading.main_thread().name


async def test_many_signatures_cost_a_few_lookups() -> None:
    message = signed(rsa_key())
    field = message[: len(message) - len(LETTER)]
    resolver = FakeResolver(published(rsa_key()))
    results = await verify(read_message(field * 50 + LETTER), resolver, NOW)
    assert [result.status for result in results] == [DkimStatus.PASS] * limits.SIGNATURES
    assert len(resolver.asked) == 1


@given(st.binary(max_size=300))
async def test_any_octets_in_the_field_give_a_result(data: bytes) -> None:
    message = b"DKIM-Signature: " + data.replace(b"\n", b"").replace(b"\r", b"") + b"\r\n" + LETTER
    for result in await verified(message, {}):
        assert result.status is DkimStatus.PERMERROR


@given(st.sampled_from("abcdhislqtvxz"), st.text(max_size=40), st.booleans())
async def test_any_value_of_any_tag_gives_a_result(tag: str, value: str, folded: bool) -> None:
    value = value.replace("\n", " ").replace("\r", " ")
    message = signed(rsa_key())
    head, _, tail = message.partition(f" {tag}=".encode())
    changed = head + f" {tag}={value}".encode("utf-8", "replace") + (b";\r\n " if folded else b";") + tail
    await verified(changed, published(rsa_key()))


@given(st.binary(max_size=200))
async def test_any_octets_in_the_record_give_a_result(data: bytes) -> None:
    zone = {rsa_key().record_name: {"TXT": [b"p=" + data]}}
    assert (await status(signed(rsa_key()), zone))[0] in (DkimStatus.PERMERROR, DkimStatus.POLICY)
