"""The memory watchdog of a worker: while the process has more than the settings allow, strangers are not let in (THREATS A6).

Sessions that are there go on, and trusted networks come in. What the allocator holds and nobody uses is given back at each look, so that a peak passes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import structlog

from postroom.net.limits import ConnectionLimits
from postroom.servers import allocation

log = structlog.get_logger()

_LOOK_EVERY = 2.0  # seconds: a flood of connections takes longer to fill what is left
_ENOUGH = 0.9  # of the bound, below which everybody is let in again
_MEBIBYTE = 1 << 20


def resident() -> int:
    """Octets of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class MemoryWatch:
    """One per worker; `bound` is asked anew at each look, in MiB."""

    def __init__(
        self, limits: ConnectionLimits, bound: Callable[[], int], resident: Callable[[], int] = resident
    ) -> None:
        self._limits = limits
        self._bound = bound
        self._resident = resident

    async def run(self) -> None:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY)

    def look(self) -> None:
        bound, used = self._bound() * _MEBIBYTE, self._resident()
        if used > bound:
            allocation.give_back()
            used = self._resident()
        if used > bound and not self._limits.memory_is_short:
            self._limits.memory_is_short = True
            log.error("memory short", mebibytes=used // _MEBIBYTE, bound=bound // _MEBIBYTE)
        elif self._limits.memory_is_short and used < bound * _ENOUGH:
            self._limits.memory_is_short = False
            log.info("memory enough again", mebibytes=used // _MEBIBYTE)
