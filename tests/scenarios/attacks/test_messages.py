"""Hostile messages from the door to the reader (THREATS A5.1): taken by APPEND, read by IMAP whole and in parts, others answered within seconds."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from harness_imap import imap_house
from hostile_messages import MESSAGES
from imap_values import parse_value

ASKED = (
    "FETCH 1 (RFC822.SIZE PREVIEW)",
    "FETCH 1 (BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[HEADER.FIELDS (SUBJECT TO)] BINARY.SIZE[1])",
    "SEARCH TEXT nothing-of-this",
    "THREAD REFERENCES UTF-8 ALL",
)


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_hostile_message_is_kept_whole_and_read(tmp_path: Path, name: str) -> None:
    message = MESSAGES[name]
    async with imap_house(tmp_path) as house:
        client, other = await house.login(mailbox="INBOX"), await house.login("bob")
        waited: list[float] = []

        async def others() -> None:
            while True:
                started = time.monotonic()
                await other.command("NOOP")
                waited.append(time.monotonic() - started)
                await asyncio.sleep(0.01)

        watching = asyncio.create_task(others())
        assert (await asyncio.wait_for(client.append(message), 30))[-1].split()[1] == b"OK"
        await client.command("NOOP")
        for item in (b"ENVELOPE", b"BODYSTRUCTURE", b"BODY"):
            found = await asyncio.wait_for(client.command(b"FETCH 1 " + item), 30)
            start = b"* 1 FETCH (" + item + b" "
            balanced = found[0].startswith(start) and isinstance(parse_value(found[0][len(start) : -1]), list)
            assert balanced, found[0][:200]
        for command in ASKED:
            assert (await asyncio.wait_for(client.command(command), 30))[-1].split()[1] in (b"OK", b"NO"), command
        whole = b"\r\n".join(await asyncio.wait_for(client.command("FETCH 1 BODY.PEEK[]"), 30))
        kept = b"{%d}\r\n" % len(message) + message.replace(b"\0", b"\x80") in whole
        assert kept, whole[:200]  # a difference of megabytes takes minutes to print
        watching.cancel()
        assert max(waited) < 3, "another session waits a moment at most"
        await client.close()
        await asyncio.gather(watching, return_exceptions=True)
        await other.close()
