"""ARC: chains that we and dkimpy seal in turn, verified by both; and each way in which a chain is broken."""

from __future__ import annotations

import re
from typing import Any

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from dns_zone import TIMEOUT, FakeResolver
from mail_keys import LETTER, NOW, ed25519_key, published, rsa_key
from postroom.mailauth import limits
from postroom.mailauth.arc.seal import seal
from postroom.mailauth.arc.verify import ArcResult, ArcStatus, verify
from postroom.mailauth.dkim.sign import FORM
from postroom.mailauth.results import MethodResult
from postroom.mailauth.stream import read_message

ONE, TWO = rsa_key("one.test", "a"), rsa_key("two.test", "b")
ZONE = published(ONE, TWO)
FOUND = [MethodResult("spf", "pass"), MethodResult("dmarc", "fail", "not aligned")]


async def checked(message: bytes, zone: dict[str, Any] | None = None) -> ArcResult:
    return await verify(read_message(message), FakeResolver(ZONE if zone is None else zone))


async def sealed(message: bytes, key: Any = ONE, arc: ArcResult | None = None) -> bytes:
    read = read_message(message, [FORM])
    found = arc if arc is not None else await verify(read, FakeResolver(ZONE))
    return seal(read, found, key, f"mx.{key.domain}", FOUND, NOW) + message


def text(name: bytes, timeout: int = 5) -> bytes:
    return str(ZONE[name.decode().removesuffix(".")]["TXT"][0]).encode()


def by_dkimpy(message: bytes) -> bytes:
    assert isinstance(TWO.private, RSAPrivateKey)
    pem = TWO.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    word = b"pass" if b"ARC-Seal" in message else b"none"
    message = b"Authentication-Results: mx.two.test; arc=" + word + b"; spf=pass smtp.mailfrom=a@one.test\r\n" + message
    # its own list of fields, for its default names some twice
    fields = [b"from", b"to", b"subject", b"date", b"message-id"]
    made = dkimpy.arc_sign(message, TWO.selector.encode(), b"two.test", pem, b"mx.two.test", include_headers=fields)
    return b"".join(made) + message


async def test_a_chain_of_ours() -> None:
    message = await sealed(await sealed(await sealed(LETTER), TWO), ONE)
    result = await checked(message)
    assert (result.status, result.instance, result.reason) == (ArcStatus.PASS, 3, "")
    assert result.sealers == ("one.test", "two.test", "one.test")
    assert result.found[0] is not None
    assert result.found[0].authserv_id == "mx.one.test"
    assert [(one.method, one.result) for one in result.found[0].results] == [("spf", "pass"), ("dmarc", "fail")]
    assert dkimpy.arc_verify(message, dnsfunc=text)[0] == b"pass"
    assert (await checked(LETTER)) == ArcResult(ArcStatus.NONE)
    own = message[: len(message) - len(LETTER)]
    assert max(map(len, own.split(b"\r\n"))) <= 78


async def test_a_chain_that_dkimpy_makes_and_one_that_both_make() -> None:
    message = by_dkimpy(LETTER)
    assert (await checked(message)).status is ArcStatus.PASS
    message = by_dkimpy(await sealed(LETTER))
    assert ((await checked(message)).status, (await checked(message)).sealers) == (
        ArcStatus.PASS,
        ("one.test", "two.test"),
    )
    message = await sealed(message)
    assert (await checked(message)).status is ArcStatus.PASS
    assert dkimpy.arc_verify(message, dnsfunc=text)[0] == b"pass"


async def test_ed25519_seals() -> None:
    key = ed25519_key("one.test", "e")
    message = await sealed(LETTER, key)
    assert (await checked(message, published(key))).status is ArcStatus.PASS


async def test_a_list_that_changes_the_message_and_seals_it_anew() -> None:
    first = await sealed(LETTER)
    changed = first.replace(b"Subject:  A", b"Subject: [list] A") + b"-- \r\nThe list\r\n"
    assert (await checked(changed)).status is ArcStatus.FAIL
    arrived = await checked(first)
    message = await sealed(changed, TWO, arrived)
    assert (await checked(message)).status is ArcStatus.PASS
    assert dkimpy.arc_verify(message, dnsfunc=text)[0] == b"pass"


def without(message: bytes, name: bytes, instance: int) -> bytes:
    found = re.search(rb"^%s: i=%d;[^\n]*\n(?:[ \t][^\n]*\n)*" % (name, instance), message, re.MULTILINE)
    assert found is not None
    return message[: found.start()] + message[found.end() :]


