"""Snippets: marks in the text as it was written, whatever its case, width and composition."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.access.search.query import AllOf, AnyOf, Everything, FileNameHas, HeaderHas, Not, Query, TextHas
from postroom.access.search.snippets import MOST_OCTETS, Snippet, Snippets
from postroom.message.search.content import SearchText
from postroom.message.search.normal import normalise
from postroom.message.search.original import Original

MARK = re.compile("<mark>(.*?)</mark>")


def loose(text: str) -> TextHas:
    return TextHas(text, header=True, loose=True)


@pytest.mark.parametrize(
    ("asked", "text", "preview"),
    [
        (loose("budget"), "The Budget of 2024", "The <mark>Budget</mark> of 2024"),
        (loose("budget"), "nothing here", None),
        (loose("bud"), "rosebud, Budget", "rosebud, <mark>Bud</mark>get"),
        (loose("a b"), "b is & <a>", "<mark>b</mark> is &amp; &lt;<mark>a</mark>&gt;"),
        (TextHas("two words", header=False), "so Two \r\n Words, yes", "so <mark>Two Words</mark>, yes"),
        (loose("ｅｘａｍｐｌｅ"), "an EXAMPLE", "an <mark>EXAMPLE</mark>"),
        (loose("example"), "全角Ｅｘａｍｐｌｅだ", "全角<mark>Ｅｘａｍｐｌｅ</mark>だ"),
        (loose("ガイド"), "ｶﾞｲﾄﾞです", "<mark>ｶﾞｲﾄﾞ</mark>です"),
        (loose("한글"), "\u1112\u1161\u11ab\u1100\u1173\u11af 문서", "<mark>\u1112\u1161\u11ab\u1100\u1173\u11af</mark> 문서"),
        (loose("café"), "le CAFE\u0301 noir", "le <mark>CAFE\u0301</mark> noir"),
        (loose("office"), "oﬃce", "<mark>oﬃce</mark>"),
        (loose("strasse"), "Straße 5", "<mark>Straße</mark> 5"),
        (loose("secret"), "se\u00adcret", "<mark>se\u00adcret</mark>"),
        (loose("会议"), "关于明天会议的安排", "关于明天<mark>会议</mark>的安排"),
        (Not(loose("a")), "a", None),
        (AnyOf((loose("x"), HeaderHas(b"from", "a", loose=True))), "a x", "a <mark>x</mark>"),
        (AllOf((loose("bb"), loose("bbb"))), "a bbb", "a <mark>bbb</mark>"),
        (FileNameHas("plan", loose=True), "plan.png", "<mark>plan</mark>.png"),
        (Everything(), "a", None),
        (loose(""), "a", None),
    ],
)  # fmt: skip
def test_preview(asked: Query, text: str, preview: str | None) -> None:
    assert Snippets(asked).of("", [text]).preview == preview


def test_subject_and_texts_for_themselves() -> None:
    asked = AllOf((HeaderHas(b"subject", "plan", loose=True), TextHas("lake", header=False, loose=True)))
    assert Snippets(asked).of("Plan & lake", ["a plan", "the lake"]) == Snippet(
        "<mark>Plan</mark> &amp; lake", "the <mark>lake</mark>"
    )
    assert Snippets(loose("x")).of("none", ["none"]) == Snippet(None, None)


def test_the_window_with_most_terms() -> None:
    text = "red " + "filling " * 60 + "green and red " + "filling " * 60 + "green"
    preview = Snippets(loose("red green")).of("", [text]).preview
    assert preview is not None
    assert MARK.findall(preview) == ["green", "red"]
    assert preview.startswith("filling ")
    best = Snippets(loose("red green")).of("", ["red", "red and green", "green"]).preview
    assert best == "<mark>red</mark> and <mark>green</mark>"


def test_the_message_as_it_came_and_what_only_the_index_has_read() -> None:
    message = b"Subject: =?utf-8?q?Caf=C3=A9?= plan\r\nContent-Type: text/html\r\n\r\n<p>the <b>plan</b> of</p><p>5 &lt; 6</p>"
    found = Snippets(loose("café plan")).of_message(message)
    assert found == Snippet("<mark>Café</mark> <mark>plan</mark>", "the <mark>plan</mark> of 5 &lt; 6")
    kept = SearchText("subject: x", ("the plan of", "chapter nine"))
    assert Snippets(loose("chapter")).of_message(message, kept).preview == "<mark>chapter</mark> nine"
    assert Snippets(loose("chapter")).of_message(message).preview is None


WRITTEN = st.text(
    st.one_of(
        st.sampled_from("abc XYZ éß&<>\u0301\u0307\u00ad\u200b ｶﾞﾊﾟＡｂ会议ㄱ\u1112\u1161\u11ab한ﬃ\t\n\u3000дй"), st.characters(codec="utf-8")
    ),
    max_size=400,
)  # fmt: skip


@given(WRITTEN)
def test_normal_in_pieces_is_normal(text: str) -> None:
    assert Original(text).normal == normalise(text)


@given(WRITTEN, st.data())
def test_the_way_back_leads_to_what_it_came_from(text: str, data: st.DataObject) -> None:
    original = Original(text)
    if not original.normal:
        return
    start = data.draw(st.integers(0, len(original.normal) - 1))
    end = data.draw(st.integers(start + 1, min(start + 20, len(original.normal))))
    low, high = original.span(start, end)
    assert 0 <= low < high <= len(text)
    assert original.normal[start:end].strip() in normalise(text[low:high])


@given(WRITTEN, st.data())
def test_what_is_marked_is_what_was_looked_for(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    asked = text[start : start + data.draw(st.integers(1, 12))]
    preview = Snippets(TextHas(asked, header=True)).of("", [text]).preview
    if preview is None:
        assert not normalise(asked).strip() or normalise(asked) not in normalise(text)
        return
    assert len(preview.encode()) <= MOST_OCTETS
    marks = MARK.findall(preview)
    assert marks
    plain = html.unescape(preview.replace("<mark>", "").replace("</mark>", ""))
    assert "<mark>" in preview
    assert not re.search("<(?!/?mark>)", preview)
    assert len(plain) <= len(text)


@given(st.text("ab cé会ｶﾞＡ", max_size=300), st.sampled_from(["a", "é", "会", "b c", "ガ", "ab"]))
def test_marks_of_whole_characters_are_the_term(text: str, asked: str) -> None:
    preview = Snippets(TextHas(asked, header=True)).of("", [text]).preview
    assert (preview is not None) == (normalise(asked) in normalise(text))
    for mark in MARK.findall(preview or ""):
        assert normalise(mark).replace(normalise(asked), "") == ""
