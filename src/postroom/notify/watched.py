"""WatchTable: which accounts somebody watches in which worker, in memory that the workers share.

Most mail arrives where nobody looks: a look here costs less than a datagram to each worker, which wakes it for nothing. Each worker writes its own row only. A
place may stand for several accounts, and a row for a worker that has died: then a notice is sent that nobody needs.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

NAME = "watched"
PLACES = 16_384  # octets of a row; a few thousand watched accounts seldom share one


def make_table(folder: Path, workers: int) -> None:
    """A table in which nobody watches; before any worker runs."""
    (folder / NAME).write_bytes(bytes(PLACES * workers))


class WatchTable:
    """The table as one process sees it; without a row of its own it only asks."""

    def __init__(self, folder: Path, row: int | None) -> None:
        with (folder / NAME).open("r+b") as file:
            workers = os.fstat(file.fileno()).st_size // PLACES
            self._memory = mmap.mmap(file.fileno(), 0)
        self._others = [other * PLACES for other in range(workers) if other != row]
        self._own = None if row is None else row * PLACES
        self._counts: dict[int, int] = {}
        if self._own is not None:
            self._memory[self._own : self._own + PLACES] = bytes(PLACES)

    def is_watched_elsewhere(self, account_id: int) -> bool:
        place, memory = account_id % PLACES, self._memory
        return any(memory[start + place] for start in self._others)

    def add(self, account_id: int) -> None:
        """Somebody here watches; to be told before what is watched is read for the last time."""
        place = account_id % PLACES
        count = self._counts.get(place, 0)
        self._counts[place] = count + 1
        if not count and self._own is not None:
            self._memory[self._own + place] = 1

    def remove(self, account_id: int) -> None:
        place = account_id % PLACES
        count = self._counts.pop(place) - 1
        if count:
            self._counts[place] = count
        elif self._own is not None:
            self._memory[self._own + place] = 0

    def close(self) -> None:
        self._memory.close()
