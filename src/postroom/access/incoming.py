"""IncomingEmail: a message that a client hands in, from its first octet to the Arrival that the store takes.

Octets go to staging as they come; once whole they are summarised, off the loop when that takes longer than other sessions should wait.
"""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path

from postroom.message.summary import Summary, summarise
from postroom.model.email import Arrival, Content, Source
from postroom.model.errors import Malformed, Meaning, OverLimit, TryLater
from postroom.model.ids import MailboxId
from postroom.model.keywords import MAX_KEYWORDS, Keywords
from postroom.model.ports import Clock, StagedContent

_INLINE = 256 * 1024  # octets summarised on the loop: about 5 ms


class IncomingEmail:
    """One message on its way in; `discard` when it is refused, and after the store has taken it."""

    __slots__ = ("_clock", "_staged")

    def __init__(self, staged: StagedContent, clock: Clock) -> None:
        self._staged = staged
        self._clock = clock

    @property
    def size(self) -> int:
        """Octets so far."""
        return self._staged.size

    def write(self, data: bytes) -> None:
        """Raises TryLater (STORAGE_FULL)."""
        self._staged.write(data)

    async def finish(
        self, mailbox_id: MailboxId, source: Source, keywords: Keywords, received: datetime.datetime | None
    ) -> Arrival:
        """Whole; `received`, with its zone, None for now. Raises Malformed (empty), TryLater."""
        if not self._staged.size:
            raise Malformed("an empty message is not kept", meaning=Meaning.CONTENT_REFUSED)
        content = await self._staged.finish()
        if content.size > _INLINE or content.data is None:
            summary = await asyncio.to_thread(_summary_of, content)
        else:
            summary = summarise(content.data)
        if received is None:
            return Arrival(mailbox_id, content, summary, self._clock.now(), source, keywords)
        zone = int((received.utcoffset() or datetime.timedelta()).total_seconds()) // 60
        return Arrival(mailbox_id, content, summary, int(received.timestamp()), source, keywords, received_zone=zone)

    def discard(self) -> None:
        """Forget what was staged; safe at any time."""
        self._staged.discard()


def check_keywords(keywords: Keywords) -> Keywords:
    """Raises OverLimit above what one message may carry."""
    if len(keywords.others) > MAX_KEYWORDS:
        raise OverLimit(f"a message has at most {MAX_KEYWORDS} keywords")
    return keywords


def _summary_of(content: Content) -> Summary:
    if content.data is not None:
        return summarise(content.data)
    try:
        return summarise(Path(content.path or "").read_bytes())
    except OSError as error:
        raise TryLater("the message can't be kept at the moment", detail=str(error)) from error
