"""Hostile commands on messages and mailboxes, over the whole door (THREATS A2.1, A2.2, A2.5, A2.6, A2.9, A2.10)."""

from __future__ import annotations

import asyncio
import base64
import os
import re
from pathlib import Path

import pytest

from harness_imap import Client, ImapHouse, imap_house
from imap_values import parse_value

SMALL = b"Subject: x\r\n\r\nbody\r\n"


def resident() -> int:
    """Octets of memory of this process, server and test together."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def counted(client: Client, mailbox: str = "INBOX") -> bytes:
    return (await client.command(f"STATUS {mailbox} (MESSAGES)"))[0]


# A2.1


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (b"{2147483648}", b"NO [TOOBIG]"),
        (b"{4294967295}", b"NO [TOOBIG]"),
        (b"{4294967296}", b"BAD"),
        (b"{99999999999999999999999999}", b"BAD"),
        (b"{-1}", b"BAD"),
        (b"{-100}", b"BAD"),
        (b"{+}", b"BAD"),
        (b"{ 5}", b"BAD"),
        (b"{5_0}", b"BAD"),
        (b"{0x5}", b"BAD"),
        (b"{5++}", b"BAD"),
        (b"{}", b"BAD"),
        (b"~{2147483648}", b"NO [TOOBIG]"),
        (b"CATENATE (TEXT {2147483648}", b"NO [TOOBIG]"),
    ],
)
async def test_a_literal_that_is_not_to_be_is_refused_before_it_comes(
    header: bytes, answer: bytes, tmp_path: Path
) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        assert (await client.command(b"APPEND INBOX " + header))[-1].startswith(b"a2 " + answer)
        assert (await client.command("NOOP"))[-1] == b"a3 OK Completed"
        await client.close()


@pytest.mark.parametrize("command", [b"APPEND INBOX", b"APPEND INBOX CATENATE (TEXT", b"SELECT"])
@pytest.mark.parametrize("size", [b"4294967295", b"4294967296", b"99999999999999"])
async def test_an_unasked_flood_ends_the_connection(command: bytes, size: bytes, tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        client.send(b"x " + command + b" {" + size + b"+}\r\n" + b"y" * 1000)
        said = await asyncio.wait_for(client.reader.read(), 10)
        assert re.match(rb"x (NO|BAD) .*\r\n\* BYE ", said)
        await client.close()


# A2.2


async def test_append_is_bounded_and_whole(tmp_path: Path) -> None:
    async with imap_house(tmp_path, {"smtp.max_message_size": 1024 * 1024}) as house:
        client = await house.login()
        for text, answer in [
            (b"APPEND INBOX {1048577}", b"NO [TOOBIG]"),
            (b"APPEND INBOX {1048577+}\r\n" + b"x" * 1048577, b"NO [TOOBIG]"),
            (b"APPEND INBOX {0+}\r\n", b"NO"),
            (b"APPEND INBOX {3+}\r\na\x00b", b"NO"),
            (b'APPEND INBOX "99-Foo-2020 00:00:00 +0000" {3+}\r\nabc', b"BAD"),
            (b"APPEND INBOX {3+}\r\nabc {0+}\r\n", b"NO"),
            (b"APPEND INBOX CATENATE (TEXT {600000+}\r\n" + b"x" * 600000 + b" TEXT {600000})", b"BAD"),
            (b"APPEND INBOX CATENATE (TEXT {600000+}\r\n" + b"x" * 600000 + b" TEXT {600000}", b"NO [TOOBIG]"),
        ]:
            assert (await client.command(text))[-1].split(b" ", 1)[1].startswith(answer), text[:60]
        assert await counted(client) == b"* STATUS INBOX (MESSAGES 0)"
        assert list(house.adapters.data.staging.iterdir()) == []
        await client.close()


async def test_catenate_does_not_grow_beyond_the_limit(tmp_path: Path) -> None:
    async with imap_house(tmp_path, {"smtp.max_message_size": 1024 * 1024}) as house:
        client = await house.login()
        await client.append(b"Subject: x\r\n\r\n" + b"x" * 300_000)
        urls = b" ".join([b"URL /INBOX/;UID=1"] * 4)
        assert (await client.command(b"APPEND INBOX CATENATE (" + urls + b")"))[-1].startswith(b"a3 NO [TOOBIG]")
        many = b" ".join([b"URL /INBOX/;UID=9"] * 1001)
        assert (await client.command(b"APPEND INBOX CATENATE (" + many + b")"))[-1].startswith(b"a4 NO [LIMIT]")
        assert await counted(client) == b"* STATUS INBOX (MESSAGES 1)"
        assert list(house.adapters.data.staging.iterdir()) == []
        await client.close()


async def test_a_full_account_takes_all_messages_of_a_command_or_none(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        await client.append(SMALL)
        await house.adapters.store.set_quota(house.accounts["alice"], 3 * len(SMALL))
        each = b" {%d+}\r\n%b" % (len(SMALL), SMALL)
        assert (await client.command(b"APPEND INBOX" + each * 3))[-1].startswith(b"a4 NO [OVERQUOTA]")
        assert await counted(client) == b"* STATUS INBOX (MESSAGES 1)"
        large = b"REPLACE 1 INBOX {%d+}\r\n%b" % (len(SMALL) * 4, SMALL * 4)
        assert (await client.command(large))[-1].startswith(b"a6 NO [OVERQUOTA]")
        assert (await client.command("FETCH 1 (UID)"))[0] == b"* 1 FETCH (UID 1)"
        assert (await client.command(b"REPLACE 1 INBOX {%d+}\r\n%b" % (len(SMALL) * 3, SMALL * 3)))[-1].startswith(
            b"a8 OK"
        )
        await client.close()


# A2.5


async def test_renaming_is_whole_or_refused(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        for number in range(60):
            client.send(b"c%d CREATE top/%d/deep\r\n" % (number, number))
        await client.answer(b"c59")
        await client.command("CREATE other/7")
        before = await client.command('LIST "" "*"')
        for bad in (
            "RENAME top top/new",
            "RENAME top INBOX",
            "RENAME top other/7",
            "RENAME nowhere x",
            "RENAME top a//b",
        ):
            assert (await client.command(bad))[-1].split()[1] == b"NO"
        assert (await client.command('LIST "" "*"'))[:-1] == before[:-1]
        assert (await client.command("RENAME top new/top"))[-1].split()[1] == b"OK"
        names = [line.split()[-1] for line in (await client.command('LIST "" "new/top*"'))[:-1]]
        assert len(names) == 121 and not [
            line for line in await client.command('LIST "" "top*"') if b"LIST" in line[:6]
        ]
        await client.close()


async def test_a_mailbox_deleted_under_a_session_and_made_again_is_another(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        other = await house.login()
        made = await other.command("CREATE box")
        client = await house.login()
        first = b"".join(await client.command("SELECT box"))
        await other.command("DELETE box")
        again = await other.command("CREATE box")
        assert re.search(rb"MAILBOXID \(\w+\)", made[-1])[0] != re.search(rb"MAILBOXID \(\w+\)", again[-1])[0]  # type: ignore[index]
        client.send(b"n NOOP\r\n")
        assert b"* BYE" in await asyncio.wait_for(client.reader.read(), 10)
        second = b"".join(await other.command("SELECT box"))
        validities = [int(re.search(rb"UIDVALIDITY (\d+)", said)[1]) for said in (first, second)]  # type: ignore[index]
        assert validities[0] < validities[1]
        await client.close()
        await other.close()


# A2.6


async def test_flags_and_mod_sequences_are_bounded(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        await client.append(SMALL)
        many = " ".join(f"k{number}" for number in range(101))
        for text, answer in [
            ("STORE 1 FLAGS (\\Recent)", b"BAD"),
            ("STORE 1 +FLAGS (a b(c)", b"BAD"),
            ("STORE 1 +FLAGS (käse)", b"BAD"),
            ("STORE 1 +FLAGS (" + "x" * 256 + ")", b"NO [LIMIT]"),
            (f"STORE 1 +FLAGS ({many})", b"NO [LIMIT]"),
            ("STORE 1 +FLAGS (" + " ".join(f"k{number}" for number in range(1000)) + ")", b"NO [LIMIT]"),
            ("STORE 1 (UNCHANGEDSINCE 18446744073709551616) +FLAGS (a)", b"BAD"),
            ("STORE 1 (UNCHANGEDSINCE -1) +FLAGS (a)", b"BAD"),
            ("STORE 1 (UNCHANGEDSINCE 0) +FLAGS (a)", b"OK [MODIFIED 1]"),
            ("STORE 0 +FLAGS (a)", b"BAD"),
            ("STORE 4294967296 +FLAGS (a)", b"BAD"),
            ("FETCH 1 FLAGS (CHANGEDSINCE 0)", b"BAD"),
            ("FETCH 1 BODY.PEEK[]<0.0>", b"BAD"),
            ("FETCH 1 BINARY.PEEK[]<0.0>", b"BAD"),
            ("FETCH 1 BINARY.PEEK[" + "1." * 10_000 + "1]", b"BAD"),
            ("FETCH 1 (" + " ".join(f"BINARY.SIZE[{n}]" for n in range(1, 300)) + ")", b"NO [LIMIT]"),
        ]:
            said = (await client.command(text))[-1].split(b" ", 1)[1]
            assert said.startswith(answer), (text[:60], said)
        highest = 0
        for flag in ("a", "\\Seen", "$x", "A"):
            for sign in "+-":
                await client.command(f"STORE 1 {sign}FLAGS ({flag})")
                now = int(re.search(rb"MODSEQ \((\d+)\)", (await client.command("FETCH 1 MODSEQ"))[0])[1])  # type: ignore[index]
                assert now > highest
                highest = now
        await client.close()


# A2.9


async def never_read(house: ImapHouse, client: Client, text: bytes) -> int:
    """Ask for a gigabyte and read nothing; the most that was held for it, in octets."""
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    before = resident()
    most = 0
    for number in range(100):
        client.send(b"f%d %b\r\n" % (number, text))
    while house.connections:
        for connection in house.connections:
            assert connection._transport is not None
            assert connection._transport.get_write_buffer_size() < 4 * 256 * 1024
        most = max(most, resident() - before)
        await asyncio.sleep(0.01)
    return most


@pytest.mark.parametrize(
    "what", [b"FETCH 1 BODY.PEEK[]", b"FETCH 1 BINARY.PEEK[1]", b"UID FETCH 1 (BINARY.PEEK[] FLAGS)"]
)
async def test_a_gigabyte_that_is_never_read_is_never_held(what: bytes, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("postroom.servers.connection._WRITE_DEADLINE", 0.5)
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        message = b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * (10 * 1024 * 1024 // 78)
        assert (await client.append(message))[-1].split()[1] == b"OK"
        assert await never_read(house, client, what) < 64 * 1024 * 1024
        await client.close()


async def test_a_large_part_is_decoded_in_pieces_beside_other_sessions(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client, other = await house.login(mailbox="INBOX"), await house.login()
        content = bytes(range(256)) * (4 * 1024 * 12)
        encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
        await client.append(b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded)
        before = resident()
        client.send(b"s FETCH 1 (BINARY.SIZE[1])\r\n")
        answered = 0
        answer = asyncio.ensure_future(client.answer(b"s"))
        while not answer.done():
            await other.command("NOOP")
            answered += 1
        assert (await answer)[0] == b"* 1 FETCH (BINARY.SIZE[1] %d)" % len(content)
        assert resident() - before < 32 * 1024 * 1024
        # a piece is 256 KiB: as many turns as pieces, and most of them reach another session
        assert answered > len(encoded) // (256 * 1024) // 4
        whole = (await client.command("FETCH 1 (BINARY.PEEK[1])"))[0]
        assert whole == b"* 1 FETCH (BINARY[1] ~{%d}\r\n%b)" % (len(content), content)
        cut = (await client.command(f"FETCH 1 (BINARY.PEEK[1]<{len(content) - 3}.100>)"))[0]
        assert cut.endswith(b" {3}\r\n\xfd\xfe\xff)")
        await client.close()
        await other.close()


# A2.10

NASTY = [
    b'"', b"\\", b"\\\"", b")", b"(", b"{5}", b"~{5+}", b"%", b"\xff\xfe", "ü".encode(), b"=?utf-8?q?=0D=0A*_OK_injected?=",
    b"=?utf-8?b?DQoqIE9LIGluamVjdGVk?=", b"a\r* OK injected", b"a\x00b", b"\x7f\x01", b"x" * 2000, b"NIL", b"[ALERT]", b"",
]  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
async def test_nothing_in_a_message_becomes_a_response(nasty: bytes, tmp_path: Path) -> None:
    message = (
        b'From: %b <a@example.test>\r\nTo: "%b" <%b@%b>\r\nSubject: %b\r\nMessage-ID: %b\r\n'
        b'Content-Type: multipart/mixed; boundary=b; x="%b"\r\n\r\n--b\r\nContent-Type: text/%b; name="%b"\r\n'
        b'Content-Disposition: attachment; filename="%b"\r\nContent-ID: %b\r\n\r\n%b\r\n--b--\r\n'
    ) % ((nasty,) * 12)
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        said = await client.command(b"APPEND INBOX ~{%d+}\r\n%b" % (len(message), message))
        assert said[-1].split()[1] == b"OK"
        for item in (b"ENVELOPE", b"BODYSTRUCTURE", b"BODY"):
            lines = await client.command(b"FETCH 1 (" + item + b")")
            assert len(lines) == 2, lines
            parse_value(lines[0].removeprefix(b"* 1 FETCH (" + item + b" ").removesuffix(b")"))
        (preview, done) = await client.command("FETCH 1 (PREVIEW EMAILID)")
        text = preview.removeprefix(b"* 1 FETCH (PREVIEW ").removesuffix(b" EMAILID (M1))")
        parse_value(b"(" + text + b")")
        assert done == b"a7 OK Fetched"
        (binary, _) = await client.command("FETCH 1 (RFC822.SIZE BINARY.PEEK[])")
        assert binary.endswith(b"{%d}\r\n%b)" % (len(message), message))
        await client.close()


@pytest.mark.parametrize(
    "nasty", [b"a b", b'a"b', b"a\\b", "ä/ö".encode(), b"a(b", b"a{3}", b"&-", b"]", b"NIL", b"a&b"]
)
async def test_nothing_in_a_name_becomes_a_response(nasty: bytes, tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        made = await client.command(b"CREATE {%d+}\r\n%b" % (len(nasty), nasty))
        if made[-1].split()[1] != b"OK":
            assert made[-1].startswith(b"a2 NO [CANNOT]") and len(made) == 1
        else:
            status, done = await client.command(b"STATUS {%d+}\r\n%b (MAILBOXID SIZE)" % (len(nasty), nasty))
            assert re.fullmatch(rb'\* STATUS (\S+|"(?:[^"\\]|\\.)*"|\{\d+\}\r\n.*) \(MAILBOXID \(F7\) SIZE 0\)', status)
            assert done.split()[1] == b"OK"
        bad = await client.command(b"APPEND INBOX CATENATE (URL {%d+}\r\n%b)" % (len(nasty), nasty))
        assert re.fullmatch(rb"a\d NO \[BADURL [ -\\^-~]+\] This URL names no message here", bad[-1])
        await client.close()
