"""When a recipient is tried again, when its sender is warned, when it goes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.model.address import parse_address
from postroom.model.envelope import EnvelopeRecipient
from postroom.model.ids import MessageId, QueueId
from postroom.model.relaying.queue import QueueItem
from postroom.model.relaying.relay import Progress, Report
from postroom.mta.queue.schedule import Next, Plan, delay, plan
from postroom.settings.relay import RelaySettings

HOUR = 3600
ARRIVED = 1_800_000_000
ITEM = QueueItem(
    QueueId(1),
    MessageId(1),
    parse_address("bob@example.test"),
    EnvelopeRecipient(parse_address("friend@far.test")),
    size=10,
    queued_at=ARRIVED,
    next_attempt_at=ARRIVED,
    attempts=0,
    last_reply="",
    is_held=False,
)
LATER = Report(Progress.DEFERRED, "4.2.0", "451 later")


def test_minutes_at_first_then_hours() -> None:
    waits = [delay(attempts, RelaySettings()) / 60 for attempts in range(14)]
    assert waits[:4] == [5, 7.5, 11.25, 16.875]
    assert waits == sorted(waits)
    assert waits[-1] == 240, "and no longer than the longest"
    assert delay(10**9, RelaySettings()) == 240 * 60


@pytest.mark.parametrize(
    ("age", "warned_at", "expected"),
    [
        (0, 0, Plan(Next.WAIT, ARRIVED + 300)),
        (4 * HOUR - 1, 0, Plan(Next.WAIT, ARRIVED + 4 * HOUR - 1 + 300)),
        (4 * HOUR, 0, Plan(Next.WAIT, ARRIVED + 4 * HOUR + 300, warn=True)),
        (5 * HOUR, ARRIVED + 4 * HOUR, Plan(Next.WAIT, ARRIVED + 5 * HOUR + 300)),
        (120 * HOUR - 1, 1, Plan(Next.WAIT, ARRIVED + 120 * HOUR - 1 + 300)),
        (120 * HOUR, 1, Plan(Next.FAIL, expired=True)),
    ],
)
def test_age_decides(age: int, warned_at: int, expected: Plan) -> None:
    item = replace(ITEM, warned_at=warned_at, attempts=40 if age > 100 * HOUR else 0)
    found = plan(item, LATER, ARRIVED + age, RelaySettings(), 0.0)
    assert replace(found, at=expected.at) == expected
    if age < 100 * HOUR:
        assert found.at == expected.at


@pytest.mark.parametrize(
    ("first", "longest", "hours", "least"), [(5, 240, 120, 12), (5, 240, 1, 2), (1, 1, 720, 50), (1440, 1440, 1, 1)]
)
def test_an_age_without_its_attempts_is_a_clock_that_jumped(first: int, longest: int, hours: int, least: int) -> None:
    settings = RelaySettings(first_retry=first, longest_retry=longest, give_up_after=hours, warn_after=0)
    old = ARRIVED + 10 * 365 * 24 * HOUR
    assert plan(replace(ITEM, attempts=least - 2), LATER, old, settings, 0.0).next is Next.WAIT or least == 1
    assert plan(replace(ITEM, attempts=least - 1), LATER, old, settings, 0.0).next is Next.FAIL


def test_what_is_scheduled_ages_from_its_release() -> None:
    item = replace(ITEM, release_at=ARRIVED + 1000 * HOUR)
    assert plan(item, LATER, ARRIVED + 1001 * HOUR, RelaySettings(), 0.0).next is Next.WAIT


def test_no_warning_where_none_is_wanted() -> None:
    assert plan(ITEM, LATER, ARRIVED + 50 * HOUR, RelaySettings(warn_after=0), 0.0).warn is False


def test_chance_makes_a_wait_longer_and_by_a_tenth_at_most() -> None:
    at = plan(ITEM, LATER, ARRIVED, RelaySettings(), 0.999999).at
    assert ARRIVED + 300 < at <= ARRIVED + 330


@pytest.mark.parametrize(("progress", "expected"), [(Progress.DELIVERED, Next.DONE), (Progress.FAILED, Next.FAIL)])
def test_an_end_is_an_end(progress: Progress, expected: Next) -> None:
    assert plan(ITEM, Report(progress, "2.0.0", "x"), ARRIVED + 1000 * HOUR, RelaySettings(), 0.5) == Plan(expected)
