"""A fresh office for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from admin_api import Browser, Office, office


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as opened:
        yield opened


@pytest.fixture
async def admin(desk: Office) -> Browser:
    """The administrator's browser, logged in."""
    browser = desk.browser()
    assert (await browser.log_in()).status == 200
    return browser
