"""SEARCH, SORT and THREAD=ORDEREDSUBJECT over a real door against plain readings in Python: random mail in many charsets, encodings and shapes."""

from __future__ import annotations

import asyncio
import base64
import quopri
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness_imap import Client, imap_house

WORDS = {
    "utf-8": ("straße", "GRÜSSE", "日本語", "жук", "plain", "e\u0301té", "100%_", "a*b"),
    "iso-8859-1": ("Élan", "garçon", "straße", "plain", "NEAR/2"),
    "koi8-r": ("жук", "Москва", "plain"),
    "iso-2022-jp": ("日本語", "テスト", "plain"),
    "shift_jis": ("日本語", "テスト"),
    "gb18030": ("中文", "plain"),
    "windows-1252": ("“quoted”", "€uro"),
    "us-ascii": ("plain", 'col:"x"', "OR AND", "back\\slash"),
}
ENCODINGS = ("8bit", "base64", "quoted-printable")
KEYS = ("BODY", "TEXT", "SUBJECT", "FROM", "HEADER X-Note")


@dataclass(frozen=True)
class Part:
    charset: str
    encoding: str
    words: tuple[str, ...]
    html: bool

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def raw(self) -> bytes:
        text = self.text
        if self.html:
            text = "<p>" + text.replace(" ", " <b></b>") + "</p>"
        body = (text + "\r\n").encode(self.charset)
        if self.encoding == "base64":
            body = base64.encodebytes(body).replace(b"\n", b"\r\n")
        elif self.encoding == "quoted-printable":
            body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        kind = "html" if self.html else "plain"
        head = (
            f"Content-Type: text/{kind}; charset={self.charset}\r\nContent-Transfer-Encoding: {self.encoding}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True)
class Mail:
    parts: tuple[Part, ...]
    subject: tuple[str, str]
    sender: tuple[str, str]
    nested: bool

    def raw(self) -> bytes:
        header = f"Subject: {word(*self.subject)}\r\nFrom: {word(*self.sender)} <someone@example.test>\r\n"
        header += f"X-Note: {word(*self.subject)} note\r\n"
        if len(self.parts) == 1:
            inner = self.parts[0].raw()
        else:
            pieces = b"".join(b"--edge\r\n" + part.raw() + b"\r\n" for part in self.parts)
            inner = b"Content-Type: multipart/mixed; boundary=edge\r\n\r\n" + pieces + b"--edge--\r\n"
        if self.nested:
            inner = b"Content-Type: message/rfc822\r\n\r\nX-Inner: yes\r\n" + inner
        return header.encode() + inner

    def fields(self) -> dict[str, str]:
        return {
            "SUBJECT": self.subject[1], "FROM": f"{self.sender[1]} <someone@example.test>",
            "HEADER X-Note": self.subject[1] + " note",
        }  # fmt: skip

    def headers(self) -> list[str]:
        """The lines of the header and of the nested header, names and all, encoded words decoded."""
        fields = self.fields()
        lines = [f"Subject: {fields['SUBJECT']}", f"From: {fields['FROM']}", f"X-Note: {fields['HEADER X-Note']}"]
        blocks = self.raw().split(b"\r\n\r\n")[: 1 + self.nested]
        outer, *nested = [block.decode("ascii").split("\r\n") for block in blocks]
        return lines + outer[len(lines) :] + [line for block in nested for line in block]

    def has(self, key: str, needle: str) -> bool:
        bodies = [part.text + "\r\n" for part in self.parts]
        lines = self.headers()
        if self.nested:
            bodies += lines[4:]
        if key == "BODY":
            return any(found(needle, body) for body in bodies)
        if key == "TEXT":
            return any(found(needle, text) for text in (*bodies, *lines))
        return found(needle, self.fields()[key])


def word(charset: str, text: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def found(needle: str, text: str) -> bool:
    """Case-insensitive substring, by hand; a line end is white space like any other, and white space is one space."""
    needle, text = (re.sub(r"\s+", " ", unicodedata.normalize("NFC", one).casefold()) for one in (needle, text))
    return needle in text


def charset_and_word() -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from([(charset, text) for charset, texts in WORDS.items() for text in texts])


@st.composite
def part(draw: st.DrawFn) -> Part:
    charset = draw(st.sampled_from(list(WORDS)))
    words = draw(st.lists(st.sampled_from(WORDS[charset]), min_size=1, max_size=3))
    return Part(charset, draw(st.sampled_from(ENCODINGS)), tuple(words), draw(st.booleans()))


MAIL = st.builds(
    Mail, st.lists(part(), min_size=1, max_size=3).map(tuple), charset_and_word(), charset_and_word(), st.booleans()
)


@st.composite
def needle(draw: st.DrawFn) -> str:
    """A word, a piece of one, or one letter off."""
    text = draw(st.sampled_from(sorted({text for texts in WORDS.values() for text in texts})))
    start = draw(st.integers(0, len(text) - 1))
    piece = text[start : draw(st.integers(start + 1, len(text)))]
    return draw(st.sampled_from((text, piece, piece.upper(), piece + "q", text + " plain")))


async def searched(client: Client, key: str, text: str) -> set[int]:
    raw = text.encode()
    lines = await client.command(b"SEARCH CHARSET UTF-8 %b {%d+}\r\n%b" % (key.encode(), len(raw), raw))
    assert lines[-1].split()[1] == b"OK", lines
    (found_line,) = [line for line in lines if line.startswith(b"* SEARCH")]
    return {int(number) for number in found_line.removeprefix(b"* SEARCH").split()}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MAIL, min_size=1, max_size=6), st.lists(needle(), min_size=4, max_size=8))
