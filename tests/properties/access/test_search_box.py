"""The search box takes any text: a query or Malformed; what is printed back is read as the same."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from postroom.access.search.box import Part, parse, parse_box, printed
from postroom.access.search.box_terms import OPERATORS, Surroundings
from postroom.model.errors import Malformed

HERE = Surroundings(datetime.date(2024, 2, 29))
_PIECES = [
    *(f"{name}:" for name in OPERATORS), "OR", "-", "(", ")", '"', " ", "　", "：", "“", "a", "b)", "7d", "10k", "2024-02-29", "unread", "会议",
]  # fmt: skip
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))


def read(text: str) -> Part | None:
    try:
        return parse(text)
    except Malformed as error:
        assert error.faults
        return None


@given(texts)
def test_nothing_but_malformed(text: str) -> None:
    try:
        parse_box(text, HERE)
    except Malformed as error:
        assert error.faults[0].field in {*OPERATORS, "search"}


@given(texts)
def test_printed_is_read_as_the_same(text: str) -> None:
    part = read(text)
    if part is not None:
        assert parse(printed(part)) == part
