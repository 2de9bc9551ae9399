"""What waits in the queue: one row per recipient, the message once; leases, attempts, and what is written of them. Times are Unix seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from postroom.model.address import Address
from postroom.model.email import Content
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.ids import MessageId, QueueId
from postroom.model.relaying.relay import Report

AT_ONCE = 0
"""As the moment of the next attempt: an operator has asked for it."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One recipient of one message that waits for its next hop."""

    queue_id: QueueId
    message_id: MessageId
    reverse_path: Address | None
    recipient: EnvelopeRecipient
    size: int
    """Octets with the trace fields."""
    queued_at: int
    next_attempt_at: int
    attempts: int
    last_reply: str
    is_held: bool
    status: str = ""
    """Enhanced status code of the last reply (RFC 3463)."""
    release_at: int = 0
    """Nothing is sent before (RFC 4865)."""
    warned_at: int = 0
    """When the sender was told of the delay, 0 for not yet."""
    leased_until: int = 0


@dataclass(frozen=True, slots=True)
class QueuedLetter:
    """What recipients in the queue are to get; `prefix` are the trace fields added at reception, the envelope has no recipients."""

    envelope: Envelope
    content: Content
    prefix: bytes
    queued_at: int = 0

    @property
    def reverse_path(self) -> Address | None:
        return self.envelope.reverse_path


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is at work on a recipient, and until when nobody else may be."""

    owner: str
    until: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one try."""

    at: int
    report: Report


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is written after an attempt: the recipient leaves (`next_attempt_at` None) or waits; in either case its lease ends."""

    queue_id: QueueId
    next_attempt_at: int | None
    attempt: Attempt | None = None
    """None: there was none, and it is not counted."""
    warned_at: int | None = None


@dataclass(frozen=True, slots=True)
class QueueSelection:
    """Which recipients an operator means; all conditions must hold, an empty selection is everything."""

    queue_ids: Sequence[QueueId] = ()
    recipient: str = ""
    """An address, or a domain."""
    sender: str = ""
    """An address, a domain, or `<>`."""
    held: bool | None = None
    text: str = ""
    """Found in sender, recipient or the last reply, whatever its case."""


@dataclass(frozen=True, slots=True)
class QueuePart:
    """A part of a list of recipients, and how long the whole is."""

    items: list[QueueItem]
    total: int
