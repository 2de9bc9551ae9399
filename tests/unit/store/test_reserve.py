"""The reserve: made once, released once, and no new mail while it is not whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.model.errors import Meaning, TryLater
from postroom.store.files.reserve import Reserve


def test_it_takes_room_until_it_is_released(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, 1 << 20)
    assert not reserve.is_whole
    assert reserve.build() and reserve.is_whole
    assert reserve.path.stat().st_blocks * 512 >= 1 << 20
    Reserve(tmp_path, 1 << 20).release()
    assert not reserve.is_whole, "another process has released it"
    reserve.release()


def test_new_mail_waits_until_there_is_room_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    reserve = Reserve(folder, 4096)
    for _ in range(2):
        with pytest.raises(TryLater) as refused:
            reserve.check()
        assert refused.value.meaning is Meaning.STORAGE_FULL
    folder.mkdir()
    Reserve(folder, 4096).check()
    reserve.check()
    assert [path.name for path in folder.iterdir()] == ["reserve"]


def test_one_that_is_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "reserve").write_bytes(b"short")
    reserve = Reserve(tmp_path, 4096)
    assert not reserve.is_whole
    assert reserve.build() and reserve.is_whole
