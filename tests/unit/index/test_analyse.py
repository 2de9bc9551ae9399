"""Tokens of a text, and the questions that a needle puts to them."""

from __future__ import annotations

import random

import pytest

from postroom.index.analyse import WORDS, tokens, whole_token
from postroom.index.query import MOST_WORDS, Candidates, Planner
from postroom.message.search.matching import needle


@pytest.mark.parametrize(
    ("text", "words", "others"),
    [
        ("hello, world hello", {"hello", "world"}, set()),
        ("don't re-send", {"don", "t", "re", "send"}, set()),
        ("2026 12345", {"2026"}, {"~123", "~234", "~345", "#12"}),
        ("ab12", set(), {"~ab1", "~b12", "#ab"}),
        ("a1", set(), {"#a1"}),
        ("y" * 25, set(), {"~yyy", "#yy"}),
        ("全文検索", set(), {"全文", "文検", "検索", "索"}),
        ("字 母", set(), {"字", "母"}),
        ("abc検索def", {"abc", "def"}, {"検索", "索"}),
        ("แมว", set(), {"แม", "มว", "ว"}),
        ("😀👍", set(), {"😀👍", "👍"}),
        ("!?-", set(), set()),
        ("", set(), set()),
    ],
)
def test_tokens(text: str, words: set[str], others: set[str]) -> None:
    found = tokens(text, whole_cjk=False)
    assert (found.words, found.others) == (words, others)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("全文検索 機能", {"%全文検索", "%機能"}),
        ("ไทย検索ไทย", {"ไท", "ทย", "ย", "%検索"}),
        ("字" * 30, {whole_token("字" * 30)}),
    ],
)
def test_tokens_of_whole_words(text: str, others: set[str]) -> None:
    assert tokens(text, whole_cjk=True).others == others
    assert all(len(one) <= 26 for one in others)


def test_random_letters_do_not_become_words() -> None:
    source = random.Random(1)
    text = " ".join("".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=12)) for _ in range(3 * WORDS))
    found = tokens(text, whole_cjk=False)
    assert len(found.words) == WORDS
    assert len(found.others) <= 26**3 + 26**2


def nothing(piece: str, most: int) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("検", Candidates(sure='"検" *')),
        ("検索", Candidates(sure='"検索"')),
        ("全文検", Candidates(maybe='("全文" AND "文検")')),
        ("ab", Candidates(unbounded=True)),
        ("!!", Candidates(unbounded=True)),
        ("abc", Candidates(sure='("~abc")')),
        ("abcd", Candidates(maybe='("~abc" AND "~bcd")')),
        ("a abcd b", Candidates(maybe='("abcd" OR ("~abc" AND "~bcd" AND "#ab")) AND ("b" * OR ("#b" *))')),
    ],
)
def test_what_is_asked_of_the_tokens(asked: str, expected: Candidates) -> None:
    wanted = needle(asked)
    found = Planner(nothing).candidates(wanted, wanted.terms[0])
    assert found == expected


def test_a_piece_of_too_many_words_says_nothing() -> None:
    wanted = needle("ing")
    planner = Planner(lambda piece, most: [f"{number}ing" for number in range(most)])
    assert planner.candidates(wanted, "ing").unbounded
    few = Planner(lambda piece, most: ["going", "ring"], "!")
    assert few.candidates(wanted, "ing").sure == '"!going" OR "!ring" OR ("!~ing")'
    assert MOST_WORDS > 2


def test_loose_words_begin_words() -> None:
    wanted = needle("foo b1", loose=True)
    assert Planner(nothing).candidates(wanted, "foo") == Candidates('"foo" *', '("~foo" AND "#fo")')
    assert Planner(nothing).candidates(wanted, "b1") == Candidates('"b1" * OR ("#b1")')
