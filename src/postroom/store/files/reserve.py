"""Reserve: room on the disk that is kept for deleting mail when nothing else is left (THREATS D5).

A file that only takes up space. Deleting needs some too, for the log of the database; the first such change that finds the disk full releases the file and
is tried again. While the file is not whole no new mail is taken, so that it does not eat what was released; as soon as there is room again, the file is made
anew and mail is taken as before. All processes see the same file.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from postroom.model.errors import Meaning, TryLater

NAME = "reserve"
SIZE = (
    8 * 1024 * 1024
)  # octets: the log of expunging some ten thousand messages, and the files that opening an account makes
_TRY_EVERY = 1.0  # seconds between attempts to make it anew: each asks the file system for all of it


class Reserve:
    """The reserve of one data folder. All calls block for a moment, as a look at a directory does."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self.path = folder / NAME
        self._size = size
        self._tried_at = -_TRY_EVERY

    def build(self) -> bool:
        """Make it whole; False where there is no room, and then nothing of it is left."""
        if self.is_whole:
            return True
        self._tried_at = time.monotonic()
        beside = self.path.with_suffix(f".{os.getpid()}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
            beside.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            return False
        return True

    @property
    def is_whole(self) -> bool:
        try:
            return self.path.stat().st_size >= self._size
        except OSError:
            return False

    def release(self) -> None:
        """Give its room to whoever needs it now."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def check(self) -> None:
        """New mail may come. Raises TryLater (STORAGE_FULL) while the reserve is spent and there is no room to make it anew."""
        if self.is_whole or (time.monotonic() - self._tried_at >= _TRY_EVERY and self.build()):
            return
        raise TryLater(
            "no space is left for mail at the moment", meaning=Meaning.STORAGE_FULL, detail="the reserve is spent"
        )
