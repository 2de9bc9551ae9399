"""The index's answer is the scan's: for texts in every script, queries of every length, both switches, headers and bodies, loose and as they stand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from corpora import LANGUAGES, query, text
from postroom.index.analyse import tokens
from postroom.index.index_file import Entry, IndexFile
from postroom.index.searching import asked, find, header_candidates
from postroom.message.search.content import SearchText
from postroom.message.search.matching import needle
from postroom.message.search.normal import normalise

LENGTHS = (1, 2, 3, 4, 5, 10, 40)


def entry(email_id: int, header: str, bodies: tuple[str, ...], *, whole_cjk: bool) -> Entry:
    kept = SearchText(normalise(header), tuple(map(normalise, bodies)))
    return Entry(
        email_id,
        b"",
        kept,
        tokens(kept.header, whole_cjk=False),
        tokens("\n".join(kept.bodies), whole_cjk=whole_cjk),
        whole_cjk,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("whole_cjk", [False, True])
def test_the_index_answers_as_a_scan_does(tmp_path: Path, language: str, whole_cjk: bool) -> None:
    source = random.Random(f"{language} {whole_cjk}")
    raw = [
        ("Subject: " + text(source, language, 3), (text(source, language, source.randrange(1, 30)), text(source, "mixed", 2)))
        for _ in range(120)
    ]  # fmt: skip
    # some were indexed by the other rule: they wait to be indexed again
    entries = [
        entry(number, header, bodies, whole_cjk=whole_cjk if number % 5 else not whole_cjk)
        for number, (header, bodies) in enumerate(raw, 1)
    ]
    file = IndexFile(tmp_path / "index.sqlite")
    file.add(entries[:60])
    file.add(entries[60:])
    for _ in range(250):
        header, bodies = source.choice(raw)
        wanted = query(source, source.choice([header, *bodies]), source.choice(LENGTHS))
        loose, in_header = source.random() < 0.4, source.random() < 0.4
        question = asked(wanted, header=in_header, loose=loose, whole_cjk=whole_cjk)
        expected = [one.email_id for one in entries if question.matches(one.text.header, "\n".join(one.text.bodies))]
        where = f"{wanted!r} {loose=} {in_header=}"
        assert find(file, question) == expected, where
        assert find(file, question, newest=3)[-3:] == expected[-3:], where
        candidates = header_candidates(file, wanted, 1000)
        with_it = [one.email_id for one in entries if needle(wanted).found_in((one.text.header,))]
        assert candidates is None or set(with_it) <= set(candidates), where
    file.close()
