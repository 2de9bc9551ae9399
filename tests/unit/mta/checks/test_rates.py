"""So many at once, and as many an hour come back; what is remembered is bounded."""

from __future__ import annotations

import pytest

from postroom.mta.checks import rates
from postroom.mta.checks.rates import Rates


def test_so_many_at_once_and_as_many_an_hour() -> None:
    counts = Rates()
    assert [counts.take("a", 3, 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert counts.take("b", 3, 0.0)
    assert not counts.take("a", 3, 1199.0)
    assert counts.take("a", 3, 1201.0)
    assert not counts.take("a", 3, 1202.0)
    assert [counts.take("a", 3, 100_000.0) for _ in range(4)] == [True, True, True, False]


def test_no_limit_remembers_nothing() -> None:
    counts = Rates()
    assert all(counts.take("a", 0, 0.0) for _ in range(1000))


def test_a_lower_limit_acts_at_once() -> None:
    counts = Rates()
    for _ in range(100):
        assert counts.take("a", 1000, 0.0)
    assert not counts.take("a", 10, 0.0)
    assert counts.take("a", 10, 400.0)


def test_the_oldest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MOST_REMEMBERED", 2)
    counts = Rates()
    for key in ("a", "b", "c"):
        assert counts.take(key, 1, 0.0)
    assert not counts.take("c", 1, 0.0) and not counts.take("b", 1, 0.0)
    assert counts.take("a", 1, 0.0)
