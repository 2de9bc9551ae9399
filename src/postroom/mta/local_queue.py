"""LocalQueue: tries again for recipients of this server whose mailbox failed while others got the message (docs/decisions/0002-partial-delivery.md).

One worker runs it. A recipient is routed anew at each attempt, since accounts and aliases may have changed. Nothing is given up here: a message that can't be delivered
stays in the queue, where the administrator sees it with its reason, until bounces come with the relay.
"""

from __future__ import annotations

import asyncio

import structlog

from postroom.mda.delivery import Delivery, Letter
from postroom.mda.preparation import Preparation
from postroom.model.email import Source
from postroom.model.envelope import QueuedLetter, QueueItem
from postroom.model.errors import MailError, TryLater
from postroom.model.ports import Clock, Directory, QueueStore

log = structlog.get_logger()

_LOOK_EVERY = 15.0  # seconds between looks at the queue
_AT_ONCE = 100  # recipients taken at a look: a backlog drains without holding the loop
_FIRST_RETRY = 60  # seconds after the first failure, doubled each time
_LONGEST_RETRY = 3600


class LocalQueue:
    """`run` until cancelled; `turn` is one look."""

    def __init__(self, queue: QueueStore, directory: Directory, delivery: Delivery, clock: Clock) -> None:
        self._queue = queue
        self._directory = directory
        self._delivery = delivery
        self._clock = clock
        self._preparation = Preparation()

    async def run(self) -> None:
        while True:
            try:
                await self.turn()
            except MailError as error:
                log.error("queue can't be read", reason=error.detail or error.public)
            await asyncio.sleep(_LOOK_EVERY)

    async def turn(self) -> int:
        """Try everybody who is due; returns how many got their message."""
        delivered = 0
        for item in await self._queue.due(await self._directory.local_domains(), self._clock.now(), _AT_ONCE):
            letter = await self._queue.letter(item.queue_id)
            if letter is not None and await self._attempt(item, letter):
                delivered += 1
        return delivered

    async def _attempt(self, item: QueueItem, letter: QueuedLetter) -> bool:
        address = item.recipient.forward_path
        try:
            targets = [target for target in await self._directory.route(address) if target.account_id is not None]
            if not targets:
                raise TryLater("this address leads to another server now")
            prepared = await self._preparation.prepare(letter.content)
            whole = Letter(letter.reverse_path, letter.content, letter.prefix, prepared, Source.SMTP)
            errors = [error for error in await self._delivery.deliver_all(targets, whole) if error is not None]
        except MailError as error:
            errors = [error]
        if not errors:
            await self._queue.done(item.queue_id)
            log.info("delivered from the queue", recipient=str(address), attempts=item.attempts + 1)
            return True
        reason = errors[0].detail or errors[0].public
        wait = min(_FIRST_RETRY * 2 ** min(item.attempts, 10), _LONGEST_RETRY)
        await self._queue.postpone(item.queue_id, self._clock.now() + wait, errors[0].public)
        log.warning("delivery waits", recipient=str(address), attempts=item.attempts + 1, reason=reason)
        return False
