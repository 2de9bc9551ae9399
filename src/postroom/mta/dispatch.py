"""Dispatch: an accepted message goes to the queue and into mailboxes, and what could not be delivered is neither lost nor delivered twice.

Order and replies are those of docs/decisions/0002-partial-delivery.md: first the queue for other hosts, in one transaction; then the mailboxes; a recipient
whose mailbox fails while others have the message waits in the queue. Only where nothing was done does the sender hear of a failure. A message with a moment of
release (RFC 4865) waits in the queue for everybody. What an address of ours leads to another server leaves as mta.forwarding says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from postroom.mailauth.arrival import Authentication
from postroom.mda.delivery import Delivery, Letter
from postroom.mda.preparation import Preparation
from postroom.message import trace
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.email import Content, Source
from postroom.model.envelope import DsnRequest, Envelope, EnvelopeRecipient
from postroom.model.errors import MailError, Malformed, Meaning, NotFound, NotPermitted, OverLimit, TryLater
from postroom.model.ids import AccountId
from postroom.model.ports import Outgoing
from postroom.mta.checks import marks
from postroom.mta.client import MailOptions
from postroom.mta.forwarding import Forwarding, Front, forwarded_dsn, is_forward, written

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Target:
    """One place a message goes to, and what its forward-path asked for."""

    recipient: Recipient
    dsn: DsnRequest
    is_expanded: bool = False
    """One of several that the forward-path leads to, whose success is reported for all of them."""

    @property
    def key(self) -> AccountId | str:
        """The same for every road to one mailbox or one remote address."""
        return self.recipient.final.key if self.recipient.account_id is None else self.recipient.account_id


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A whole message. `prefix` are the trace fields that every recipient gets; each group of targets has one result."""

    reverse_path: Address | None
    options: MailOptions
    content: Content
    prefix: bytes
    source: Source
    groups: Sequence[Sequence[Target]]
    authentication: Authentication | None = None
    """What was found of its sender when it arrived; None where nobody looked."""

    def is_queued(self, target: Target) -> bool:
        """Whether it goes to the queue, and not into a mailbox at once."""
        return target.recipient.account_id is None or self.options.release_at is not None

    def targets(self) -> Iterable[Target]:
        return (target for group in self.groups for target in group)


Results = dict[AccountId | str, MailError | None]
"""By Target.key; what is not in it was not tried."""


