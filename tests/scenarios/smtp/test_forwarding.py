"""Addresses of ours that lead to other servers: whose name the mail leaves under, how its bounces come back, and that circles end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import directory_rows
from dns_zone import FakeResolver
from harness_smtp import MESSAGE, House, client, running
from postroom.app import Adapters
from postroom.directory import changes
from postroom.mailauth.arc.verify import ArcStatus, verify
from postroom.mailauth.arrival import Sender, authenticate, check_sender
from postroom.mailauth.stream import read_message
from postroom.model.address import parse_address
from postroom.model.ports import Clock
from postroom.mta.dispatch import Dispatch, Dispatched
from postroom.mta.transaction import Rooms
from scenarios.smtp.test_submission import MESSAGE as OWN_MESSAGE
from scenarios.smtp.test_submission import OWN, alice


@dataclass(frozen=True, slots=True)
class Letter:
    reverse_path: str | None
    recipients: list[tuple[str, str | None]]
    content: bytes


async def letters(house: House) -> list[Letter]:
    """What waits in the queue, as it will be sent."""
    read = house.adapters.database.read
    found = []
    for number, path, prefix, data in read(
        "SELECT message_id, reverse_path, prefix, data FROM queue_message ORDER BY message_id"
    ):
        rows = read(
            "SELECT forward_path, original_recipient FROM queue_recipient WHERE message_id = ? ORDER BY queue_id",
            (number,),
        )
        found.append(Letter(path, [(row[0], row[1]) for row in rows], bytes(prefix) + bytes(data)))
    return found


async def lead(house: House, address: str, *targets: str) -> None:
    for target in targets:
        await house.adapters.database.write(
            lambda transaction, target=target: changes.add_alias(
                transaction, parse_address(address), parse_address(target)
            )
        )


async def test_a_forward_has_our_reverse_path_and_a_bounce_finds_the_sender(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        assert (await talk.message(["away@example.test"])).startswith(b"250")
        (letter,) = await letters(house)
        assert letter.recipients == [("far@remote.test", "rfc822;away@example.test")]
        path = letter.reverse_path or ""
        assert path.startswith("SRS0=") and path.endswith("=remote.test=s@example.test")
        assert letter.content.startswith(b"Delivered-To: away@example.test\r\nReceived: ")
        assert letter.content.endswith(MESSAGE)
        assert (await talk.message([path], sender="")).startswith(b"250")
        _, bounce = await letters(house)
        assert (bounce.reverse_path, [to for to, _ in bounce.recipients]) == (None, ["s@remote.test"])


async def test_a_bounce_address_that_we_did_not_write_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await house.adapters.database.write(
            lambda transaction: directory_rows.set_catch_all(
                transaction, "example.test", parse_address("bob@example.test")
            )
        )
        await talk.command("MAIL FROM:<>")
        for forged in (
            "SRS0=aaaaaa=aa=remote.test=s@example.test",
            "srs0=@example.test",
            "SRS1=aaaaaa=x.test==b@example.test",
        ):
            assert (await talk.command(f"RCPT TO:<{forged}>")).startswith(b"550 5.1.1")
        assert (await talk.command("RCPT TO:<SRS0=aaaaaa=aa=x.test=s@remote.test>")).startswith(b"550 5.7.1")


async def test_the_null_path_stays_null(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        assert (await talk.message(["away@example.test"], sender="")).startswith(b"250")
        assert [letter.reverse_path for letter in await letters(house)] == [None]


async def test_mail_of_our_own_people_keeps_its_reverse_path(tmp_path: Path) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        assert (await talk.message(["away@example.test", "near@remote.test"], OWN_MESSAGE, OWN)).startswith(b"250")
        sent, forwarded = await letters(house)
        assert (sent.reverse_path, sent.recipients) == (OWN, [("near@remote.test", None)])
        assert (forwarded.reverse_path, forwarded.recipients) == (
            OWN,
            [("far@remote.test", "rfc822;away@example.test")],
        )


async def test_who_is_named_and_led_to_gets_it_once_as_it_was_sent(tmp_path: Path) -> None:
    async with running(tmp_path) as house, alice(house) as talk:
        assert (await talk.message(["away@example.test", "far@remote.test"], OWN_MESSAGE, OWN)).startswith(b"250")
        (letter,) = await letters(house)
        assert letter.recipients == [("far@remote.test", None)]
        assert b"Delivered-To" not in letter.content


async def test_a_catch_all_and_a_group_lead_away(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        await house.adapters.database.write(
            lambda transaction: directory_rows.set_catch_all(
                transaction, "example.test", parse_address("all@remote.test")
            )
        )
        await lead(house, "crew@example.test", "bob@example.test", "one@remote.test", "two@remote.test")
        assert (await talk.message(["anybody@example.test", "crew@example.test"])).startswith(b"250")
        by_catch_all, by_group = await letters(house)
        assert by_catch_all.recipients == [("all@remote.test", "rfc822;anybody@example.test")]
        assert sorted(by_group.recipients) == [
            ("one@remote.test", "rfc822;crew@example.test"),
            ("two@remote.test", "rfc822;crew@example.test"),
        ]
        assert len(await house.messages("bob")) == 1


async def test_a_forward_that_comes_back_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        assert (await talk.message(["away@example.test"])).startswith(b"250")
        (letter,) = await letters(house)
        path = letter.reverse_path or ""
        assert (await talk.message(["away@example.test"], letter.content, path)).startswith(b"554 5.4.6")
        # by another address of ours it goes on, until the hops are counted out
        await lead(house, "other@example.test", "far@remote.test")
        content = letter.content
        for number in range(60):
            address = f"o{number}@example.test"
            await lead(house, address, "far@remote.test")
            reply = await talk.message([address], content, path)
            if not reply.startswith(b"250"):
                break
            content = (await letters(house))[-1].content
        assert reply.startswith(b"554 5.4.6") and 40 <= number <= 50


async def test_of_a_group_that_comes_back_the_others_get_it(tmp_path: Path) -> None:
    async with running(tmp_path) as house, client(house) as talk:
        back = b"Delivered-To: both@example.test\r\n" + MESSAGE
        assert (await talk.message(["both@example.test"], back)).startswith(b"250")
        assert await letters(house) == []
        assert len(await house.messages("bob")) == 1


async def test_two_addresses_that_lead_to_each_other_over_another_server_end(tmp_path: Path) -> None:
    """There and back between two servers, each of which adds a Received field."""
    async with running(tmp_path) as house, client(house) as talk:
        content, turns = MESSAGE, 0
        while (await talk.message(["away@example.test"], content)).startswith(b"250"):
            content = b"Received: from mail.example.test\r\n" + (await letters(house))[-1].content
            turns += 1
        assert turns == 1


class Authenticated(Dispatch):
    """Reception that has looked at its sender."""

    resolver: Any
    clock: Clock

    async def send(self, message: Dispatched, max_hops: int) -> Any:
        now = self.clock.now()
        sender = Sender(IPv4Address("192.0.2.1"), "mx.remote.test", message.reverse_path, "mail.example.test")
        spf = await check_sender(sender, self.resolver, now)
        found = await authenticate(read_message(message.content.data or b""), spf, self.resolver, now)
        return await super().send(replace(message, authentication=found), max_hops)


async def test_what_was_found_at_arrival_is_sealed(tmp_path: Path) -> None:
    def patch(rooms: Rooms, adapters: Adapters) -> Rooms:
        dispatch = Authenticated(rooms.dispatch._delivery, adapters.queue, rooms.forwarding)
        dispatch.resolver, dispatch.clock = FakeResolver({}), adapters.clock
        return replace(rooms, dispatch=dispatch)

    async with running(tmp_path, patch=patch) as house, client(house) as talk:
        zone = await house.make_keys()
        assert (await talk.message(["both@example.test"])).startswith(b"250")
        (letter,) = await letters(house)
        result = await verify(read_message(letter.content), FakeResolver(zone))
        assert (result.status, result.sealers) == (ArcStatus.PASS, ("example.test",))
        assert letter.content.index(b"ARC-Seal") < letter.content.index(b"Received:")
        (local,) = await house.messages("bob")
        assert b"ARC-" not in local
