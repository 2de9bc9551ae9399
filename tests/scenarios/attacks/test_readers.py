"""IMAP clients that try things (THREATS A2): what `test_imap_*` and the transcripts have not asked yet."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from harness_imap import PASSWORD, Client, ImapHouse, imap_house

SMALL = b"Subject: x\r\n\r\nbody\r\n"


async def rest(client: Client) -> bytes:
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(client.reader.read(), 20)
    return b""


# A2.1, before a login


@pytest.mark.parametrize("literal", [b"{1025}", b"{1048576}", b"{2147483648}", b"{4294967296}", b"{-1}", b"{ 5}"])
async def test_a_stranger_gets_no_room_for_a_literal(tmp_path: Path, literal: bytes) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.connect()
        await client.line()
        client.send(b"a LOGIN " + literal + b"\r\n")
        said = await client.line()
        assert not said.startswith(b"+") and said.split()[1] in (b"BAD", b"NO"), said
        await client.close()


async def test_a_stranger_that_floods_is_cut_off(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.connect()
        await client.line()
        client.send(b"a LOGIN {1048576+}\r\n" + b"x" * 1_048_576)
        said = await rest(client)
        assert said == b"" or b"* BYE" in said, "told, unless the reset overtook the word"
        await client.close()


# A2.3


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"FETCH 1 BODY[" + b".".join([b"1"] * 10_000) + b"]", (b"OK", b"BAD")),
        (b"FETCH 1 BODY[" + b".".join([b"1"] * 40) + b"]", (b"OK",)),
        (b"FETCH 1 BODY[0]", (b"BAD",)),
        (b"FETCH 1 BODY[4294967296]", (b"BAD",)),
        (b"FETCH 1 BODY[]<0.0>", (b"BAD",)),
        (b"FETCH 1 BODY[]<-1.5>", (b"BAD",)),
        (b"FETCH 1 BODY[]<0.4294967296>", (b"OK", b"BAD")),
        (b"FETCH 1 BODY[]<9999999999999999999999.5>", (b"BAD", b"OK")),
        (b"FETCH 1 (" + b"(" * 50_000, (b"BAD",)),
        (b"FETCH 1 (" + b"UID " * 12_000 + b"UID)", (b"OK", b"BAD", b"NO")),
        (b"FETCH 0 UID", (b"BAD",)),
        (b"FETCH 4294967296 UID", (b"BAD",)),
        (b"FETCH ,1 UID", (b"BAD",)),
        (b"FETCH 1: UID", (b"BAD",)),
        (b"UID FETCH " + b",".join(b"%d:%d" % (n, n + 1) for n in range(1, 5000, 2)) + b" UID", (b"OK", b"BAD", b"NO")),
        (b"STORE 1 +FLAGS (" + b"(" * 30_000, (b"BAD",)),
        (b"STATUS INBOX (" + b"MESSAGES " * 7_000 + b"UIDNEXT)", (b"OK", b"BAD")),
        (b"(" * 60_000, (b"BAD",)),
    ],
)
async def test_depth_and_numbers_are_bounded(tmp_path: Path, command: bytes, answer: tuple[bytes, ...]) -> None:
    async with imap_house(tmp_path) as house:
        client, other = await house.login(mailbox="INBOX"), await house.login("bob")
        await client.append(SMALL)
        started = time.monotonic()
        said = (await client.command(command))[-1]
        assert said.split()[1] in answer or b" BAD " in said, said[:100]
        assert (await other.command("NOOP"))[-1].split()[1] == b"OK"
        assert time.monotonic() - started < 5
        assert (await client.command("FETCH 1 UID"))[0] == b"* 1 FETCH (UID 1)"
        assert b"BODY[]<4294967295>" in (await client.command("FETCH 1 BODY.PEEK[]<4294967295.5>"))[0]
        await client.close()
        await other.close()


# A2.4

NAMES = [
    b'"../x"', b'"/etc/passwd"', b'"."', b'".."', b'"a//b"', b'"/a"', b'"a/../../b"', b'"a%b"', b'"a*b"', b'"~"', b'"~root/x"', b'"#news"',
    b'"&AC8-"', b'"&AGE-"', b'"&"', b'"&XX"', b'"&2D0-"', b'"&3gA-"', b'"a\\\\b"', b'""', b'"inbox/x"', b'"iNbOx"',
    b"{3+}\r\na\0b", b"{3+}\r\na\rb", b"{3+}\r\na\nb", b"{2+}\r\n\xc0\xaf", b"{3+}\r\n\xed\xa0\x80", b"{5000+}\r\n" + b"x" * 5000,
    b"{20001+}\r\n" + b"/".join([b"a"] * 10_001), b'"C:\\\\x"', b'"a\x7fb"', b"{4+}\r\n\xe2\x80\xaex",
]  # fmt: skip


@pytest.mark.parametrize("rev2", [False, True])
async def test_no_name_is_a_path_and_each_has_one_spelling(tmp_path: Path, rev2: bool) -> None:
    def files() -> set[str]:
        outside = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {str(path.relative_to(tmp_path)) for path in outside if not path.name.endswith(("-wal", "-shm"))}

    async with imap_house(tmp_path) as house:
        client = await house.login()
        if rev2:
            await client.command("ENABLE IMAP4rev2 UTF8=ACCEPT")
        before = files()
        for name in NAMES:
            for verb in (b"CREATE ", b"SUBSCRIBE ", b"RENAME nothing ", b"SELECT ", b"DELETE "):
                said = await client.command(verb + name)
                if not said or not said[-1].startswith(b"a%d" % client.count):
                    await client.close()  # too long a line: told, and the connection ended
                    client = await house.login()
                    continue
                assert said[-1].split()[1] in (b"OK", b"NO", b"BAD"), (verb, name[:40])
        assert files() == before, "no name makes a file"
        listed = [line for line in await client.command('LIST "" "*"') if line.startswith(b"* LIST")]
        assert len(set(listed)) == len(listed)
        await client.close()


async def test_composed_and_decomposed_are_one_name(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        await client.command("ENABLE UTF8=ACCEPT")
        assert (await client.command('CREATE "caf\u00e9"'))[-1].split()[1] == b"OK"
        assert (await client.command('CREATE "cafe\u0301"'))[-1].split()[1] == b"NO"
        assert (await client.command("CREATE iNbOx"))[-1].split()[1] == b"NO"
        await client.close()


@pytest.mark.parametrize("pattern", ["*%" * 500, "%" * 1000 + "x", "*" * 1000 + "x", ("*a" * 500) + "b"])
async def test_a_thousand_wildcards_match_in_bounded_time(tmp_path: Path, pattern: str) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        for number in range(20):
            await client.command(f"CREATE {'a' * 200}{number}")
        started = time.monotonic()
        assert (await client.command(f'LIST "" "{pattern}"'))[-1].split()[1] in (b"OK", b"NO", b"BAD")
        assert time.monotonic() - started < 5
        await client.close()


# A2.8, A2.12


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\n\r\n\r\n",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n" * 4,
        b"EHLO x\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
        b"\x00\x01\x02\r\n" * 4,
        b"+ NOOP\r\n" * 4,
        b" NOOP\r\n" * 4,
        b"x" * 10_000 + b" NOOP\r\n" + b"\r\n" * 4,
        b"a NOOP " + b"x" * 200_000 + b"\r\n",
    ],
)
async def test_other_protocols_are_sent_away(tmp_path: Path, said: bytes) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.connect()
        await client.line()
        with capture_logs() as lines:
            client.send(said)
            answer = await rest(client)
        assert b"* BYE" in answer or answer == b"", answer[-200:]
        assert not [line for line in lines if line["log_level"] == "error"]
        await client.close()


@pytest.mark.parametrize("response", [b"*", b"=", b"!!!!", b"AAAA" * 300_000, b"\xff\xff", b""])
async def test_a_broken_exchange_is_refused(tmp_path: Path, response: bytes) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.connect()
        await client.line()
        client.send(b"a AUTHENTICATE PLAIN\r\n")
        assert (await client.line()).startswith(b"+")
        client.send(response + b"\r\n")
        assert (await client.line()).split()[1] in (b"BAD", b"NO", b"BYE")
        await client.close()
        again = await house.login()
        assert (await again.command(f'LOGIN alice@example.test "{PASSWORD}"'))[-1].split()[1] == b"BAD"
        assert (await again.command("AUTHENTICATE PLAIN AGEAYQ=="))[-1].split()[1] == b"BAD"
        await again.close()


# A2.11, A2.13


@pytest.mark.parametrize(
    "command",
    [
        "SELECT {}", "EXAMINE {}", "STATUS {} (MESSAGES)", "DELETE {}", "RENAME {} mine", "SUBSCRIBE {}", "GETQUOTAROOT {}",
        'GETMETADATA {} "/private/comment"', 'SETMETADATA {} ("/private/comment" "x")', "COPY 1 {}", "MOVE 1 {}", "APPEND {} {{1+}}\r\nx",
    ],
)  # fmt: skip
async def test_absent_and_forbidden_are_told_alike(tmp_path: Path, command: str) -> None:
    async with imap_house(tmp_path) as house:
        bob = await house.login("bob")
        await bob.command("CREATE secret")
        alice = await house.login(mailbox="INBOX")
        await alice.append(SMALL)
        answers = []
        for name in ("secret", "absent"):
            said = await alice.command(command.format(name))
            answers.append(said[-1].replace(name.encode(), b"?").partition(b" ")[2])
        assert answers[0] == answers[1]
        assert (await bob.command("STATUS secret (MESSAGES)"))[0] == b"* STATUS secret (MESSAGES 0)"
        await alice.close()
        await bob.close()


async def failures(house: ImapHouse, name: str) -> bytes:
    client = await house.connect()
    await client.line()
    said = (await client.command(f'LOGIN {name} "wrong"'))[-1]
    await client.close()
    return said


async def test_unknown_and_wrong_are_told_alike_and_nobody_is_locked_out(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        said = {await failures(house, name) for name in ("alice@example.test", "nobody@example.test", "x" * 400)}
        assert len(said) == 1 and b"[AUTHENTICATIONFAILED]" in said.pop()
        for _ in range(8):
            await failures(house, "alice@example.test")
        started = time.monotonic()
        client = await house.login()
        assert time.monotonic() - started < 10
        await client.close()
