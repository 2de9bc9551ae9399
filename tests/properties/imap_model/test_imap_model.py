"""Random commands of several sessions against the model: every response is compared, in `make test` for a dozen seeds, with POSTROOM_SOAK=1 for hundreds.

A seed that fails is made shorter before it is told: the steps that are not needed for the failure are left out, and what both sides said is printed.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from pathlib import Path

import pytest

from harness_imap import imap_house
from properties.imap_model import changing, mailboxes, reading
from properties.imap_model.game import Action, Game, Server, Step, play

ACTIONS: dict[str, Action] = {
    "append": changing.append,
    "store": changing.store,
    "expunge": changing.expunge,
    "copy": changing.copy,
    "move": changing.move,
    "replace": changing.replace,
    "fetch": reading.fetch,
    "search": reading.search,
    "sort": reading.sort,
    "thread": reading.thread,
    "select": mailboxes.select,
    "noop": mailboxes.noop,
    "learn": mailboxes.learn,
    "leave": mailboxes.leave,
    "idle": mailboxes.idle,
    "status": mailboxes.status,
    "list": mailboxes.list_all,
    "subscribe": mailboxes.subscribe,
    "create": mailboxes.create,
    "delete": mailboxes.delete,
    "rename": mailboxes.rename,
}
WEIGHTS = {"append": 10, "store": 14, "expunge": 5, "copy": 4, "move": 4, "fetch": 10, "search": 10, "select": 5}
_SEEDS = range(1000, 1300) if os.environ.get("POSTROOM_SOAK") else range(12)
_STEPS = 120
_SHRINKING = 30.0  # seconds


def steps_of(seed: int, count: int, sessions: int) -> list[Step]:
    rnd = random.Random(seed)
    kinds = sorted(ACTIONS)
    weights = [WEIGHTS.get(kind, 2) for kind in kinds]
    chosen = rnd.choices(kinds, weights, k=count)
    begin: list[Step] = [(who, "select", rnd.randrange(1 << 30)) for who in range(sessions)]
    return begin + [(rnd.randrange(sessions), kind, rnd.randrange(1 << 30)) for kind in chosen]


def played(steps: list[Step], sessions: int) -> tuple[BaseException | None, list[str]]:
    """What went wrong, and the conversation."""

    async def run(folder: Path) -> list[str]:
        async with imap_house(folder) as house:
            game = Game(Server(house.login))
            try:
                await play(game.server, sessions, steps, ACTIONS, game)
            except Exception as error:
                error.add_note("\n".join(game.history[-60:]))
                raise
            return game.history

    with tempfile.TemporaryDirectory() as folder:
        try:
            return None, asyncio.run(run(Path(folder)))
        except BaseExceptionGroup as group:
            inner: BaseException = group
            while isinstance(inner, BaseExceptionGroup):
                inner = inner.exceptions[0]
            return inner, []


def shortened(steps: list[Step], sessions: int) -> list[Step]:
    """Steps are left out while what is left still fails, for a while."""
    deadline = time.monotonic() + _SHRINKING
    size = len(steps) // 2
    while size and time.monotonic() < deadline:
        at = 0
        while at < len(steps) and time.monotonic() < deadline:
            fewer = steps[:at] + steps[at + size :]
            if fewer and played(fewer, sessions)[0] is not None:
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


@pytest.mark.parametrize("seed", _SEEDS)
def test_every_response_is_the_models(seed: int) -> None:
    sessions = 2 + seed % 3
    steps = steps_of(seed, _STEPS, sessions)
    error, _ = played(steps, sessions)
    if error is not None:
        short = shortened(steps, sessions)
        last, _ = played(short, sessions)
        raise last or error
