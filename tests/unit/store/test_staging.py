"""A message on its way in: in memory while small, in a synced file when large, gone when it fails."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from postroom.model.email import Content
from postroom.model.errors import Meaning, TryLater
from postroom.store.files.staging import INLINE_LIMIT, FileStaging


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[FileStaging]:
    pool = ThreadPoolExecutor(1)
    yield FileStaging(tmp_path / "staging", pool)
    pool.shutdown()


def files(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "staging").iterdir())


def octets(content: Content) -> bytes:
    return Path(content.path or "").read_bytes()


def is_private(content: Content) -> bool:
    return Path(content.path or "").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [0, 1, INLINE_LIMIT])
async def test_small_ones_stay_in_memory(staging: FileStaging, tmp_path: Path, size: int) -> None:
    staged = staging.start()
    staged.write(b"x" * size)
    content = await staged.finish()
    assert (content.data, content.path, content.size) == (b"x" * size, None, size)
    assert content.blob_id == hashlib.sha256(b"x" * size).digest()
    assert files(tmp_path) == []


async def test_large_ones_go_to_a_file_that_is_synced(
    staging: FileStaging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(file), sync(file)))
    staged = staging.start()
    pieces = [b"a" * 40_000, b"b" * 40_000, b"c"]
    for piece in pieces:
        staged.write(piece)
    content = await staged.finish()
    whole = b"".join(pieces)
    assert (content.data, content.size, content.blob_id) == (None, len(whole), hashlib.sha256(whole).digest())
    assert octets(content) == whole
    assert len(synced) == 1
    assert is_private(content)
    staged.discard()
    staged.discard()
    assert files(tmp_path) == []


async def test_short_writes_are_gone_on_with(staging: FileStaging, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, bytes(data[:1000])))
    staged = staging.start()
    whole = os.urandom(INLINE_LIMIT + 5000)
    staged.write(whole)
    content = await staged.finish()
    assert octets(content) == whole
    staged.discard()


async def test_a_full_disk_is_told_and_leaves_nothing(
    staging: FileStaging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    staged = staging.start()
    staged.write(b"x" * (INLINE_LIMIT + 1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(TryLater) as refused:
            staged.write(b"y")
    assert refused.value.meaning is Meaning.STORAGE_FULL
    assert files(tmp_path) == []
    other = staging.start()
    other.write(b"x" * (INLINE_LIMIT + 1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TryLater):
            await other.finish()
    assert files(tmp_path) == []


async def test_what_a_crash_left_is_swept(staging: FileStaging, tmp_path: Path) -> None:
    for _ in range(3):
        staging.start().write(b"small, nothing on disk")
    left = staging.start()
    left.write(b"x" * (INLINE_LIMIT + 1))
    assert staging.sweep() == 1
    assert files(tmp_path) == []
    left.discard()
