"""What follows for a recipient from one attempt: it is done, it waits, or it goes back. Pure; times are Unix seconds."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.model.relaying.queue import QueueItem
from postroom.model.relaying.relay import Progress, Report
from postroom.settings.relay import RelaySettings

GROWTH = 1.5  # each wait to the one before
JITTER = 0.1  # of a wait, so that what failed together does not come back together
_HOUR = 3600
_MOST_LEAST = 50  # attempts


class Next(enum.Enum):
    """See Plan."""

    DONE = "done"
    WAIT = "wait"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Plan:
    """`at` is the next attempt; `warn` says that the sender is to hear of the delay now."""

    next: Next
    at: int = 0
    warn: bool = False
    expired: bool = False
    """It failed because it is too old."""


def plan(item: QueueItem, report: Report, now: int, settings: RelaySettings, chance: float) -> Plan:
    """`chance` is in [0, 1)."""
    if report.progress is Progress.DELIVERED:
        return Plan(Next.DONE)
    if report.progress is Progress.FAILED:
        return Plan(Next.FAIL)
    if now >= expires_at(item, settings) and item.attempts + 1 >= least_attempts(settings):
        return Plan(Next.FAIL, expired=True)
    wait = int(delay(item.attempts, settings) * (1 + JITTER * chance))
    late = now - started(item) >= settings.warn_after * _HOUR
    return Plan(Next.WAIT, now + wait, warn=bool(settings.warn_after) and late and not item.warned_at)


def delay(attempts: int, settings: RelaySettings) -> float:
    """Seconds to wait after so many earlier attempts."""
    longest = settings.longest_retry * 60
    # beyond any exponent that matters: no number becomes too large for a float
    return min(longest, settings.first_retry * 60 * GROWTH ** min(attempts, 60))


def least_attempts(settings: RelaySettings) -> int:
    """How many the schedule makes in an eighth of the time after which it gives up: an age that comes with fewer is that of a clock that jumped, or of a
    server that was off, and no reason to give up (THREATS D8)."""
    room = settings.give_up_after * _HOUR / 8
    count = 0
    while room > 0 and count < _MOST_LEAST:
        room -= delay(count, settings)
        count += 1
    return count


def started(item: QueueItem) -> int:
    """From when on its age counts: its arrival, or its release (RFC 4865)."""
    return max(item.queued_at, item.release_at)


def expires_at(item: QueueItem, settings: RelaySettings) -> int:
    return started(item) + settings.give_up_after * _HOUR
