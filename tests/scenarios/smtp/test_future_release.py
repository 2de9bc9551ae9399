"""FUTURERELEASE on the submission doors: what is held goes to the queue for everybody, with its moment (RFC 4865)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness_smtp import House, client, running
from postroom.app import Adapters
from postroom.mda.delivery import Delivery
from postroom.model.email import Content
from postroom.model.envelope import Envelope
from postroom.mta.dispatch import Dispatch
from postroom.mta.transaction import Rooms
from scenarios.smtp.test_submission import MESSAGE, OWN, alice

DAY = 86_400


class Seen:
    """A queue that keeps the envelopes it was given."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def enqueue(self, envelope: Envelope, content: Content, prefix: bytes) -> Sequence[int]:
        self.envelopes.append(envelope)
        return []

    def patch(self, rooms: Rooms, adapters: Adapters) -> Rooms:
        queue: Any = self
        return replace(rooms, dispatch=Dispatch(Delivery(adapters.store, adapters.clock), queue))


def moment(house: House, seconds: int) -> str:
    return datetime.fromtimestamp(house.adapters.clock.now() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_it_is_offered_on_submission_alone_with_its_bounds(tmp_path: Path) -> None:
    async with running(tmp_path, {"sending.longest_hold": 7}) as house:
        async with client(house, "submissions") as talk:
            offered = await talk.command("EHLO again")
            found = re.search(rb"FUTURERELEASE (\d+) (\S+)\r\n", offered)
            assert found is not None and int(found[1]) == 7 * DAY
            last = datetime.fromisoformat(found[2].decode()).timestamp()
            assert 0 <= house.adapters.clock.now() + 7 * DAY - last <= 10
            house.change(sending__longest_hold=0)
            assert b"FUTURERELEASE" not in await talk.command("EHLO again")
        for door in ("mx", "lmtp"):
            async with client(house, door) as talk:
                assert b"FUTURERELEASE" not in await talk.command("LHLO again" if door == "lmtp" else "EHLO again")
                assert (await talk.command("MAIL FROM:<> HOLDFOR=60")).startswith(b"555 5.5.4")


@pytest.mark.parametrize("way", ["for", "until"])
async def test_everybody_waits_for_the_moment(tmp_path: Path, way: str) -> None:
    seen = Seen()
    async with running(tmp_path, patch=seen.patch) as house, alice(house) as talk:
        before = house.adapters.clock.now()
        hold = "HOLDFOR=3600" if way == "for" else f"HOLDUNTIL={moment(house, 3600)}"
        assert (await talk.command(f"MAIL FROM:<{OWN}> {hold}")).startswith(b"250")
        for recipient in ("bob@example.test", "team@example.test", "far@remote.test"):
            assert (await talk.command(f"RCPT TO:<{recipient}>")).startswith(b"250")
        assert (await talk.command("DATA")).startswith(b"354")
        assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
        (envelope,) = seen.envelopes
        assert envelope.release_at is not None and 0 <= envelope.release_at - before - 3600 <= 10
        reached = sorted(str(recipient.forward_path) for recipient in envelope.recipients)
        assert reached == ["bob@example.test", "carol@example.test", "far@remote.test"]
        assert await house.messages("bob") == [] == await house.messages("carol")


async def test_a_moment_that_is_past_is_now(tmp_path: Path) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        await talk.command(f"MAIL FROM:<{OWN}> HOLDUNTIL=2020-01-01T00:00:00Z")
        await talk.command("RCPT TO:<bob@example.test>")
        await talk.command("DATA")
        assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
        assert len(await house.messages("bob")) == 1


async def test_a_moment_too_far_ahead_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, {"sending.longest_hold": 1}) as house, alice(house) as talk:
        for hold in (f"HOLDFOR={DAY + 60}", "HOLDFOR=999999999", f"HOLDUNTIL={moment(house, DAY + 60)}"):
            refused = await talk.command(f"MAIL FROM:<{OWN}> {hold}")
            assert refused == b"501 5.5.4 a message can be held for at most 1 days\r\n"
        assert (await talk.command(f"MAIL FROM:<{OWN}> HOLDFOR={DAY}")).startswith(b"250")
