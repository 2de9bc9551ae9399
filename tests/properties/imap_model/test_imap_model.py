"""Random commands of several sessions against the model: every response is compared, in `make test` for a dozen seeds, with POSTROOM_SOAK=1 for hundreds.

A seed that fails is made shorter before it is told: the steps that are not needed for the failure are left out, and what both sides said is printed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harness_imap import imap_house
from properties.imap_model.game import Server
from properties.imap_model.playing import play_seed

_SEEDS = range(1000, 1300) if os.environ.get("POSTROOM_SOAK") else range(12)


@contextlib.asynccontextmanager
async def _house() -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        async with imap_house(Path(folder)) as house:
            yield Server(house.login)


@pytest.mark.parametrize("seed", _SEEDS)
def test_every_response_is_the_models(seed: int) -> None:
    play_seed(_house, seed)
