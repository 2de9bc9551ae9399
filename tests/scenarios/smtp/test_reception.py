"""Mail comes in at the MX and lies in mailboxes, in the queue, or nowhere."""

from __future__ import annotations

from pathlib import Path

from harness_smtp import MESSAGE, client, running
from postroom.message import parts
from postroom.model.email import Column
from postroom.model.mailbox import MailboxRole


async def test_a_message_is_delivered_with_its_trace(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test"])).startswith(b"250 2.0.0 ")
            assert (await talk.command("QUIT")).startswith(b"221 2.0.0")
        (message,) = await house.messages("alice")
        head = message[: -len(MESSAGE)]
        assert message.endswith(MESSAGE)
        assert head.startswith(
            b"Return-Path: <s@remote.test>\r\nDelivered-To: alice@example.test\r\nReceived: from client.test"
        )
        assert b"with ESMTP id " in head and b"for <alice@example.test>;" in head
        assert b"by mail.example.test" in head


async def test_several_recipients_get_their_own_trace(tmp_path: Path) -> None:
    recipients = ["alice@example.test", "bob+lists@example.test", "carol@example.test"]
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(recipients)).startswith(b"250")
        for name, delivered in (("alice", b"alice"), ("bob", b"bob+lists"), ("carol", b"carol")):
            (message,) = await house.messages(name)
            assert b"Delivered-To: " + delivered + b"@example.test\r\n" in message
            assert b"\tfor <" not in message
            store, account_id = house.adapters.store, house.accounts[name + "@example.test"]
            inbox = await store.mailbox_with_role(account_id, MailboxRole.INBOX)
            assert inbox is not None
            ((stored,),) = await store.fetch(account_id, inbox.mailbox_id, ((1, 9),), (Column.PARTS,))
            assert stored == parts.read(MESSAGE).to_bytes()
        assert await house.queued() == []


async def test_an_alias_leads_to_its_members_once_and_a_forward_to_the_queue(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["team@example.test", "bob@example.test", "both@example.test"])).startswith(
                b"250"
            )
            assert (await talk.message(["away@example.test"])).startswith(b"250")
        assert len(await house.messages("bob")) == 1
        assert len(await house.messages("carol")) == 1
        assert await house.queued() == ["far@remote.test", "far@remote.test"]


async def test_postmaster_without_a_domain_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["Postmaster"])).startswith(b"250")
            assert (await talk.message(["pOstMaster@example.test"], sender="")).startswith(b"250")
        assert len(await house.messages("alice")) == 2
        assert b"Return-Path: <>\r\n" in (await house.messages("alice"))[1]


async def test_bdat_and_data_give_the_same_message(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert b"CHUNKING" in await talk.command("EHLO client.test")
            await talk.command("MAIL FROM:<s@remote.test> BODY=8BITMIME")
            await talk.command("RCPT TO:<alice@example.test>")
            assert (await talk.send(b"BDAT 10\r\n" + MESSAGE[:10])).startswith(b"250 2.0.0")
            assert (await talk.send(b"BDAT %d LAST\r\n" % (len(MESSAGE) - 10) + MESSAGE[10:])).startswith(b"250 2.0.0")
            await talk.message(["alice@example.test"])
        first, second = await house.messages("alice")
        assert first.endswith(MESSAGE) and second.endswith(MESSAGE)


async def test_a_large_message_streams_to_a_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    body = MESSAGE + b"".join(b"line %06d of a long message\r\n" % number for number in range(40_000))
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test", "away@example.test"], body)).startswith(b"250")
        (message,) = await house.messages("alice")
        assert message.endswith(body)
        assert await house.queued() == ["far@remote.test"]
        assert list(house.adapters.data.staging.iterdir()) == []


async def test_a_dot_is_undone_once(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.message(["alice@example.test"], MESSAGE + b"..one\r\n...two\r\n")).startswith(b"250")
        (message,) = await house.messages("alice")
        assert message.endswith(b".one\r\n..two\r\n")


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            await talk.command("MAIL FROM:<s@remote.test>")
            await talk.command("RCPT TO:<alice@example.test>")
            await talk.command("DATA")
            talk.writer.write(MESSAGE + b"x" * 200_000)
            await talk.writer.drain()
        await house.quiet()
        assert await house.messages("alice") == []
        assert list(house.adapters.data.staging.iterdir()) == []


async def test_circles_end(tmp_path: Path) -> None:
    async with running(tmp_path, {"smtp.max_hops": 10}) as house:
        async with client(house) as talk:
            loop = b"Received: from a by b; x\r\n" * 11 + MESSAGE
            assert (await talk.message(["alice@example.test"], loop)).startswith(b"554 5.4.6 ")
            assert (await talk.message(["alice@example.test"], loop[26:])).startswith(b"250")
            again = b"Delivered-To: ALICE@example.test\r\n" + MESSAGE
            assert (await talk.message(["alice@example.test"], again)).startswith(b"554 5.4.6 ")
            assert (await talk.message(["away@example.test"], loop)).startswith(b"554 5.4.6 ")
        assert len(await house.messages("alice")) == 1
        assert await house.queued() == []


async def test_a_circle_of_one_recipient_does_not_harm_the_others(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            again = b"Delivered-To: alice@example.test\r\n" + MESSAGE
            assert (await talk.message(["alice@example.test", "bob@example.test"], again)).startswith(b"250")
        assert await house.messages("alice") == []
        assert len(await house.messages("bob")) == 1
        assert await house.queued() == ["alice@example.test"]


async def test_odd_headers_are_kept_as_they_are(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            for content in (
                b"\r\nno header\r\n",
                b"no colon here\r\n\r\nbody\r\n",
                b"From: a@x.test\r\nFrom: b@y.test\r\n\r\n\r\n",
                b"From: \xe2\x80\xaeevil <a@x.test>\r\nSubject: \xff\xfe\r\n\r\n8-bit \xff\r\n",
                b"",
                b"X: " + b"y" * 5000 + b"\r\n\r\n",
            ):
                assert (await talk.message(["alice@example.test"], content)).startswith(b"250"), content
        assert [len(message) > 100 for message in await house.messages("alice")] == [True] * 6


async def test_helo_gets_smtp_and_no_enhanced_codes(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house, hello="HELO old.test") as talk:
            assert not (await talk.command("MAIL FROM:<s@remote.test>")).startswith(b"250 2.")
            await talk.command("RCPT TO:<alice@example.test>")
            await talk.command("DATA")
            assert not (await talk.send(MESSAGE + b".\r\n")).startswith(b"250 2.")
        assert b" with SMTP id " in (await house.messages("alice"))[0]


async def test_smtputf8_is_told_in_the_trace(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with client(house) as talk:
            assert (await talk.command("MAIL FROM:<üser@remote.test>")).startswith(b"553 5.6.7")
            assert (await talk.command("MAIL FROM:<s@remote.test>")).startswith(b"250")
            assert (await talk.command("RCPT TO:<älice@example.test>")).startswith(b"553 5.6.7")
            assert (await talk.send(b"RCPT TO:<\xff@example.test>\r\n")).startswith(b"501")
            await talk.command("RSET")
            assert (await talk.command("MAIL FROM:<üser@remote.test> SMTPUTF8")).startswith(b"250")
            await talk.command("RCPT TO:<alice@example.test>")
            await talk.command("DATA")
            assert (await talk.send(MESSAGE + b".\r\n")).startswith(b"250")
        (message,) = await house.messages("alice")
        assert b" with UTF8SMTP id " in message and "<üser@remote.test>".encode() in message
