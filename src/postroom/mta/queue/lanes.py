"""Lanes: what waits in this worker for one next hop, fresh mail apart from what has failed before."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from postroom.model.ids import MessageId
from postroom.model.relaying.queue import QueueItem
from postroom.model.relaying.relay import Report

ROOM = 200  # jobs that wait in a lane; what is more stays in the database
RECIPIENTS = 100  # of one message in one transaction: every server takes so many (RFC 5321 §4.5.3.1.8)


@dataclass(frozen=True, slots=True)
class Job:
    """One message for some recipients of one next hop."""

    message_id: MessageId
    items: tuple[QueueItem, ...]

    @property
    def is_fresh(self) -> bool:
        """Not one of them has been tried before."""
        return not any(item.attempts for item in self.items)


def jobs(items: Sequence[QueueItem]) -> list[Job]:
    """Recipients of the same message together, in order, at most RECIPIENTS each."""
    together: dict[MessageId, list[QueueItem]] = {}
    for item in items:
        together.setdefault(item.message_id, []).append(item)
    return [
        Job(message_id, tuple(group[start : start + RECIPIENTS]))
        for message_id, group in together.items()
        for start in range(0, len(group), RECIPIENTS)
    ]


@dataclass(slots=True)
class Lane:
    """`resting_until` is the loop's time until which the hop is left alone after it could not be reached, `reason` what it said."""

    next_hop: str
    fresh: deque[Job] = field(default_factory=deque)
    retried: deque[Job] = field(default_factory=deque)
    working: int = 0
    """Connections."""
    idle: int = 0
    """Of these, waiting for a job, or about to take their first."""
    resting_until: float = 0.0
    reason: Report | None = None
    rests: int = 0
    """In a row."""
    taken: int = 0
    """Messages that the hop took one after another: it is given more connections for them."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: int = 0

    def __len__(self) -> int:
        return len(self.fresh) + len(self.retried)

    @property
    def room(self) -> int:
        return ROOM - len(self)

    def put(self, job: Job) -> None:
        (self.fresh if job.is_fresh else self.retried).append(job)
        self.wake.set()

    def next_job(self) -> Job | None:
        """Fresh mail first; of every three one that has waited, so that it is not kept for ever."""
        self._turn += 1
        first, second = (self.retried, self.fresh) if self._turn % 3 == 0 else (self.fresh, self.retried)
        if first:
            return first.popleft()
        if second:
            return second.popleft()
        self.wake.clear()
        return None

    def clear(self) -> list[Job]:
        """Take out all that waits."""
        left = [*self.fresh, *self.retried]
        self.fresh.clear()
        self.retried.clear()
        return left
