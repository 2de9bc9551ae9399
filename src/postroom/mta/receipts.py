"""Receipts: the reports of success that senders asked for about mail delivered here at once (RFC 3461 §5.2.3, §5.2.7).

An address that leads to several is reported as expanded, and its members report no success of their own; what waits in the queue is reported from there.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from postroom.message.dsn import Action, RecipientStatus
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.envelope import DsnRequest, Envelope
from postroom.model.errors import MailError
from postroom.model.ids import AccountId
from postroom.model.ports import Clock, Outgoing
from postroom.model.relaying.queue import QueuedLetter
from postroom.mta.bounces.reports import Reporter
from postroom.mta.dispatch import Dispatched, Target

log = structlog.get_logger()

_SUCCESS = "SUCCESS"


def members(dsn: DsnRequest, recipients: list[Recipient]) -> list[Target]:
    """The targets of one forward-path: one inherits what was asked for, of several none reports success (RFC 3461 §5.2.7.3)."""
    if len(recipients) == 1 or dsn.notify is None or _SUCCESS not in dsn.notify:
        return [Target(recipient, dsn) for recipient in recipients]
    rest = tuple(word for word in dsn.notify if word != _SUCCESS) or ("NEVER",)
    return [Target(recipient, DsnRequest(rest, dsn.original_recipient), is_expanded=True) for recipient in recipients]


class Receipts:
    """One per worker."""

    def __init__(self, reporter: Reporter, outgoing: Outgoing, clock: Clock) -> None:
        self._reporter = reporter
        self._outgoing = outgoing
        self._clock = clock

    async def tell(self, message: Dispatched, results: Mapping[AccountId | str, MailError | None]) -> None:
        """Of those that `results` has without an error; never raises: the message is delivered, whatever becomes of its receipt."""
        statuses: dict[Address, tuple[DsnRequest, RecipientStatus]] = {}
        for target in message.targets():
            asked = target.is_expanded or (target.dsn.notify is not None and _SUCCESS in target.dsn.notify)
            is_here = target.is_expanded or target.recipient.account_id is not None
            if asked and is_here and target.key in results and results[target.key] is None:
                path = target.recipient.forward_path
                statuses[path] = DsnRequest((_SUCCESS,), target.dsn.original_recipient), _status(target)
        if not statuses:
            return
        options = message.options
        envelope = Envelope(
            message.reverse_path, (), options.envelope_id, options.ret, options.body_8bit, options.smtputf8
        )
        letter = QueuedLetter(envelope, message.content, message.prefix, self._clock.now())
        try:
            for report in await self._reporter.report(letter, list(statuses.values())):
                await self._outgoing.enqueue(report.envelope, report.content, report.prefix)
        except (MailError, OSError) as error:
            log.error("a receipt can't be written", reason=getattr(error, "detail", "") or str(error))


def _status(target: Target) -> RecipientStatus:
    path = target.recipient.forward_path
    return RecipientStatus(
        final_recipient=str(path if target.is_expanded else target.recipient.final),
        action=Action.EXPANDED if target.is_expanded else Action.DELIVERED,
        status="2.1.5",
        original_recipient=target.dsn.original_recipient,
    )
