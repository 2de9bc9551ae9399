"""Texts of people, in six languages: Debian's installation guide, cut into paragraphs; and messages and queries made of them, the same at each run."""

from __future__ import annotations

import gzip
import random
import re
from dataclasses import dataclass
from pathlib import Path

from postroom.message.entities import scan
from postroom.message.search.characters import RUN
from postroom.message.search.content import header_text
from postroom.message.search.normal import normalise

FOLDER = Path("/usr/share/doc/installation-guide-amd64")
LANGUAGES = ("en", "de", "zh_CN", "ja", "ko", "fr")
_SHORTEST = 40  # characters of a paragraph


@dataclass(frozen=True)
class Written:
    """A message, and its body as searches see it."""

    octets: bytes
    text: str
    size: int
    """Octets of all text that is indexed, the header's too."""


def paragraphs() -> dict[str, list[str]]:
    """By language."""
    found = {}
    for language in LANGUAGES:
        text = gzip.decompress((FOLDER / language / f"install.{language}.txt.gz").read_bytes()).decode(
            "utf-8", "replace"
        )
        found[language] = [one.strip() for one in re.split(r"\n\s*\n", text) if len(one) >= _SHORTEST]
    return found


def messages(count: int) -> list[Written]:
    """Of one to some ten paragraphs, each with a number of its own; a third English."""
    known = paragraphs()
    source = random.Random(11)
    return [_message(number, known, source) for number in range(count)]


def _message(number: int, known: dict[str, list[str]], source: random.Random) -> Written:
    language = source.choice(("en", *LANGUAGES))
    chosen = [source.choice(known[language]) for _ in range(max(1, int(source.lognormvariate(1.0, 0.8))))]
    body = (
        "\r\n\r\n".join("\r\n".join(one.splitlines()) for one in chosen)
        + f"\r\n\r\nReference {source.randrange(10**8)}\r\n"
    )
    head = (
        f"Received: from out.remote.test (out.remote.test [192.0.2.{number % 250}]) by mail.bench.test with ESMTPS id {source.randbytes(8).hex()}\r\n"
        f"From: Sender {number % 50} <s{number % 50}@remote.test>\r\nTo: user@bench.test\r\nSubject: Message {number} about things\r\n"
        f"Date: Mon, 2 Nov 2026 10:{number % 60:02d}:00 +0000\r\nMessage-ID: <{number}.{source.randbytes(6).hex()}@remote.test>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    octets = (head + body).encode()
    text = normalise(body)
    return Written(octets, text, len(text.encode()) + len(header_text(scan(octets))))


def queries(written: list[Written], count: int) -> dict[str, list[str]]:
    """Cut out of the texts, by kind."""
    source = random.Random(12)
    found: dict[str, list[str]] = {kind: [] for kind in ("word", "infix", "phrase", "1 CJK", "2 CJK", "5 CJK")}
    while any(len(some) < count for some in found.values()):
        text = source.choice(written).text
        runs = list(RUN.finditer(text))
        words = [run[2] for run in runs if run[2] and run[2].isalpha() and len(run[2]) >= 6]
        if words:
            word = source.choice(words)
            found["word"].append(word)
            if len(word) >= 8:
                start = source.randrange(1, len(word) - 6)
                found["infix"].append(word[start : start + 5])
        spaced = text.split(" ")
        if len(spaced) > 30:
            start = source.randrange(len(spaced) - 3)
            phrase = " ".join(spaced[start : start + 3])
            if len(phrase) > 12 and phrase.isprintable():
                found["phrase"].append(phrase)
        without_spaces = [run[1] for run in runs if run[1] and len(run[1]) >= 6]
        if without_spaces:
            run = source.choice(without_spaces)
            for length in (1, 2, 5):
                start = source.randrange(len(run) - length + 1)
                found[f"{length} CJK"].append(run[start : start + length])
    return {kind: list(dict.fromkeys(some))[:count] for kind, some in found.items()}
