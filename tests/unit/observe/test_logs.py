"""The log never stops mail: a flood of one event is thinned and counted, a line that can't be written is lost, and a line stays one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import structlog

from postroom.observe import logs


def test_a_flood_of_one_event_is_thinned_and_counted() -> None:
    now = 0.0
    flood = logs.Flood(lambda: now)
    passed = 0
    for _ in range(5000):
        try:
            flood(None, "info", {"event": "mistake"})
            passed += 1
        except structlog.DropEvent:
            continue
    assert passed == 2000
    assert flood(None, "info", {"event": "login"}) == {"event": "login"}
    now = 1.0
    assert flood(None, "info", {"event": "mistake"}) == {"event": "mistake", "left_out": 3000}
    assert flood(None, "info", {"event": "mistake"}) == {"event": "mistake"}


def test_a_full_disk_is_no_error() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space"):
            os.write(descriptor, b"x")
        logs.LineLogger(descriptor).msg("lost")
    finally:
        os.close(descriptor)


def test_a_line_is_written_whole_and_at_once(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    try:
        logger = logs.LineLogger(descriptor)
        logger.info("one \udcff")
        logger.error("two")
    finally:
        os.close(descriptor)
    assert (tmp_path / "log").read_bytes() == b"one \\udcff\ntwo\n"