def test_search_finds_what_a_reader_finds(mail: list[Mail], needles: list[str]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with imap_house(Path(folder)) as house:
                client = await house.login()
                for one in mail:
                    assert b" OK " in (await client.append(one.raw()))[-1]
                await client.command("SELECT INBOX")
                for text in needles:
                    # a combining mark alone is a part of the letter before it, in whatever form that was written
                    if unicodedata.combining(text[0]):
                        continue
                    for key in KEYS:
                        expected = {at for at, one in enumerate(mail, 1) if one.has(key, text)}
                        got = await searched(client, key, text)
                        assert got == expected, (key, text)
                await client.close()

    asyncio.run(run())


# SORT

SUBJECTS = ("apple", "Re: Apple", "[l] zebra", "Éclair", "eclair", "", "Zoo (fwd)")
SENDERS = ("anna@x.test", "Zoe <bob@x.test>", "Carl <ANNA@x.test>", "")
DATES = ("Thu, 1 Jan 2026 12:00:00 +0000", "Thu, 1 Jan 2026 12:30:00 +0200", "never", "")
BASES = ("apple", "Apple", "zebra", "Éclair", "eclair", "", "Zoo")
ROW = st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 3), st.integers(1, 9), st.integers(0, 5))
CRITERIA = st.lists(
    st.tuples(st.sampled_from(("SUBJECT", "FROM", "DISPLAYFROM", "DATE", "ARRIVAL", "SIZE")), st.booleans()),
    min_size=1,
    max_size=3,
)


def titled(text: str) -> str:
    return unicodedata.normalize("NFKD", text.upper())


def sort_value(key: str, row: tuple[int, int, int, int, int], size: int) -> object:
    """Times in seconds of January 2026; the sent dates are on its first day."""
    subject, sender, date, day, _ = row
    arrival = (day - 1) * 86400
    return {
        "SUBJECT": titled(BASES[subject]),
        "FROM": titled(("anna", "bob", "ANNA", "")[sender]),
        "DISPLAYFROM": titled(("anna@x.test", "Zoe", "Carl", "")[sender]),
        "DATE": (12 * 3600, 10 * 3600 + 1800, arrival, arrival)[date],
        "ARRIVAL": arrival,
        "SIZE": size,
    }[key]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ROW, min_size=1, max_size=8), st.lists(CRITERIA, min_size=3, max_size=6))
def test_sort_is_that_of_a_list(
    rows: list[tuple[int, int, int, int, int]], orders: list[list[tuple[str, bool]]]
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with imap_house(Path(folder)) as house:
                client = await house.login()
                sizes = []
                for subject, sender, date, day, filler in rows:
                    raw = f"Subject: {SUBJECTS[subject]}\r\nFrom: {SENDERS[sender]}\r\nDate: {DATES[date]}\r\n\r\n"
                    raw += "x" * filler
                    sizes.append(len(raw.encode()))
                    when = f'"{day:02}-Jan-2026 00:00:00 +0000" '
                    assert b" OK " in (await client.append(raw.encode(), flags=when))[-1]
                await client.command("SELECT INBOX")
                for criteria in orders:
                    expected = list(range(len(rows)))
                    for key, reverse in reversed(criteria):
                        values = [sort_value(key, row, size) for row, size in zip(rows, sizes, strict=True)]
                        expected.sort(key=values.__getitem__, reverse=reverse)  # type: ignore[arg-type]
                    words = " ".join(("REVERSE " if reverse else "") + key for key, reverse in criteria)
                    lines = await client.command(f"SORT ({words}) UTF-8 ALL")
                    got = [int(number) - 1 for number in lines[0].removeprefix(b"* SORT").split()]
                    assert got == expected, (words, lines)
                await client.close()

    asyncio.run(run())
