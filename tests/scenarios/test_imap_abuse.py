"""What a hostile or broken IMAP client may try, over the whole door (THREATS A2)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness_imap import Client, ImapHouse, client_context, imap_house
from postroom.model.email import ChangeNotice
from postroom.model.errors import Meaning, TryLater

SMALL = b"Subject: x\r\n\r\nbody\r\n"


async def ended(client: Client) -> bytes:
    return await asyncio.wait_for(client.reader.read(), 10)


async def test_a_password_in_clear_is_refused_unseen(tmp_path: Path) -> None:
    async with imap_house(tmp_path, {"imap_pop3.prohibit_plaintext": True}) as house:
        client = await house.connect()
        greeting = await client.line()
        assert b"LOGINDISABLED" in greeting and b"AUTH=PLAIN" not in greeting and b"STARTTLS" in greeting
        assert b"AUTH=SCRAM-SHA-256" in greeting
        refused = await client.command('LOGIN alice@example.test "correct horse battery"')
        assert refused[-1].startswith(b"a1 NO [PRIVACYREQUIRED]")
        refused = await client.command("AUTHENTICATE PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAB4")
        assert refused[-1].startswith(b"a2 NO [PRIVACYREQUIRED]")
        await client.close()


async def test_what_comes_with_starttls_is_never_run(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.connect()
        await client.line()
        client.send("a STARTTLS\r\nb NOOP\r\n")
        assert await client.line() == b"a OK Begin TLS\r\n"
        await client.writer.start_tls(client_context())
        assert (await client.command("CAPABILITY"))[-1] == b"a1 OK Completed"
        await client.close()


async def test_places_are_counted_and_freed(tmp_path: Path) -> None:
    async with imap_house(tmp_path, {"imap_pop3.max_connections": 2}) as house:
        first, second = await house.login(), await house.login()
        third = await house.connect()
        await third.line()
        refused = await third.command('LOGIN alice@example.test "correct horse battery"')
        assert refused[-1].startswith(b"a1 NO [LIMIT]") and b"2" in refused[-1]
        await first.command("LOGOUT")
        await first.close()
        while len(house.connections) > 2:  # noqa: ASYNC110 - the door tells nobody
            await asyncio.sleep(0)
        assert (await third.command('LOGIN alice@example.test "correct horse battery"'))[-1].startswith(b"a2 OK")
        await second.close()
        await third.close()


async def test_a_message_cut_off_is_not_kept(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        client.send(b"x APPEND INBOX {200000+}\r\n" + b"y" * 150_000)
        await client.writer.drain()
        await client.close()
        while house.connections:  # noqa: ASYNC110 - the door tells nobody
            await asyncio.sleep(0)
        other = await house.login()
        assert (await other.command("STATUS INBOX (MESSAGES)"))[0] == b"* STATUS INBOX (MESSAGES 0)"
        assert list(house.adapters.data.staging.iterdir()) == []
        await other.close()


async def test_large_messages_come_back_as_they_went(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        message = b"Subject: large\r\nX-Odd: a%b\r\n\r\n" + b"".join(b"%d line\r\n" % line for line in range(60_000))
        assert (await client.append(message))[-1].split()[1] == b"OK"
        found = await client.command("FETCH 1 (BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (X-ODD)] BODY.PEEK[TEXT]<8.6>)")
        assert b"BODY[] {%d}\r\n" % len(message) + message in found[0]
        assert b"BODY[HEADER.FIELDS (X-ODD)] {14}\r\nX-Odd: a%b\r\n\r\n" in found[0]
        assert found[0].endswith(b"BODY[TEXT]<8> {6}\r\n1 line)")
        await client.close()


async def test_pipelined_appends_are_answered_in_order(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        several = b"".join(
            b"p%d APPEND %b {%d+}\r\n%b\r\n" % (number, b"Nowhere" if number == 7 else b"INBOX", len(SMALL), SMALL)
            for number in range(50)
        )
        client.send(several + b"end NOOP\r\n")
        tagged = [line for line in await client.answer(b"end") if not line.startswith(b"*")]
        assert [line.split()[0] for line in tagged] == [b"p%d" % number for number in range(50)] + [b"end"]
        assert tagged[7].startswith(b"p7 NO [TRYCREATE]")
        uids = [int(line.split()[4].rstrip(b"]")) for line in tagged if b"APPENDUID" in line]
        assert uids == list(range(1, 50))
        await client.close()


async def test_a_full_disk_refuses_and_the_session_goes_on(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    async with imap_house(tmp_path) as house:
        client = await house.login()

        async def full(*_: object) -> None:
            raise TryLater("no space is left", meaning=Meaning.STORAGE_FULL)

        with monkeypatch.context() as patch:
            patch.setattr(type(house.adapters.store), "append", full)
            assert (await client.append(SMALL))[-1].startswith(b"a2 NO [UNAVAILABLE]")
        assert (await client.append(SMALL))[-1].startswith(b"a3 OK")
        await client.close()


async def test_a_defect_is_one_refusal(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    async with imap_house(tmp_path) as house:
        client = await house.login()

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(type(house.adapters.store), "mailboxes", broken)
            assert (await client.command('LIST "" "*"'))[-1] == b"a2 NO [SERVERBUG] Internal error"
        assert (await client.command("NOOP"))[-1] == b"a3 OK Completed"
        await client.close()


async def test_notices_of_another_worker_reach_an_idle_session(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        client.send(b"i IDLE\r\n")
        assert await client.line() == b"+ idling\r\n"
        other = await house.login()
        await _append_unheard(house, other)
        notice = ChangeNotice(house.accounts["alice"], 0, ())
        house.adapters.hub.deliver(notice)
        assert await client.line() == b"* 1 EXISTS\r\n"
        await client.close()
        await other.close()


async def _append_unheard(house: ImapHouse, other: Client) -> None:
    """A commit whose notice is lost, as one of another process is until it arrives."""
    watchers, house.adapters.hub._watchers = house.adapters.hub._watchers, {}
    try:
        await other.append(SMALL)
    finally:
        house.adapters.hub._watchers = watchers


async def test_a_lost_notice_is_made_up_for_by_noop(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client, other = await house.login(mailbox="INBOX"), await house.login()
        await client.command("NOOP")
        await _append_unheard(house, other)
        assert (await client.command("NOOP"))[0] == b"* 1 EXISTS"
        await client.close()
        await other.close()


async def test_the_server_says_goodbye(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client, idling = await house.login(), await house.login(mailbox="INBOX")
        idling.send(b"i IDLE\r\n")
        await idling.line()
        for connection in tuple(house.connections):
            connection.server_closing()
        assert (await ended(client)).startswith(b"* BYE [UNAVAILABLE]")
        assert (await ended(idling)).startswith(b"* BYE [UNAVAILABLE]")
        await client.close()
        await idling.close()


async def test_search_strings_are_text_only(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        await client.append(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= 100% a_b (.*)\r\n\r\nK\xc3\xa4se\r\n")
        for asked, found in [
            ('SUBJECT ".*"', True),
            ('SUBJECT "a.b"', False),
            ('SUBJECT "100%"', True),
            ('SUBJECT "%a"', False),
            ('TEXT "a\\" OR \\"1"', False),
            ("SUBJECT {7+}\r\nGRÜSSE", None),
            ("BODY {5+}\r\nkäse", True),
            ("HEADER subject {0+}\r\n", True),
            ('HEADER X-None ""', False),
            ("NOT BODY käse".replace("käse", "wein"), True),
            ("SENTON 1-Jan-2020", False),
            ("OLDER 1 YOUNGER 1", False),
            ("SMALLER 1000 LARGER 10 UID 1:*", True),
        ]:
            if found is not None:
                answer = await client.command("SEARCH " + asked)
                assert answer[0] == (b"* SEARCH 1" if found else b"* SEARCH"), asked
        assert (await client.command("SEARCH CHARSET KOI8-R ALL"))[0].endswith(b"Unknown charset")
        await client.close()


async def test_a_stranger_is_told_to_go(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        house.live.settings.limits.__dict__["login_timeout"] = 0.05
        client = await house.connect()
        assert b"* BYE" in await ended(client)
        await client.close()


async def test_other_accounts_are_out_of_reach(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        bob = await house.login("bob")
        await bob.command("CREATE secret")
        alice = await house.login("alice")
        absent = (await alice.command("SELECT nothing"))[-1].partition(b" ")[2]
        assert (await alice.command("SELECT secret"))[-1].partition(b" ")[2] == absent
        assert (await alice.command("SELECT ../2/secret"))[-1].partition(b" ")[2] == absent
        await alice.close()
        await bob.close()


async def test_a_client_that_never_reads_is_dropped(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("postroom.servers.connection._WRITE_DEADLINE", 0.3)
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        message = b"Subject: large\r\n\r\n" + b"x" * 78 * 20_000
        assert (await client.append(message))[-1].split()[1] == b"OK"
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(30):
            client.send(b"f%d FETCH 1 BODY.PEEK[]\r\n" % number)
        while house.connections:
            for connection in house.connections:
                assert connection._transport is not None
                assert connection._transport.get_write_buffer_size() < 3 * 256 * 1024
            await asyncio.sleep(0.01)
        await client.close()


async def test_a_reset_in_the_middle_of_an_append_ends_quietly(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        whole = b"".join(b"p%d APPEND INBOX {%d+}\r\n%b\r\n" % (number, len(SMALL), SMALL) for number in range(5))
        client.send(whole + b"x APPEND INBOX {200000+}\r\n" + b"y" * 100_000)
        await client.answer(b"p4")
        for connection in tuple(house.connections):
            connection.abort()
        await asyncio.sleep(0.05)
        assert list(house.adapters.data.staging.iterdir()) == []
        other = await house.login()
        assert (await other.command("STATUS INBOX (MESSAGES)"))[0] == b"* STATUS INBOX (MESSAGES 5)"
        await other.close()
        await client.close()
