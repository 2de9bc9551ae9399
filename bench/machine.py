"""What this machine can do at the most at this moment, printed beside the rows that it bounds."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.measure import Result

_WRITES = 300
_SIZE = 40 * 1024  # octets: about what one message of 5 KB writes to the log of its mailbox


def synced_writes(row: str, folder: Path) -> Result:
    """Appends to one file, each synced before the next: what a single writer reaches who does nothing else."""
    rates = [_rate(folder) for _ in range(5)]
    return Result(row, "machine: synced writes of one file", "per second", rates, [], None, more_is_better=True)


def _rate(folder: Path) -> float:
    piece = bytes(_SIZE)
    with tempfile.TemporaryFile(dir=folder) as file:
        start = time.monotonic()
        for _ in range(_WRITES):
            os.write(file.fileno(), piece)
            os.fdatasync(file.fileno())
        return _WRITES / (time.monotonic() - start)
