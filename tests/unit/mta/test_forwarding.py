"""What a forward leaves with."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from dns_zone import FakeResolver
from mail_keys import LETTER, NOW, ed25519_key, published, rsa_key
from postroom.mailauth.arc.verify import ArcStatus, verify
from postroom.mailauth.arrival import Authentication, Sender, authenticate, check_sender
from postroom.mailauth.stream import read_message
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.email import Content
from postroom.model.envelope import DsnRequest
from postroom.model.errors import TryLater
from postroom.model.ids import AccountId, BlobId
from postroom.mta.forwarding import Forwarding, forwarded_dsn, is_forward
from postroom.settings.document import Settings, changed

ALIAS = Address("away", "example.test")
SENDER = Address("s", "remote.test")
HOST = "mail.example.test"


class Keys:
    async def keys(self, domain: str) -> list[Any]:
        return [rsa_key(), ed25519_key()] if domain == "example.test" else []


class Domains:
    async def is_local_domain(self, domain: str) -> bool:
        return domain in ("example.test", "bücher.test")


class Clock:
    at = NOW

    def now(self) -> int:
        return self.at


def forwarding(clock: Clock | None = None, secret: bytes = b"secret", **settings: Any) -> Forwarding:
    directory: Any = Domains()
    paths = {"smtp.server_name": HOST, **{name.replace("__", "."): value for name, value in settings.items()}}
    document = changed(Settings(), paths)
    return Forwarding(Keys(), directory, clock or Clock(), secret, lambda: document)


def content(data: bytes) -> Content:
    return Content(BlobId(bytes(32)), len(data), data, None)


async def arrived(message: bytes, resolver: FakeResolver) -> Authentication:
    sender = Sender(ipaddress.IPv4Address("192.0.2.1"), "mx.remote.test", SENDER, HOST)
    return await authenticate(read_message(message), await check_sender(sender, resolver, NOW), resolver, NOW)


async def test_the_reverse_path_becomes_ours_and_leads_back() -> None:
    clock = Clock()
    one = forwarding(clock)
    front = await one.front(ALIAS, SENDER, content(LETTER), None)
    assert front.prefix == b"Delivered-To: away@example.test\r\n"
    path = front.reverse_path
    assert path is not None and path.domain == "example.test" and path.local_part.startswith("SRS0=")
    assert one.restored(path) == SENDER
    assert one.restored(Address(path.local_part.lower(), path.domain)) == SENDER
    assert forwarding(clock, b"another").restored(path) is None
    assert one.restored(Address(path.local_part.replace("=s", "=t"), path.domain)) is None
    clock.at += 30 * 86_400
    assert one.restored(path) is None


@pytest.mark.parametrize(
    "reverse_path",
    [
        None,
        Address("bob", "example.test"),
        Address("bob", "xn--bcher-kva.test"),
        Address("x", "[192.0.2.1]"),
        Address("x" * 64, "y" * 63 + "." + "z" * 63 + "." + "w" * 63),
    ],
    ids=str,
)
async def test_what_is_not_rewritten(reverse_path: Address | None) -> None:
    assert (await forwarding().front(ALIAS, reverse_path, content(LETTER), None)).reverse_path == reverse_path


async def test_names_that_are_not_ascii_travel_as_labels() -> None:
    one = forwarding()
    front = await one.front(Address("weg", "bücher.test"), Address("s", "schön.test"), content(LETTER), None)
    path = front.reverse_path
    assert path is not None and path.is_ascii and path.domain == "xn--bcher-kva.test"
    assert one.restored(path) == Address("s", "xn--schn-7qa.test")
    assert front.prefix == b"Delivered-To: weg@xn--bcher-kva.test\r\n"
    assert (
        forwarded_dsn(DsnRequest(), Address("weg", "bücher.test")).original_recipient == "rfc822;weg@xn--bcher-kva.test"
    )


async def test_rewriting_can_be_turned_off() -> None:
    assert (await forwarding(sending__srs=False).front(ALIAS, SENDER, content(LETTER), None)).reverse_path == SENDER


async def test_a_path_that_another_has_rewritten_is_rewritten_again() -> None:
    one = forwarding()
    theirs = Address("SRS0=abcd=zz=first.test=x", "remote.test")
    path = (await one.front(ALIAS, theirs, content(LETTER), None)).reverse_path
    assert path is not None and path.local_part.startswith("SRS1=") and path.domain == "example.test"
    assert one.restored(path) == theirs


@pytest.mark.parametrize("in_file", [False, True])
async def test_what_was_found_is_sealed_and_the_chain_holds(tmp_path: Path, in_file: bool) -> None:
    resolver = FakeResolver(published(rsa_key()))
    found = await arrived(LETTER, resolver)
    whole = content(LETTER)
    if in_file:
        path = tmp_path / "content"
        path.write_bytes(LETTER)
        whole = Content(whole.blob_id, whole.size, None, str(path))
    front = await forwarding().front(ALIAS, SENDER, whole, found)
    assert b"ARC-Authentication-Results: i=1; mail.example.test" in front.prefix
    result = await verify(read_message(front.prefix + LETTER), resolver)
    assert (result.status, result.sealers) == (ArcStatus.PASS, ("example.test",))
    again = await arrived(front.prefix + LETTER, resolver)
    second = await forwarding().front(ALIAS, SENDER, content(front.prefix + LETTER), again)
    result = await verify(read_message(second.prefix + front.prefix + LETTER), resolver)
    assert (result.status, result.instance) == (ArcStatus.PASS, 2)


async def test_what_is_not_sealed() -> None:
    resolver = FakeResolver(published(rsa_key()))
    found = await arrived(LETTER, resolver)
    assert b"ARC-" not in (await forwarding(sending__arc=False).front(ALIAS, SENDER, content(LETTER), found)).prefix
    keyless = Address("weg", "bücher.test")
    assert b"ARC-" not in (await forwarding().front(keyless, SENDER, content(LETTER), found)).prefix
    broken = b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=x.test; s=x; b=x\r\n" + LETTER
    failed = await arrived(broken, resolver)
    assert failed.arc.status is ArcStatus.FAIL
    assert b"ARC-" not in (await forwarding().front(ALIAS, SENDER, content(broken), failed)).prefix


async def test_a_content_that_is_gone_is_tried_later(tmp_path: Path) -> None:
    found = await arrived(LETTER, FakeResolver({}))
    gone = Content(BlobId(bytes(32)), 10, None, str(tmp_path / "gone"))
    with pytest.raises(TryLater):
        await forwarding().front(ALIAS, SENDER, gone, found)


def test_reports_name_the_address_that_was_written_to() -> None:
    asked = DsnRequest(("SUCCESS", "FAILURE"), None)
    assert forwarded_dsn(asked, ALIAS) == DsnRequest(("SUCCESS", "FAILURE"), "rfc822;away@example.test")
    assert forwarded_dsn(DsnRequest(None, "rfc822;x@y"), ALIAS) == DsnRequest(None, "rfc822;x@y")
    assert forwarded_dsn(DsnRequest(), Address("ä", "example.test")).original_recipient == "utf-8;ä@example.test"


def test_what_is_a_forward() -> None:
    far = Address("far", "remote.test")
    assert is_forward(Recipient(ALIAS, None, far))
    assert not is_forward(Recipient(far, None, far))
    assert not is_forward(Recipient(ALIAS, AccountId(1), ALIAS))
