"""i;unicode-casemap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.message.fields.casemap import casemap


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("abc", "ABC"), ("é", "E\u0301"), ("É", "e\u0301"), ("ǆ", "ǅ"), ("ﬁ", "ﬁ"), ("Ａ", "a"), ("²", "2"),
        ("ﷺ", "صلى الله عليه وسلم"), ("µ", "Μ"), ("ς", "Σ"),
    ],
)  # fmt: skip
def test_equal(left: str, right: str) -> None:
    assert casemap(left) == casemap(right)


@pytest.mark.parametrize(
    ("left", "right"), [("ß", "ss"), ("e", "é"), ("가", "\u1100\u1161"), ("i", "ı\u0307"), ("a", "b"), ("Ǆ", "D\u017d")]
)
def test_not_equal(left: str, right: str) -> None:
    assert casemap(left) != casemap(right)


@given(st.text())
def test_letters_of_either_case_are_one(text: str) -> None:
    assert casemap(text.translate(str.maketrans("abcxyz", "ABCXYZ"))) == casemap(text)


def test_order_is_that_of_code_points() -> None:
    assert sorted(["b", "Z", "a", "é", "f", "日"], key=casemap) == ["a", "b", "é", "f", "Z", "日"]
