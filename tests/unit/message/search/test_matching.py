"""What a search means: normalised text, and needles on it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.message.search import normal
from postroom.message.search.matching import needle
from postroom.message.search.normal import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a \r\n B\t", " a b "),
        ("\r\n", " "),
        ("", ""),
        ("e\u0301", "\u00e9"),
        ("STRASSE Straße", "strasse strasse"),
        ("ＡＢＣ１２", "abc12"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("か\u3099", "が"),
        ("\u1112\u1161\u11ab", "한"),
        ("ﬁle", "file"),
        ("⼈", "人"),
        ("Donau\u00addampf\u200bschiff", "donaudampfschiff"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\u0130", "i\u0307"),
        ("a\x00b", "a\x00b"),
        ("1\u200d2", "12"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_a_long_text_is_that_of_its_pieces() -> None:
    long = "Some Words\r\n  and \u00c9 more\t" * 20_000
    assert normalise(long) == " ".join(long.casefold().split()) + " "
    assert normalise("x" * 1_000_000) == "x" * 1_000_000


@given(st.text())
def test_normalised_text_has_no_line_feed_and_no_double_blank(text: str) -> None:
    found = normalise(text)
    assert "\n" not in found and "  " not in found


@given(st.text(max_size=20), st.text(min_size=1, max_size=8), st.text(max_size=20))
def test_what_is_cut_out_is_found(before: str, middle: str, after: str) -> None:
    text = normalise(before) + normalise(middle) + normalise(after)
    assert needle(middle).found_in(["", text])


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("ell", "hello", True),
        ("o w", "hello world", True),
        ("o  \tw", "hello world", True),
        ("ow", "hello world", False),
        ("索", "全文検索", True),
        ("文検", "全文検索", True),
        ("文索", "全文検索", False),
        ("", "anything", True),
        ("\u200b", "anything", True),
    ],
)
def test_a_substring_as_it_stands(asked: str, text: str, found: bool) -> None:
    assert needle(asked).found_in([normalise(text)]) is found


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("hel wor", "world, hello", True),
        ("ell", "hello", False),
        ("ell", "h-ello", True),
        ("ell", "検ello", True),
        ("検索", "全文検索機", True),
        ("foo-bar", "bar (foo)", True),
        ("foo-bar", "bar", False),
        ("!!", "well!!", True),
        ("!!", "well!", False),
        ("แมว", "ฉันมีแมว", True),
        ("سلام", "قال سلاما", True),
        ("لام", "قال سلاما", False),
    ],
)
def test_loose_words_begin_words_in_any_order(asked: str, text: str, found: bool) -> None:
    assert needle(asked, loose=True).found_in([normalise(text)]) is found


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("検索", "全文検索", False),
        ("検索", "全文 検索", True),
        ("検索", "全文、検索。", True),
        ("検索", "abc検索", False),
        ("検索 ", "全文 検索 機", True),
        ("索 機", "検索 機", False),
        ("abc", "検abc索", True),
        ("แมว", "ฉันมีแมวตัว", True),
        ("한국", "한국 사람", True),
        ("한국", "한국어", False),
        ("한국", "한국어 한국", True),
    ],
)
def test_words_of_chinese_japanese_and_korean(asked: str, text: str, found: bool) -> None:
    assert needle(asked, whole_cjk=True).found_in([normalise(text)]) is found
    assert needle(asked, loose=True, whole_cjk=True).found_in([normalise(text)]) is found or asked != asked.strip()


def test_places() -> None:
    wanted = needle("ab", loose=True)
    assert wanted.places("ab cab abab ab", "ab", 9) == [0, 7, 12]
    assert wanted.places("ab cab abab ab", "ab", 2) == [0, 7]


@pytest.mark.parametrize("marks", ["\u0316\u0301", "\uff9e\u0301"])
def test_marks_without_end_take_no_more_time_than_letters(marks: str) -> None:
    def seconds(count: int) -> float:
        text = "a" + marks * count
        begun = time.process_time()
        normalise(text)
        return time.process_time() - begun

    # eight times as many would take 64 times as long where all of them were put into order together
    assert min(seconds(40_000) for _ in range(3)) < 24 * max(min(seconds(5_000) for _ in range(3)), 0.001)


def test_marks_are_put_into_order_as_far_as_people_write_them() -> None:
    assert normalise("a\u0301\u0316") == normalise("a\u0316\u0301")
    assert normalise("x" + "a\u0301\u0316" * 100) == normalise("x" + "a\u0316\u0301" * 100)


def test_every_mark_counts_as_one() -> None:
    marks = [
        chr(code)
        for code in range(0x110000)
        if not 0xD800 <= code < 0xE000 and unicodedata.combining(unicodedata.normalize("NFKC", chr(code))[0])
    ]
    assert len(marks) > 800
    assert [mark for mark in marks if not normal._CROWD.search(mark * 32) or not normal._CROWDED.search(mark * 2)] == []