@pytest.mark.parametrize("name", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
@pytest.mark.parametrize("instance", [1, 2])
async def test_a_field_that_is_missing_breaks_the_chain(name: bytes, instance: int) -> None:
    message = await sealed(await sealed(LETTER), TWO)
    result = await checked(without(message, name, instance))
    assert (result.status, result.reason) == (ArcStatus.FAIL, "an instance is missing")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject:  A", b"Subject:  B"),
        (b"Hello", b"Hallo"),
        (b"mx.one.test; spf=pass", b"mx.one.test; spf=fail"),
        (b"cv=none", b"cv=pass"),
        (b"cv=pass", b"cv=none"),
        (b"cv=pass", b"cv=fail"),
        (b"cv=pass", b"cv=what"),
        (b"ARC-Seal: i=2;", b"ARC-Seal: i=1;"),
        (b"ARC-Seal: i=2;", b"ARC-Seal: i=3;"),
        (b"ARC-Seal: i=2;", b"ARC-Seal: i=02;"),
        (b"ARC-Seal: i=2;", b"ARC-Seal: i=2; h=from;"),
        (b"ARC-Seal: i=2;", b"ARC-Seal: "),
        (b"ARC-Message-Signature: i=2; a=rsa-sha256;", b"ARC-Message-Signature: i=2; a=rsa-sha1;"),
        (b"ARC-Seal: i=2; a=rsa-sha256;", b"ARC-Seal: i=2; a=ed25519-sha256;"),
        (b"ARC-Authentication-Results: i=2; mx", b"ARC-Authentication-Results: mx"),
        (b"t=%d; cv=pass" % NOW, b"t=x; cv=pass"),
    ],
)  # fmt: skip
async def test_what_is_changed_breaks_the_chain(old: bytes, new: bytes) -> None:
    message = await sealed(await sealed(LETTER), TWO)
    assert old in message
    result = await checked(message.replace(old, new, 1))
    assert result.status is ArcStatus.FAIL
    assert result.reason


async def test_keys_that_are_missing_or_silent() -> None:
    message = await sealed(await sealed(LETTER), TWO)
    assert (await checked(message, {})).is_temporary is False
    result = await checked(message, published(TWO) | {ONE.record_name: TIMEOUT})
    assert (result.status, result.is_temporary, result.is_ended) == (ArcStatus.FAIL, True, False)
    resolver = FakeResolver({TWO.record_name: TIMEOUT} | published(ONE))
    assert (await verify(read_message(message), resolver)).is_temporary is True
    assert len(resolver.asked) == 1


async def test_a_chain_that_failed_is_told_once_and_ends() -> None:
    broken = (await sealed(LETTER)).replace(b"Hello", b"Hallo")
    told = await sealed(broken, TWO)
    assert b"cv=fail" in told
    result = await checked(told)
    assert (result.status, result.is_ended) == (ArcStatus.FAIL, True)
    assert await sealed(told) == told
    assert dkimpy.arc_verify(told, dnsfunc=text)[2] == "ARC-Seal[2] reported failure, the chain is terminated"


async def test_a_chain_that_is_none_gets_a_number_that_nobody_has() -> None:
    message = without(await sealed(await sealed(await sealed(LETTER), TWO), ONE), b"ARC-Seal", 2)
    result = await checked(message)
    assert (result.status, result.instance) == (ArcStatus.FAIL, 3)
    told = await sealed(message, TWO)
    assert told.startswith(b"ARC-Seal: i=4; a=rsa-sha256; t=%d; cv=fail;" % NOW)


async def test_fifty_instances_and_no_more() -> None:
    message = LETTER
    full = ArcResult(ArcStatus.PASS, limits.ARC_SETS, ("one.test",))
    assert await sealed(message, ONE, full) == message
    fields = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=one.test; s=a; b=YQ==\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=one.test; s=a; h=from; bh=YQ==; b=YQ==\r\n"
        b"ARC-Authentication-Results: i=%d; x; none\r\n" % (at, at, at)
        for at in range(51, 0, -1)
    )
    resolver = FakeResolver(ZONE)
    result = await verify(read_message(fields + LETTER), resolver)
    assert (result.status, result.reason, resolver.asked) == (ArcStatus.FAIL, "too many instances", [])


async def test_a_long_chain_holds() -> None:
    message = LETTER
    key = ed25519_key("one.test", "e")
    for instance in range(limits.ARC_SETS):
        known = ArcResult(ArcStatus.PASS if instance else ArcStatus.NONE, instance)
        message = await sealed(message, key, known)
    result = await checked(message, published(key))
    assert (result.status, result.instance) == (ArcStatus.PASS, limits.ARC_SETS)


@given(st.binary(max_size=200), st.sampled_from([b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"]))
async def test_any_octets_give_a_result(data: bytes, name: bytes) -> None:
    field = name + b": i=1; " + data.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    assert (await checked(field + LETTER)).status is ArcStatus.FAIL
