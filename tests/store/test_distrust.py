"""After a failure of the disk a file is not trusted again before it has been opened anew and found whole (THREATS D3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import apsw
import pytest

from postroom.model.errors import TryLater
from postroom.store.engines import writer as writers
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.engines.writer import Writer
from store.adapters import ALICE, Opened
from store.test_file_store import break_commits


async def writer_of(mail: Opened) -> tuple[SqliteFile, Writer]:
    file = await mail.files.files.get(ALICE)
    assert file._writer is not None
    return file, file._writer


async def failed_once(mail: Opened, error: type[Exception] = apsw.IOError) -> None:
    await break_commits(mail, error)
    with pytest.raises(TryLater):
        await mail.fill(1)


async def test_the_log_is_emptied_and_the_file_read_before_the_next_commit(
    on_disk: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_disk.fill(3)
    file, writer = await writer_of(on_disk)
    seen: list[int] = []
    log = file.path.with_name("mail.sqlite-wal")
    verify = writer._renewal.verify

    def watched(connection: apsw.Connection) -> None:
        verify(connection)
        seen.append(log.stat().st_size)

    writer._renewal = replace(writer._renewal, verify=watched)
    before = writer.connection
    await failed_once(on_disk)
    assert writer.connection is not before
    assert seen == []
    await on_disk.fill(1)
    assert seen == [0], "what was committed is in the file and synced once more, not in the log"
    await on_disk.fill(1)
    assert seen == [0], "trusted again"
    assert await on_disk.uids() == [1, 2, 3, 4, 5]


async def test_readers_go_too(on_disk: Opened) -> None:
    await on_disk.fill(1)
    file, writer = await writer_of(on_disk)
    writer._running = True
    file.read("SELECT 1")
    writer._running = False
    await file.scan("SELECT 1")
    assert file._reader is not None and file._scanner is not None
    await failed_once(on_disk)
    assert file._reader is None and file._scanner is None
    assert await on_disk.uids() == [1]


async def test_a_file_that_is_not_whole_is_not_written_to(on_disk: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    await on_disk.fill(1)
    _, writer = await writer_of(on_disk)
    looks: list[Any] = []

    def damaged(connection: apsw.Connection) -> None:
        looks.append(connection)
        raise apsw.CorruptError("row 3 missing from index")

    sound = writer._renewal
    writer._renewal = replace(sound, verify=damaged)
    await failed_once(on_disk)
    for _ in range(3):
        with pytest.raises(TryLater) as refused:
            await on_disk.fill(1)
        assert "restore it from a backup" in refused.value.detail
    assert len(looks) == 1, "a damaged file is not read whole for every message"
    assert await on_disk.uids() == [1], "reading goes on"
    monkeypatch.setattr(writers, "_LOOK_AGAIN", 0.0)
    writer._look_again_at = 0.0
    writer._renewal = sound
    await on_disk.fill(1)
    assert await on_disk.uids() == [1, 2]


async def test_a_file_that_cannot_be_opened_for_a_while(on_disk: Opened) -> None:
    await on_disk.fill(1)
    _, writer = await writer_of(on_disk)
    sound = writer._renewal

    def gone() -> apsw.Connection:
        raise apsw.CantOpenError("unable to open database file")

    writer._renewal = replace(sound, reopen=gone)
    await failed_once(on_disk)
    outcomes = await asyncio.gather(*(on_disk.fill(1) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, TryLater) for one in outcomes)
    writer._renewal = sound
    await on_disk.fill(1)
    assert await on_disk.uids() == [1, 2]


async def test_a_failed_checkpoint_is_a_failure_of_the_disk(on_disk: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    await on_disk.fill(1)
    _, writer = await writer_of(on_disk)
    verified: list[int] = []
    verify = writer._renewal.verify
    writer._renewal = replace(writer._renewal, verify=lambda one: (verify(one), verified.append(1))[0])

    class Failing:
        def __init__(self, connection: apsw.Connection) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def wal_checkpoint(self) -> None:
            raise apsw.IOError("disk I/O error")

    writer.connection = Failing(writer.connection)  # type: ignore[assignment] - a double
    monkeypatch.setattr(writers, "_CHECKPOINT_PAGES", 0)
    await on_disk.fill(1)
    monkeypatch.setattr(writers, "_CHECKPOINT_PAGES", 1000)
    await on_disk.fill(1)
    assert verified == [1]
    assert await on_disk.uids() == [1, 2, 3]
