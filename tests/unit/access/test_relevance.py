"""Relevance: which of two messages has more to do with a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.access.search.query import AllOf, AnyOf, HasKeyword, HeaderHas, Not, Query, TextHas
from postroom.access.search.relevance import LEAST, MOST, Relevance
from postroom.message.search.content import SearchText
from postroom.message.search.normal import normalise
from postroom.model.keywords import Keywords


def kept(subject: str = "", sender: str = "", *bodies: str, other: str = "") -> SearchText:
    lines = [f"subject: {subject}", f"from: {sender}", f"x-other: {other}"]
    return SearchText("\n".join(map(normalise, lines)), tuple(map(normalise, bodies)))


def anywhere(text: str) -> TextHas:
    return TextHas(text, header=True, loose=True)


@pytest.mark.parametrize(
    ("asked", "more", "less"),
    [
        (anywhere("red"), kept("red"), kept("", "red")),
        (anywhere("red"), kept("redder"), kept("", "", *["red " * 50])),
        (anywhere("red"), kept("", "red"), kept("", "", "red")),
        (anywhere("red"), kept("", "", "red"), kept(other="red")),
        (anywhere("red"), kept("red", "", "red"), kept("red")),
        (anywhere("red"), kept("", "", "red red red"), kept("", "", "red")),
        (anywhere("red"), kept("", "", "red"), kept("", "", "reddish")),
        (anywhere("red fox"), kept("", "", "red fox"), kept("", "", "red " + "x" * 200 + " fox")),
        (anywhere("red fox"), kept("", "", "red fox"), kept("", "", "red", "fox")),
        (AnyOf((anywhere("red"), anywhere("fox"))), kept("red fox"), kept("red")),
        (HeaderHas(b"subject", "red", loose=True), kept("red"), kept("reddish", "", "red")),
        (AllOf((anywhere("red"), Not(anywhere("fox")))), kept("red"), kept("reddish", "fox")),
    ],
)
def test_more_relevant(asked: Query, more: SearchText, less: SearchText) -> None:
    relevance = Relevance(asked)
    assert MOST >= relevance.score(more) > relevance.score(less) >= LEAST


def test_hits_beyond_some_say_nothing_new() -> None:
    relevance = Relevance(anywhere("red"))
    assert relevance.score(kept("", "", "red " * 16)) == relevance.score(kept("", "", "red " * 5000))


def test_everything_there_is_is_the_most() -> None:
    many = "red " * 20
    assert Relevance(anywhere("red")).score(kept(many, many, many, other=many)) == MOST
    assert Relevance(HeaderHas(b"from", "red", loose=True)).score(kept("", many)) == MOST


@pytest.mark.parametrize(
    "asked", [HasKeyword(Keywords.of(["$seen"])), TextHas("red", header=True), Not(anywhere("red"))]
)
def test_without_loose_texts_all_are_alike(asked: Query) -> None:
    assert Relevance(asked).score(kept("x")) == MOST


@given(
    st.text("red fox.", max_size=40),
    st.text("red fox.", max_size=40),
    st.text("red fox.", max_size=40),
    st.text("red fo", max_size=9),
)
def test_within_its_bounds(subject: str, sender: str, body: str, asked: str) -> None:
    score = Relevance(AllOf((anywhere(asked), anywhere("e")))).score(kept(subject, sender, body))
    assert LEAST <= score <= MOST
