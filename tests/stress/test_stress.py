"""One mailbox hammered by many clients of two workers: ten for some seconds, with POSTROOM_SOAK=1 two hundred for five minutes; the doctor is content after it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from harness_imap import Client
from stress.hammer import Mix, hammered
from whole import DOMAIN, HOST, PASSWORDS, running

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("stress")]
_SOAK = bool(os.environ.get("POSTROOM_SOAK"))
_CLIENTS, _SECONDS, _CHECKPOINTS = (200, 300.0, 10) if _SOAK else (10, 8.0, 4)


def test_many_clients_hammer_one_mailbox(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.set("imap_pop3.prohibit_plaintext", False)
        server.set("imap_pop3.max_connections", 1000)

        async def login() -> Client:
            client = Client(*await asyncio.open_connection(HOST, server.port("imap"), limit=1 << 24))
            assert (await client.line()).startswith(b"* OK")
            done = await client.command(f"LOGIN alice@{DOMAIN} {PASSWORDS['alice']}")
            assert done[-1].split(b" ")[1] == b"OK", done
            return client

        totals = asyncio.run(hammered(login, "INBOX", _CLIENTS, _SECONDS, Mix(), _CHECKPOINTS))
    assert totals.checkpoints == _CHECKPOINTS
    assert totals.commands > 20 * _CLIENTS
