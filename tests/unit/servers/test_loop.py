"""A worker runs on uvloop, or without it on the standard library's loop with small TLS buffers."""

from __future__ import annotations

import asyncio
import sys
from asyncio import sslproto

import pytest

from postroom.servers.loop import TLS_BUFFER, run_loop


def loop_name() -> str:
    seen: list[str] = []

    async def main() -> None:
        seen.append(type(asyncio.get_running_loop()).__module__)

    run_loop(main())
    return seen[0]


def test_uvloop_is_preferred() -> None:
    assert loop_name().startswith("uvloop")


def test_the_standard_loop_serves_where_uvloop_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    monkeypatch.setattr(sslproto.SSLProtocol, "max_size", sslproto.SSLProtocol.max_size)
    assert loop_name().startswith("asyncio")
    assert sslproto.SSLProtocol.max_size == TLS_BUFFER


def test_the_buffer_is_still_made_by_that_number() -> None:
    """The private attribute that the fallback sets is what the protocol allocates by."""
    source = sslproto.SSLProtocol.__init__.__code__.co_names
    assert "max_size" in source
