"""Outcome: what an attempt means for each recipient, written in one transaction together with the reports to the sender."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from postroom.message.dsn import Action, RecipientStatus
from postroom.model.errors import MailError
from postroom.model.ids import MessageId
from postroom.model.ports import Clock, QueueStore
from postroom.model.relaying.queue import Attempt, QueueItem, Settlement
from postroom.model.relaying.relay import Progress, Report
from postroom.mta.bounces.reports import Reporter
from postroom.mta.queue import schedule
from postroom.mta.queue.schedule import Next, Plan
from postroom.settings.relay import RelaySettings

log = structlog.get_logger()

UNWRITTEN_WAIT = 60  # seconds until what could not be written or reported is tried again
_EXPIRED = "4.4.7"  # RFC 3463 §3.5: delivery time expired


class Outcome:
    """One per worker."""

    def __init__(
        self,
        queue: QueueStore,
        reporter: Reporter,
        clock: Clock,
        settings: Callable[[], RelaySettings],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._reporter = reporter
        self._clock = clock
        self._settings = settings
        self._chance = chance

    async def settle(
        self, message_id: MessageId, results: Sequence[tuple[QueueItem, Report]], *, is_final: bool = False
    ) -> int:
        """Write it, of recipients of one message; returns how many reports are in the queue now. `is_final`: delivered means into a mailbox of this server. Raises TryLater: nothing is written, the leases run out."""
        now = self._clock.now()
        settings = self._settings()
        plans = [schedule.plan(item, report, now, settings, self._chance()) for item, report in results]
        statuses = []
        for (item, report), plan in zip(results, plans, strict=True):
            status = _status(item, report, plan, now, settings, is_final=is_final)
            _tell(item, report, plan)
            if status is not None:
                statuses.append((item.recipient.dsn, status))
        try:
            letter = await self._queue.letter(message_id) if statuses else None
            notices = await self._reporter.report(letter, statuses) if letter is not None else []
        except (MailError, OSError) as error:
            log.error("a report can't be written now", reason=str(error))
            await self._queue.settle([Settlement(item.queue_id, now + UNWRITTEN_WAIT) for item, _ in results])
            return 0
        settlements = [
            Settlement(
                item.queue_id,
                plan.at if plan.next is Next.WAIT else None,
                Attempt(now, report),
                now if plan.warn else None,
            )
            for (item, report), plan in zip(results, plans, strict=True)
        ]
        await self._queue.settle(settlements, [(notice.envelope, notice.content, notice.prefix) for notice in notices])
        return len(notices)


def _status(
    item: QueueItem, report: Report, plan: Plan, now: int, settings: RelaySettings, *, is_final: bool
) -> RecipientStatus | None:
    """What the sender may be told; None where nothing has come to an end and no warning is due."""
    if plan.next is Next.WAIT and not plan.warn:
        return None
    if plan.next is Next.DONE and report.takes_dsn:
        return None  # the next hop reports from here on
    action = {
        Next.FAIL: Action.FAILED,
        Next.WAIT: Action.DELAYED,
        Next.DONE: Action.DELIVERED if is_final else Action.RELAYED,
    }[plan.next]
    status = RecipientStatus(
        final_recipient=str(item.recipient.forward_path),
        action=action,
        status=report.status,
        reply=report.reply,
        remote=report.host if report.is_remote else "",
        original_recipient=item.recipient.dsn.original_recipient,
        last_attempt_at=now,
        will_retry_until=schedule.expires_at(item, settings) if action is Action.DELAYED else None,
    )
    return replace(status, status=_EXPIRED) if plan.expired else status


def _tell(item: QueueItem, report: Report, plan: Plan) -> None:
    """One line for each recipient and attempt."""
    words = {
        "recipient": str(item.recipient.forward_path),
        "queue_id": item.queue_id,
        "attempts": item.attempts + 1,
        "host": report.host,
        "status": report.status,
        "reply": report.reply,
    }
    if report.tls:
        words["tls"] = report.tls
    if plan.next is Next.DONE:
        log.info("sent", **words)
    elif plan.next is Next.FAIL:
        log.warning("given up" if plan.expired else "refused", **words)
    elif report.progress is Progress.DEFERRED:
        log.info("waits", next_attempt_at=plan.at, **words)
