"""AnswerCache: what the DNS answered, until its time is over or others need the room.

Least recently used first out, bounded in octets, since a stranger chooses what is asked for. Time is monotonic seconds, given by the caller.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from postroom.model.dns import Answer

Key = tuple[str, str]
"""Record type and name."""

MAX_OCTETS = 16 << 20  # some 50,000 usual answers of 300 octets, in each worker
_ENTRY_OCTETS = 250  # what an entry costs without its records


class AnswerCache:
    def __init__(self, max_octets: int = MAX_OCTETS) -> None:
        self._max_octets = max_octets
        self._octets = 0
        self._entries: OrderedDict[Key, tuple[float, int, Answer[Any]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key, now: float) -> Answer[Any] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= now:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return entry[2]

    def put(self, key: Key, answer: Answer[Any], octets: int, now: float) -> None:
        """`octets` is the size of the response that told it."""
        self._remove(key)
        cost = _ENTRY_OCTETS + octets
        if answer.ttl <= 0 or cost > self._max_octets // 10:  # one answer never drives all others out
            return
        self._entries[key] = (now + answer.ttl, cost, answer)
        self._octets += cost
        while self._octets > self._max_octets:
            self._remove(next(iter(self._entries)))

    def clear(self) -> None:
        self._entries.clear()
        self._octets = 0

    def _remove(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._octets -= entry[1]
