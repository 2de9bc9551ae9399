"""Each contract test runs on the store on disk and on the one in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.adapters import Opened, opened


@pytest.fixture(params=["file", "memory"])
async def mail(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    async with opened(request.param, tmp_path) as found:
        yield found


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Opened]:
    async with opened("file", tmp_path) as found:
        yield found
