"""Mailbox names and keywords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.model.errors import Malformed, Meaning
from postroom.model.keywords import BITS, Keywords
from postroom.model.mailbox import ancestors, normal_name


@pytest.mark.parametrize(
    ("name", "normal"),
    [("inbox", "INBOX"), ("iNbOx/x", "INBOX/x"), ("Inboxes", "Inboxes"), ("a/b", "a/b"), ("re\u0301sume\u0301", "r\u00e9sum\u00e9"), ("日本語", "日本語"), ("~", "~"), ("#news", "#news")],
)  # fmt: skip
def test_a_name_has_one_spelling(name: str, normal: str) -> None:
    assert normal_name(name) == normal


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../x",
        "a/../b",
        "a\0b",
        "a\r\nb",
        "a*",
        "a%b",
        "x" * 2000,
        "a/" * 40 + "a",
        "\ud800",
        "x" * 256,
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(Malformed) as refusal:
        normal_name(name)
    assert refusal.value.meaning is Meaning.NAME_NOT_ALLOWED


@given(st.text(max_size=50))
def test_a_normal_name_is_its_own_normal_name(name: str) -> None:
    try:
        normal = normal_name(name)
    except (Malformed, UnicodeEncodeError) as error:
        assert isinstance(error, Malformed)
        return
    assert normal_name(normal) == normal


def test_ancestors_come_outermost_first() -> None:
    assert ancestors("a/b/c") == ["a", "a/b"]
    assert ancestors("a") == []


names = st.sampled_from([*BITS, "$Seen", "Work", "work", "later", "$label1", "x-y"])


@given(st.lists(names), st.lists(names))
def test_keywords_are_a_set_without_case(first: list[str], second: list[str]) -> None:
    one, two = Keywords.of(first), Keywords.of(second)
    folded = {name.lower() for name in one.names()}
    assert folded == {name.lower() for name in first}
    assert {name.lower() for name in one.with_added(two).names()} == folded | {name.lower() for name in second}
    assert {name.lower() for name in one.with_removed(two).names()} == folded - {name.lower() for name in second}
    assert Keywords.stored(one.bits, one.others_text) == one
