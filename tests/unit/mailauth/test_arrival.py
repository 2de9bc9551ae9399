"""All checks of one message together: a letter that passes, one that is forged, a forward under ARC, and a DNS that is silent."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
from typing import Any

import pytest

from dns_zone import TIMEOUT, FakeResolver
from mail_keys import LETTER, NOW, ed25519_key, published, rsa_key
from postroom.mailauth import limits, results
from postroom.mailauth.arc.seal import seal
from postroom.mailauth.arc.verify import ArcStatus
from postroom.mailauth.arrival import Authentication, Sender, authenticate, check_sender
from postroom.mailauth.dkim.sign import FORM, sign
from postroom.mailauth.dkim.verify import DkimStatus
from postroom.mailauth.dmarc.evaluate import DmarcStatus
from postroom.mailauth.dmarc.record import Policy
from postroom.mailauth.spf.check import SpfStatus
from postroom.mailauth.stream import MessageReader, read_message
from postroom.message.headers import Header
from postroom.model.address import Address
from postroom.model.dns import Answer

ALICE = Address("alice", "example.test")
FORWARDER = rsa_key("forward.test", "f")
ZONE: dict[str, Any] = {
    "example.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "mx.example.test": {"TXT": ["v=spf1 a -all"], "A": ["192.0.2.1"]},
    "_dmarc.example.test": {"TXT": ["v=DMARC1; p=reject"]},
    **published(rsa_key(), ed25519_key(), FORWARDER),
}


def signed(message: bytes = LETTER) -> bytes:
    read = read_message(message, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return sign(read.header, body_hash, [rsa_key(), ed25519_key()], now=NOW) + message


async def arrived(message: bytes, *, address: str = "192.0.2.1", zone: dict[str, Any] = ZONE) -> Authentication:
    resolver = FakeResolver(zone)
    sender = Sender(IPv4Address(address), "mx.example.test", ALICE, "mx.here.test")
    spf = await check_sender(sender, resolver, NOW)
    reader = MessageReader()
    for at in range(0, len(message), 100):
        reader.write(message[at : at + 100])
    return await authenticate(reader.finish(), spf, resolver, NOW)


async def test_a_letter_that_passes() -> None:
    found = await arrived(signed())
    assert (found.spf.reverse_path.status, found.spf.helo.status) == (SpfStatus.PASS, SpfStatus.PASS)
    assert [result.status for result in found.dkim] == [DkimStatus.PASS, DkimStatus.PASS]
    assert (found.dmarc.status, found.dmarc.aligned_dkim, found.dmarc.aligned_spf) == (
        DmarcStatus.PASS,
        ("example.test",),
        True,
    )
    assert found.arc.status is ArcStatus.NONE
    field = found.field("mx.here.test")
    assert [one.name for one in Header(field).fields] == [b"authentication-results"]
    parsed = results.parse(field.partition(b":")[2])
    assert parsed is not None
    assert [(one.method, one.result) for one in parsed.results] == [
        ("dkim", "pass"), ("dkim", "pass"), ("spf", "pass"), ("spf", "pass"), ("arc", "none"), ("dmarc", "pass"),
    ]  # fmt: skip
    assert parsed.results[2].properties[0].value == "alice@example.test"


async def test_a_forged_one() -> None:
    found = await arrived(LETTER, address="198.51.100.9")
    assert (found.spf.reverse_path.status, found.dkim) == (SpfStatus.FAIL, ())
    assert (found.dmarc.status, found.dmarc.disposition) == (DmarcStatus.FAIL, Policy.REJECT)


async def test_a_forward_that_changes_the_message_is_told_by_its_seal() -> None:
    first = await arrived(signed())
    changed = signed().replace(b"Hello", b"[Forwarded] Hello")
    prefix = seal(read_message(changed, [FORM]), first.arc, FORWARDER, "forward.test", first.methods(), NOW)
    found = await arrived(prefix + changed, address="198.51.100.9")
    assert (found.dmarc.status, found.arc.status, found.arc.sealers) == (
        DmarcStatus.FAIL,
        ArcStatus.PASS,
        ("forward.test",),
    )
    assert found.arc.found[0] is not None
    assert ("dmarc", "pass") in [(one.method, one.result) for one in found.arc.found[0].results]


async def test_a_silent_dns_is_told_as_temporary() -> None:
    silent = dict.fromkeys(ZONE, TIMEOUT)
    found = await arrived(signed(), zone=silent)
    assert found.spf.reverse_path.status is SpfStatus.TEMPERROR
    assert {result.status for result in found.dkim} == {DkimStatus.TEMPERROR}
    assert found.dmarc.status is DmarcStatus.TEMPERROR


async def test_the_whole_ends_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(FakeResolver):
        async def txt(self, name: str) -> Answer[bytes]:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(limits, "EVALUATION_SECONDS", 0.1)
    resolver = Hanging({})
    start = asyncio.get_running_loop().time()
    spf = await check_sender(Sender(IPv4Address("192.0.2.1"), "a.test", None, "b.test"), resolver, NOW)
    found = await authenticate(read_message(signed()), spf, resolver, NOW)
    assert asyncio.get_running_loop().time() - start < 5
    assert (found.dmarc.status, spf.helo.status) == (DmarcStatus.TEMPERROR, SpfStatus.TEMPERROR)
    assert {result.status for result in found.dkim} == {DkimStatus.TEMPERROR}
