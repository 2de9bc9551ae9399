"""Staging: where a message lies while it comes in.

Up to INLINE_LIMIT it stays in memory and then in the row; beyond, it streams to a file in `staging/`, is synced whole, and each account that gets it links
the same file into its own folder: no copy, and each account can delete its own without asking the others. What a crash leaves in `staging/` was never
acknowledged and is swept at start.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.model.email import Content
from postroom.model.errors import TryLater
from postroom.model.ids import BlobId
from postroom.store.engines.sqlite import translated
from postroom.store.files.reserve import Reserve

INLINE_LIMIT = (
    64 * 1024
)  # octets: 19 of 20 messages are smaller; a row read is quicker than opening a file up to about here


class StagedFile:
    """One message on its way in; see model.ports.StagedContent."""

    __slots__ = ("_chunks", "_digest", "_file", "_folder", "_path", "_pool", "_reserve", "size")

    def __init__(self, folder: Path, pool: ThreadPoolExecutor, reserve: Reserve | None) -> None:
        self._folder = folder
        self._reserve = reserve
        self._pool = pool
        self._chunks: list[bytes] = []
        self._digest = hashlib.sha256()
        self._file: int | None = None
        self._path: Path | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)
        try:
            if self._file is None:
                self._chunks.append(data)
                if self.size > INLINE_LIMIT:
                    self._spill()
            else:
                _write_all(self._file, data)
        except OSError as error:
            self.discard()
            raise translated(error, str(self._folder)) from error

    async def finish(self) -> Content:
        if self._reserve is not None:
            try:
                # here and not in a thread: a message that waited would be overtaken by those behind it
                self._reserve.check()
            except TryLater:
                self.discard()
                raise
        blob_id = BlobId(self._digest.digest())
        if self._file is None:
            return Content(blob_id, self.size, b"".join(self._chunks), None)
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, os.fsync, self._file)
        except OSError as error:
            self.discard()
            raise translated(error, str(self._folder)) from error
        self._close()
        return Content(blob_id, self.size, None, str(self._path))

    def discard(self) -> None:
        self._close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._path = None
        self._chunks.clear()

    def _spill(self) -> None:
        self._path = self._folder / secrets.token_hex(16)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        _write_all(self._file, b"".join(self._chunks))
        self._chunks.clear()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class FileStaging:
    """See model.ports.Staging."""

    def __init__(self, folder: Path, pool: ThreadPoolExecutor, reserve: Reserve | None = None) -> None:
        """With a reserve, no message is finished while that is spent."""
        self._folder = folder
        self._pool = pool
        self._reserve = reserve
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> StagedFile:
        return StagedFile(self._folder, self._pool, self._reserve)

    def sweep(self) -> int:
        """Delete what a crash left; only while no worker runs. Returns how many files."""
        left = list(self._folder.iterdir())
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
