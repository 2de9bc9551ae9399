import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.imap.patterns import ListPattern


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("*", "a/b/c", True),
        ("%", "a", True),
        ("%", "a/b", False),
        ("a/%", "a/b", True),
        ("a/%", "a/b/c", False),
        ("%/%", "a/b", True),
        ("%*", "a/b/c", True),
        ("*c", "a/b/c", True),
        ("a", "a", True),
        ("a", "ab", False),
        ("", "", True),
        ("inbox", "INBOX", True),
        ("iN%", "INBOX", True),
        ("inbox", "inbox", True),
        ("inbox", "Inbox2", False),
        ("a", "A", False),
        ("a.c", "abc", False),
    ],
)
def test_matches(pattern: str, name: str, matched: bool) -> None:
    assert ListPattern(pattern, "/").matches(name) is matched


def test_the_reference_stands_before_the_pattern() -> None:
    assert ListPattern("%", "/", reference="a/").matches("a/b")
    assert not ListPattern("%", "/", reference="a/").matches("b")


def test_without_a_delimiter_both_wildcards_are_one() -> None:
    assert ListPattern("%", None).matches("a/b")


def test_a_thousand_wildcards() -> None:
    pattern = ListPattern("*%a" * 330, "/")
    assert not pattern.matches("a" * 329 + "b" * 600)
    assert pattern.matches("ab" * 329 + "a")


@settings(max_examples=200)
@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=10))
def test_as_a_regular_expression_has_it(pattern: str, name: str) -> None:
    translated = re.escape(pattern).replace(r"\*", ".*").replace("%", "[^/]*")
    assert ListPattern(pattern, "/").matches(name) is bool(re.fullmatch(translated, name))
