"""THREATS A2.3 and A2.7 for SEARCH, SORT and THREAD: what a client may ask and what a message may hold, each bounded, literal and answered."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path

import pytest

from harness_imap import Client, ImapHouse, imap_house

THREE = (b"Subject: 100%_ done\r\n\r\none", b"Subject: a.*b\r\n\r\ntwo", b"Subject: x\r\n\r\nNEAR three")


async def ready(house: ImapHouse) -> Client:
    client = await house.login()
    for message in THREE:
        assert b" OK " in (await client.append(message))[-1]
    await client.command("SELECT INBOX")
    return client


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"SEARCH " + b"NOT " * 12_000 + b"ALL", b"BAD"),
        (b"SEARCH " + b"OR " * 15_000 + b"ALL ALL", b"BAD"),
        (b"SEARCH " + b"(" * 60_000, b"BAD"),
        (b"SEARCH " + b"NOT " * 90 + b"ALL", b"OK"),
        (b"SEARCH " + b",".join(b"%d" % n for n in range(1, 10_000)), b"OK"),
        (b"SEARCH " + b"1," * 20_000 + b"1", b"BAD"),
        (b"SEARCH 1:4294967295", b"OK"),
        (b"FETCH 1:4294967295 UID", b"OK"),
        (b"SEARCH *", b"OK"),
        (b"SEARCH 0", b"BAD"),
        (b"SEARCH 4294967296", b"BAD"),
        (b"SEARCH UID 4294967296", b"BAD"),
        (b"SEARCH 1:0", b"BAD"),
        (b"SEARCH BODY {1048576}", b"BAD"),
        (b"SEARCH " + b"SEEN " * 10_000 + b"SEEN", b"NO [LIMIT]"),
        (b"SORT (" + b"DATE " * 10_000 + b"DATE) UTF-8 ALL", b"BAD"),
        (b"SORT (DATE) UTF-8 " + b"NOT " * 12_000 + b"ALL", b"BAD"),
        (b"THREAD REFERENCES UTF-8 " + b"NOT " * 12_000 + b"ALL", b"BAD"),
        (b"SEARCH CHARSET X-UNKNOWN SUBJECT x", b"NO [BADCHARSET (US-ASCII UTF-8)]"),
        (b"CANCELUPDATE" + b' "x"' * 10_000, b"BAD"),
    ],
)
async def test_what_a_client_may_not_ask_is_refused_and_the_session_goes_on(
    tmp_path: Path, command: bytes, answer: bytes
) -> None:
    async with imap_house(tmp_path) as house:
        client = await ready(house)
        said = (await client.command(command))[-1]
        assert said.split(b" ", 1)[1].startswith(answer), said[:200]
        assert (await client.command("SEARCH ALL"))[0] == b"* SEARCH 1 2 3"
        await client.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%", b" 1"), ("_", b" 1"), ("100%_", b" 1"), ("%done", b""), (".*", b" 2"), ("a.*b", b" 2"), ("a.b", b""), ("[a-z]", b""),
        ("two OR one", b""), ("NEAR", b" 3"), ("thr*", b""), ("subject:x", b""), ("' OR 1=1 --", b""), ("x\\\\", b""),
        ("one\\\" OR", b""),
    ],
)  # fmt: skip
async def test_no_language_is_read_in_search_strings(tmp_path: Path, text: str, found: bytes) -> None:
    async with imap_house(tmp_path) as house:
        client = await ready(house)
        lines = await client.command(f'SEARCH TEXT "{text}"')
        assert lines[0] == b"* SEARCH" + found
        await client.close()


async def test_the_last_message_of_an_empty_mailbox_is_none(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login(mailbox="INBOX")
        for command in (
            "SEARCH *",
            "UID SEARCH UID *",
            "SEARCH 1:*",
            "SORT (DATE) UTF-8 *",
            "THREAD REFERENCES UTF-8 *",
        ):
            lines = await client.command(command)
            assert len(lines) == 2 and lines[0].split()[1:] == [command.replace("UID ", "").split()[0].encode()], lines
        await client.close()


def nested(levels: int) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(levels)
    )
    return opening + b"\r\nneedle\r\n"


HOSTILE = {
    "20,000 levels": nested(20_000),
    "100,000 parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000 + b"needle",
    "1 MB of encoded words": b"Subject:" + b"\r\n =?utf-8?q?a=20?=" * 50_000 + b"\r\n\r\nneedle",
    "20,000 forwarded": b"Content-Type: message/rfc822\r\n\r\n" * 20_000 + b"needle",
    "10 MB in base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(b"<p>word " * 1_250_000 + b"needle"),
    "10,000 references": b"References:" + b"".join(b"\r\n <%d@x>" % n for n in range(10_000)) + b"\r\n\r\nneedle",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_message_is_searched_in_bounded_time_and_others_go_on(tmp_path: Path, name: str) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        assert b" OK " in (await client.append(HOSTILE[name]))[-1]
        await client.command("SELECT INBOX")
        other = await house.login("bob")
        started = time.monotonic()
        client.send(b"s1 SEARCH TEXT nothing-of-this\r\ns2 SEARCH BODY needle\r\n")
        client.send(b"s3 SORT (SUBJECT FROM TO) UTF-8 ALL\r\ns4 THREAD REFERENCES UTF-8 ALL\r\n")
        for _ in range(3):
            assert b" OK " in (await other.command("NOOP"))[-1]
        answers = [await asyncio.wait_for(client.answer(tag), 60) for tag in (b"s1", b"s2", b"s3", b"s4")]
        assert time.monotonic() - started < 60
        assert [answer[0] for answer in answers[:1]] == [b"* SEARCH"]
        assert [answer[0] for answer in answers[2:]] == [b"* SORT 1", b"* THREAD (1)"]
        await client.close()
        await other.close()
