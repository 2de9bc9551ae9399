"""Of several verdicts the hardest counts, and a refusal says to the client and to the log what it should."""

from __future__ import annotations

import itertools

import pytest

from postroom.model.errors import Meaning, NotPermitted, TryLater
from postroom.model.verdict import ACCEPTED, Action, Verdict, worst

A, T, J, D, R = (Verdict(action, action.name) for action in Action)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], A), ([A], A), ([A, T], T), ([T, J], J), ([J, D], D), ([D, R], R),
        ([T, T], T), ([A, R], R), ([T, R], R), ([J, R], R), ([A, D], D), ([T, D], D), ([A, J], J),
    ],
)  # fmt: skip
def test_the_hardest_counts_in_any_order(verdicts: list[Verdict], expected: Verdict) -> None:
    for order in itertools.permutations(verdicts):
        assert worst(order).action is expected.action


def test_of_equals_the_first() -> None:
    first, second = Verdict(Action.JUNK, "spf"), Verdict(Action.JUNK, "dmarc")
    assert worst([ACCEPTED, first, second]) is first


def test_only_defer_and_reject_refuse() -> None:
    assert [verdict.refuses for verdict in (A, T, J, D, R)] == [False, False, False, True, True]


def test_a_refusal_as_an_error() -> None:
    verdict = Verdict(Action.REJECT, "spf", Meaning.SPF_FAILED, "for the client", "for the log")
    error = verdict.error()
    assert isinstance(error, NotPermitted) and error.meaning is Meaning.SPF_FAILED
    assert (error.public, error.detail) == ("for the client", "spf: for the log")
    deferred = Verdict(Action.DEFER, "spf", Meaning.SENDER_UNKNOWN_YET, "later").error()
    assert isinstance(deferred, TryLater) and deferred.detail == "spf: later"
