"""The queue as an operator sees and changes it: recipients that wait, one with its attempts, hold, release, try again, delete."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.identity import Auditor
from postroom.message.headers import header_end
from postroom.model.errors import Malformed, NotFound
from postroom.model.ids import QueueId
from postroom.model.ports import Clock, QueueStore
from postroom.model.relaying.queue import Attempt, QueuedLetter, QueueItem, QueuePart, QueueSelection

HEADER_SHOWN = 16_384  # octets
_NAMED = 20  # numbers in a line of the audit log


class Action(enum.StrEnum):
    """What can be done to recipients that wait."""

    HOLD = "hold"
    RELEASE = "release"
    RETRY = "retry"
    DELETE = "delete"


_AUDITED = {
    Action.HOLD: "queue held",
    Action.RELEASE: "queue released",
    Action.RETRY: "queue retried",
    Action.DELETE: "queue deleted",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One recipient with everything that is known of it."""

    item: QueueItem
    recipients: list[QueueItem]
    """All of its message that still wait."""
    attempts: list[Attempt]
    letter: QueuedLetter | None
    """None where the message left meanwhile."""
    header: str


class QueueAdmin:
    """`read_file` gives the first octets of a large content."""

    def __init__(
        self, queue: QueueStore, auditor: Auditor, clock: Clock, read_file: Callable[[str, int], bytes]
    ) -> None:
        self._queue = queue
        self._auditor = auditor
        self._clock = clock
        self._read_file = read_file

    async def list(
        self, operator: Operator, selection: QueueSelection, sort: str, offset: int, limit: int
    ) -> QueuePart:
        """Raises Malformed for a sort that is none."""
        operator.require(Scope.QUEUE_READ)
        return await self._queue.page(selection, sort, offset, limit)

    async def show(self, operator: Operator, queue_id: QueueId) -> Shown:
        """Raises NotFound."""
        operator.require(Scope.QUEUE_READ)
        found = await self._queue.items(QueueSelection([queue_id]))
        if not found:
            raise NotFound(f"there is no number {queue_id} in the queue; it may have been sent meanwhile")
        item = found[0]
        letter = await self._queue.letter(item.message_id)
        return Shown(
            item,
            await self._queue.items_of(item.message_id),
            await self._queue.attempts(queue_id),
            letter,
            self._header(letter),
        )

    async def act(self, operator: Operator, action: Action, selection: QueueSelection) -> int:
        """How many changed; none is no error."""
        operator.require(Scope.QUEUE_WRITE)
        count = await self._do(action, selection)
        if count:
            await self._auditor.change(operator, _AUDITED[action], f"{count}: {_words(selection)}", lambda _: None)
        return count

    def now(self) -> int:
        return self._clock.now()

    async def _do(self, action: Action, selection: QueueSelection) -> int:
        if action is Action.RETRY:
            return await self._queue.retry(selection)
        if action is Action.DELETE:
            return await self._queue.delete(selection)
        if action is Action.HOLD or action is Action.RELEASE:
            return await self._queue.hold(selection, held=action is Action.HOLD)
        raise Malformed("action: hold, release, retry or delete is wanted")

    def _header(self, letter: QueuedLetter | None) -> str:
        """With the trace fields; controls made visible, since a terminal would obey them."""
        if letter is None:
            return ""
        content = letter.content
        start = (content.data or b"") if content.path is None else self._read_file(content.path, HEADER_SHOWN)
        data = letter.prefix + start[:HEADER_SHOWN]
        text = data[: header_end(data)][:HEADER_SHOWN].decode("utf-8", "replace").replace("\r\n", "\n")
        return "".join(character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text)


def _words(selection: QueueSelection) -> str:
    numbers = [str(number) for number in selection.queue_ids[:_NAMED]]
    return " ".join(filter(None, [*numbers, selection.recipient, selection.sender, selection.text])) or "all"
