"""Reports of success for mail that is delivered here at once (RFC 3461)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness_smtp import MESSAGE, Client, House, client, running


async def send(talk: Client, path: str, parameters: str, *recipients: str) -> None:
    assert (await talk.command(f"MAIL FROM:<{path}> RET=HDRS ENVID=order+207")).startswith(b"250")
    for recipient in recipients:
        assert (await talk.command(f"RCPT TO:<{recipient}> {parameters}")).startswith(b"250")
    assert (await talk.command("DATA")).startswith(b"354")
    assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")


async def reports(house: House) -> list[bytes]:
    """Those in the queue, for the sender."""
    found = []
    for item in await house.adapters.queue.items():
        letter = await house.adapters.queue.letter(item.message_id)
        if item.reverse_path is None and letter is not None:
            assert str(item.recipient.forward_path) == "s@remote.test"
            found.append(letter.content.data or b"")
    return found


async def test_a_delivery_is_reported_once_for_all_who_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            parameters = "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;somebody@list.test"
            await send(talk, "s@remote.test", parameters, "alice@example.test", "bob@example.test")
        (report,) = await reports(house)
        for line in (
            b"Original-Envelope-Id: order+207",
            b"Original-Recipient: rfc822; somebody@list.test",
            b"Final-Recipient: rfc822; alice@example.test",
            b"Final-Recipient: rfc822; bob@example.test",
            b"Action: delivered",
            b"Content-Type: text/rfc822-headers",
        ):
            assert line in report, line
        assert len(await house.messages("alice")) == 1


async def test_a_group_is_reported_as_expanded_and_its_members_are_not_shown(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            await send(talk, "s@remote.test", "NOTIFY=SUCCESS", "both@example.test")
        (report,) = await reports(house)
        assert b"Action: expanded" in report
        assert b"Final-Recipient: rfc822; both@example.test" in report
        assert b"bob@example.test" not in report
        waiting = {str(item.recipient.forward_path): item for item in await house.adapters.queue.items()}
        assert waiting["far@remote.test"].recipient.dsn.notify == ("NEVER",)


async def test_a_forward_takes_what_was_asked_along(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            await send(talk, "s@remote.test", "NOTIFY=SUCCESS", "away@example.test")
        assert await reports(house) == []
        (item,) = await house.adapters.queue.items()
        assert item.recipient.dsn.notify == ("SUCCESS",)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [("s@remote.test", "NOTIFY=NEVER"), ("s@remote.test", "NOTIFY=FAILURE"), ("", "NOTIFY=SUCCESS")],
)
async def test_nobody_is_told_who_did_not_ask_or_has_no_path(tmp_path: Path, path: str, parameters: str) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            await send(talk, path, parameters, "alice@example.test")
        assert await house.adapters.queue.count() == 0
