"""Where SEARCH looks, case by case: raw header bytes, names of attachments, part trees, white space, empty strings."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness_imap import imap_house

RAW_HEADER = "Subject: Привет\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nпока\r\n".encode("koi8-r")
RAW_IN_PARTS = (
    "Subject: Привет\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nпока"
    "\r\n--b--\r\n"
).encode("koi8-r")
ATTACHED = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf\r\n"
    b"Content-Disposition: attachment; filename*0*=utf-8''%E2%82%AC%20rep; filename*1=ort.pdf\r\n\r\n%PDF secret\r\n--b--\r\n"
)
FOLDED = b"Subject: two\r\n words\r\nX-Long:\r\n\t=?utf-8?q?caf=C3?=\r\n =?utf-8?q?=A9?= end\r\n\r\nlines that\r\nbreak  here"
NO_TEXT = b"Content-Type: image/png\r\n\r\nxyz"


@pytest.mark.parametrize(
    ("message", "key", "found"),
    [
        (RAW_HEADER, 'SUBJECT "ПРИВЕТ"', True),
        (RAW_IN_PARTS, 'SUBJECT "привет"', True),
        (RAW_IN_PARTS, 'TEXT "ПОКА"', True),
        (RAW_IN_PARTS, 'TEXT "привет"', True),
        (RAW_IN_PARTS, 'BODY "привет"', False),
        (ATTACHED, 'BODY "€ Report.PDF"', True),
        (ATTACHED, 'BODY "secret"', False),
        (FOLDED, 'SUBJECT "two words"', True),
        (FOLDED, 'HEADER X-LONG "café END"', True),
        (FOLDED, 'HEADER X-LONG ""', True),
        (FOLDED, 'HEADER X-NONE ""', False),
        (FOLDED, 'BODY "that break here"', True),
        (FOLDED, 'BODY "thatbreak"', False),
        (FOLDED, 'BODY "he "', False),
        (FOLDED, 'BODY "lines "', True),
        (NO_TEXT, 'BODY ""', True),
        (NO_TEXT, 'TEXT ""', True),
        (NO_TEXT, 'SUBJECT ""', False),
        (NO_TEXT, 'NOT BODY ""', False),
    ],
)
async def test_where_search_looks(tmp_path: Path, message: bytes, key: str, found: bool) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        assert b" OK " in (await client.append(message))[-1]
        await client.command("SELECT INBOX")
        assert (await client.command(f"SEARCH CHARSET UTF-8 {key}"))[0] == (b"* SEARCH 1" if found else b"* SEARCH")
        await client.close()
