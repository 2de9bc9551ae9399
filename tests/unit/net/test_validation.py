"""Whether a DNS server validates."""

from __future__ import annotations

import asyncio

import pytest

from dns_server import serving
from postroom.net.validation import is_loopback, validates


@pytest.mark.parametrize(("signed", "expected"), [(("org",), True), ((), False)])
async def test_the_bit_tells(signed: tuple[str, ...], expected: bool) -> None:
    async with serving({"org": {"TXT": ["x"]}}, authentic=signed) as server:
        assert await asyncio.to_thread(validates, ("127.0.0.1", server.port)) is expected


async def test_no_answer_is_no_answer() -> None:
    assert await asyncio.to_thread(validates, ("127.0.0.1", 1)) is None
    async with serving({"org": "SERVFAIL"}) as server:
        assert await asyncio.to_thread(validates, ("127.0.0.1", server.port)) is None


@pytest.mark.parametrize(
    ("address", "near"), [("127.0.0.53", True), ("::1", True), ("192.0.2.1", False), ("fe80::1%lo", False)]
)
def test_loopback(address: str, near: bool) -> None:
    assert is_loopback((address, 53)) is near
