"""LocalHand: recipients of this server who wait in the queue: reports to senders, scheduled mail, and those whose mailbox failed while others got the message.

A recipient is routed anew at each attempt, since accounts and aliases may have changed.
"""

from __future__ import annotations

from postroom.mda.delivery import Delivery, Letter
from postroom.mda.preparation import Preparation
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.email import Source
from postroom.model.errors import MailError, Meaning
from postroom.model.ports import Directory
from postroom.model.relaying.queue import QueuedLetter, QueueItem
from postroom.model.relaying.relay import Progress, Report
from postroom.mta.checks import marks

DELIVERED = Report(Progress.DELIVERED, "2.1.5", "delivered to the mailbox")
# what no later attempt changes, with its enhanced status code; all else may pass
_LASTING = {
    Meaning.NO_SUCH_RECIPIENT: "5.1.1",
    Meaning.MAILBOX_DISABLED: "5.2.1",
    Meaning.TOO_BIG: "5.2.3",
    Meaning.TOO_MANY_HOPS: "5.4.6",
    Meaning.CONTENT_REFUSED: "5.6.0",
}
_PASSING = {Meaning.OVER_QUOTA: "4.2.2", Meaning.STORAGE_FULL: "4.3.1"}


class LocalHand:
    """One per worker."""

    def __init__(self, directory: Directory, delivery: Delivery) -> None:
        self._directory = directory
        self._delivery = delivery
        self._preparation = Preparation()

    async def attempt(self, item: QueueItem, letter: QueuedLetter) -> Report | list[Address]:
        """Deliver into the mailbox; or the addresses to which this one leads now, which have to be tried instead of it."""
        address = item.recipient.forward_path
        try:
            targets = await self._directory.route(address)
            if len(targets) > 1 or targets[0].account_id is None:
                return [target.final for target in targets]
            return await self._deliver(targets[0], item, letter)
        except MailError as error:
            return of_error(error)

    async def _deliver(self, target: Recipient, item: QueueItem, letter: QueuedLetter) -> Report:
        prepared = await self._preparation.prepare(letter.content)
        is_junk = marks.is_junk(letter.prefix)
        # after a kill between the delivery and its mark the mailbox has it; the moment is in the name, lest a server's database
        # from a backup counts its numbers again
        once = f"{item.message_id}.{item.queue_id}.{item.queued_at}"
        whole = Letter(letter.reverse_path, letter.content, letter.prefix, prepared, Source.SMTP, is_junk, once=once)
        error = (await self._delivery.deliver_all([target], whole))[0]
        if error is None or error.meaning is Meaning.ALREADY_DELIVERED:
            return DELIVERED
        return of_error(error)


def of_error(error: MailError) -> Report:
    """What a failure in this house means for a recipient."""
    if error.meaning in _LASTING:
        return Report(Progress.FAILED, _LASTING[error.meaning], error.public)
    return Report(Progress.DEFERRED, _PASSING.get(error.meaning, "4.3.0"), error.public)
