"""Run the transcripts of this folder against the whole door over the real store.

A file holds scenes, each under a line `== title`. `C:` and `S:` speak for the first client, `2C:` and `2S:` for a second one; both are logged in as alice
unless the title says [stranger]. In `S:` a `<number>` stands for any digits, `<date>` for a date-time,
`<capabilities>` for names; in `C:` a `<uidvalidity>` for the last one told. In `C:` a `{text}` that is no number is sent as LITERAL+ of that text, `\\r\\n` in it
being a line end; `S: ...` stands for untagged lines that another scene is about. Tags are the client's own.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from harness_imap import Client, ImapHouse, imap_house

FOLDER = Path(__file__).parent


def scenes() -> list[object]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for scene in path.read_text("utf-8").split("\n== ")[1:]:
            title, _, body = scene.partition("\n")
            lines = [line for line in body.splitlines() if line and not line.startswith("#")]
            found.append(pytest.param(title, lines, id=f"{path.stem}: {title}"))
    return found


def octets(text: str) -> bytes:
    def literal(found: re.Match[str]) -> str:
        content = found[1].replace("\\r\\n", "\r\n").replace("\\x00", "\x00")
        return f"{{{len(content.encode())}+}}\r\n{content}"

    return re.sub(r"\{([^}]*[^}0-9][^}]*)\}", literal, text).encode() + b"\r\n"


def pattern(text: str) -> re.Pattern[bytes]:
    raw = text.encode()
    for escape, octet in ((b"\\r\\n", b"\r\n"), (b"\\x00", b"\x00"), (b"\\x80", b"\x80")):
        raw = raw.replace(escape, octet)
    whole = re.escape(raw + b"\r\n")
    whole = whole.replace(b"<date>", rb"[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4}\ [0-9]{2}:[0-9]{2}:[0-9]{2}\ [+]0000")
    whole = whole.replace(b"<capabilities>", rb"[A-Za-z0-9+=:-]+(?: [A-Za-z0-9+=:-]+)*")
    return re.compile(whole.replace(b"<number>", rb"[0-9]+"))


async def play(house: ImapHouse, title: str, lines: list[str]) -> None:
    clients: dict[str, Client] = {}
    skipping: set[Client] = set()
    uid_validity = "1"

    async def client(number: str) -> Client:
        if number not in clients:
            if "[stranger]" in title:
                clients[number] = await house.connect()
                await clients[number].line()
            else:
                clients[number] = await house.login()
        return clients[number]

    for line in lines:
        who, _, text = line.partition(": ")
        speaker = await client(who[:-1])
        if who.endswith("C"):
            speaker.send(octets(text.replace("<uidvalidity>", uid_validity)))
        elif text == "...":
            skipping.add(speaker)
        else:
            said = await speaker.line()
            while speaker in skipping and said.startswith(b"* "):
                said = await speaker.line()
            skipping.discard(speaker)
            uid_validity = found[1].decode() if (found := re.search(rb"UIDVALIDITY (\d+)", said)) else uid_validity
            assert pattern(text).fullmatch(said), f"wanted {text!r}, got {said!r}"
    for each in clients.values():
        with pytest.raises(TimeoutError):
            said = await asyncio.wait_for(each.reader.read(1), 0.02)
            assert said == b"", f"not expected: {said + each.reader._buffer!r}"  # type: ignore[attr-defined]
            raise TimeoutError
        await each.close()


@pytest.mark.parametrize(("title", "lines"), scenes())
async def test_transcript(title: str, lines: list[str], tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        await play(house, title, lines)
