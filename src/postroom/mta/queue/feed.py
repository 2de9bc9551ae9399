"""QueueFeed: where dispatch puts a message for the queue, and the runner of the same worker hears of it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from postroom.model.email import Content
from postroom.model.envelope import Envelope
from postroom.model.ports import QueueStore
from postroom.model.relaying.queue import Lease, QueueItem


class Taker(Protocol):
    """Who works on the queue in this process."""

    def lease(self, envelope: Envelope) -> Lease | None:
        """For a message that it would try at once; None leaves it to whoever looks for work next."""

    def take(self, items: Sequence[QueueItem]) -> None:
        """Recipients just enqueued under that lease."""


class QueueFeed:
    """See model.ports.Outgoing. Without a taker (a command-line tool), what is enqueued waits for a server."""

    def __init__(self, store: QueueStore) -> None:
        self._store = store
        self._taker: Callable[[], Taker | None] = lambda: None

    def give_to(self, taker: Taker) -> None:
        self._taker = lambda: taker

    async def enqueue(self, envelope: Envelope, content: Content, prefix: bytes) -> list[QueueItem]:
        """Durable on return."""
        taker = self._taker()
        lease = taker.lease(envelope) if taker is not None and envelope.release_at is None else None
        items = await self._store.enqueue(envelope, content, prefix, lease)
        if taker is not None and lease is not None:
            taker.take(items)
        return items
