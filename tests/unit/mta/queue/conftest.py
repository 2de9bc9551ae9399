from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.mta.queue.world import World, world

from postroom.mta.queue import runner


@pytest.fixture(autouse=True)
def looks_are_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner looks when a test tells it to, and closes idle connections soon."""
    monkeypatch.setattr(runner, "LOOK_EVERY", 3600.0)
    monkeypatch.setattr(runner, "LINGER", 0.05)


@pytest.fixture
async def queue_world(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made