class Dispatch:
    """One per worker. `tell` is called with what became of each target of a message."""

    def __init__(
        self,
        delivery: Delivery,
        queue: Outgoing,
        forwarding: Forwarding | None = None,
        tell: Callable[[Dispatched, Results], Awaitable[None]] | None = None,
    ) -> None:
        self._tell = tell
        self._delivery = delivery
        self._queue = queue
        self._forwarding = forwarding
        self._preparation = Preparation()

    async def send(self, message: Dispatched, max_hops: int) -> list[MailError | None]:
        """One result for each group, in order; None: all of it is durable. Raises OverLimit (TOO_MANY_HOPS), TryLater: nothing was done."""
        local = not all(message.is_queued(target) for target in message.targets())
        prepared = await self._preparation.prepare(message.content) if local else None
        # for other hosts nothing but the header is read
        hops = prepared.hops if prepared is not None else trace.hops(await Preparation.read_header(message.content))
        if hops > max_hops:
            raise OverLimit("too many hops: this message runs in a circle", meaning=Meaning.TOO_MANY_HOPS)
        results = await self._looping_forwards(message)
        results.update(await self._enqueue_all(message, results))
        if prepared is not None:
            is_junk = marks.is_junk(message.prefix)
            letter = Letter(message.reverse_path, message.content, message.prefix, prepared, message.source, is_junk)
            await self._deliver_local(message, letter, results)
        settled = await self._settle(message, results)
        if self._tell is not None:
            await self._tell(message, results)
        return settled

    async def _looping_forwards(self, message: Dispatched) -> dict[AccountId | str, MailError | None]:
        """Whom a forward has reached before, by the same address of ours: refused, or passed over where others of its group are left."""
        forwards = [target for target in message.targets() if is_forward(target.recipient)]
        if not forwards:
            return {}
        header = await Preparation.read_header(message.content)
        looping = {
            target.key for target in forwards if trace.is_looping(header, str(written(target.recipient.forward_path)))
        }
        results: dict[AccountId | str, MailError | None] = {}
        for group in message.groups:
            found = [target for target in group if target.key in looping]
            error = OverLimit("this message has been forwarded here before", meaning=Meaning.TOO_MANY_HOPS)
            results.update((target.key, error if len(found) == len(group) else None) for target in found)
        for key in looping:
            log.warning("forward in a circle", recipient=key)
        return results

    async def _enqueue_all(
        self, message: Dispatched, settled: Mapping[AccountId | str, MailError | None]
    ) -> dict[AccountId | str, MailError | None]:
        queued = [target for target in message.targets() if message.is_queued(target) and target.key not in settled]
        # who is reached by name and by an alias gets it as it was sent
        once = {target.key: target for target in sorted(queued, key=lambda target: not is_forward(target.recipient))}
        return await self._enqueue(message, once.values())

    async def _deliver_local(self, message: Dispatched, letter: Letter, results: Results) -> None:
        """A group whose remote part the queue refused is refused whole: it is not begun."""
        local = {
            target.key: target.recipient
            for group in message.groups
            if not any(results.get(target.key) for target in group)
            for target in group
            if not message.is_queued(target)
        }
        results.update(zip(local, await self._delivery.deliver_all(list(local.values()), letter), strict=True))

    async def _settle(self, message: Dispatched, results: Results) -> list[MailError | None]:
        settled: list[MailError | None] = []
        waiting: dict[AccountId | str, Target] = {}
        for group in message.groups:
            failures = [(target, error) for target in group if (error := results.get(target.key))]
            begun = any(target.key in results and results[target.key] is None for target in group)
            if failures and begun:
                waiting.update((target.key, target) for target, _ in failures)
                for target, failure in failures:
                    log.warning(
                        "delivery waits", recipient=str(target.recipient.final), reason=failure.detail or failure.public
                    )
            settled.append(None if begun or not failures else _worst([error for _, error in failures]))
        if not waiting:
            return settled
        refused = await self._enqueue(message, waiting.values())
        return [
            next((error for target in group if (error := refused.get(target.key))), result)
            for group, result in zip(message.groups, settled, strict=True)
        ]

    async def _enqueue(self, message: Dispatched, targets: Iterable[Target]) -> dict[AccountId | str, MailError | None]:
        """Those who get it as it was sent, then what each address of ours forwards; a result for each."""
        batches: dict[Address | None, list[Target]] = {}
        for target in targets:
            led_by = target.recipient.forward_path if self._forwarding and is_forward(target.recipient) else None
            batches.setdefault(led_by, []).append(target)
        results: dict[AccountId | str, MailError | None] = {}
        for led_by, batch in sorted(batches.items(), key=lambda item: item[0] is not None):
            error = await self._enqueue_batch(message, led_by, batch)
            results.update((target.key, error) for target in batch)
        return results

    async def _enqueue_batch(
        self, message: Dispatched, led_by: Address | None, targets: Sequence[Target]
    ) -> MailError | None:
        try:
            front = Front(message.reverse_path, b"")
            if led_by is not None and self._forwarding is not None:
                front = await self._forwarding.front(
                    led_by, message.reverse_path, message.content, message.authentication
                )
            envelope = _envelope(message.options, front.reverse_path, led_by, targets)
            await self._queue.enqueue(envelope, message.content, front.prefix + message.prefix)
        except MailError as error:
            return error
        except Exception as error:
            log.exception("queue failed")
            return TryLater("the queue can't take this message at the moment", detail=repr(error))
        return None


def _envelope(
    options: MailOptions, reverse_path: Address | None, led_by: Address | None, targets: Sequence[Target]
) -> Envelope:
    return Envelope(
        reverse_path,
        tuple(
            EnvelopeRecipient(
                target.recipient.final, target.dsn if led_by is None else forwarded_dsn(target.dsn, led_by)
            )
            for target in targets
        ),
        options.envelope_id,
        options.ret,
        options.body_8bit,
        options.smtputf8,
        options.require_tls,
        options.release_at,
    )


def _worst(errors: list[MailError]) -> MailError:
    """The one reply for all: a failure that may pass, so that the sender tries again for everybody."""
    permanent = (Malformed, NotFound, NotPermitted)
    lasting = {Meaning.TOO_MANY_HOPS, Meaning.TOO_BIG, Meaning.CONTENT_REFUSED}
    for error in errors:
        if not isinstance(error, permanent) and error.meaning not in lasting:
            return error
    return errors[0]
