"""A random game from a seed, on any ground: what is done, and how a failure is made short before it is told.

The ground gives a server with an account that nobody has used; ours in this process, ours as processes, or Dovecot.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

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
WEIGHTS = {
    "append": 10,
    "store": 14,
    "expunge": 5,
    "copy": 4,
    "move": 4,
    "fetch": 10,
    "search": 10,
    "select": 5,
    "learn": 8,
    "noop": 8,
}
_STEPS = 120
_SHRINKING = 30.0  # seconds

Ground = Callable[[], AbstractAsyncContextManager[Server]]


def steps_of(seed: int, count: int, sessions: int) -> list[Step]:
    rnd = random.Random(seed)
    kinds = sorted(ACTIONS)
    weights = [WEIGHTS.get(kind, 2) for kind in kinds]
    chosen = rnd.choices(kinds, weights, k=count)
    begin: list[Step] = [(who, "select", rnd.randrange(1 << 30)) for who in range(sessions)]
    return begin + [(rnd.randrange(sessions), kind, rnd.randrange(1 << 30)) for kind in chosen]


def played(ground: Ground, steps: list[Step], sessions: int) -> BaseException | None:
    """What went wrong, with the conversation as its note."""

    async def run() -> None:
        async with ground() as server:
            game = Game(server)
            try:
                await play(server, sessions, steps, ACTIONS, game)
            except Exception as error:
                error.add_note("\n".join(game.history[-60:]))
                raise

    try:
        asyncio.run(run())
    except BaseExceptionGroup as group:
        inner: BaseException = group
        while isinstance(inner, BaseExceptionGroup):
            inner = inner.exceptions[0]
        return inner
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the seed found
        return error
    return None


def shortened(ground: Ground, steps: list[Step], sessions: int) -> list[Step]:
    """Steps are left out while what is left still fails, for a while."""
    deadline = time.monotonic() + _SHRINKING
    size = len(steps) // 2
    while size and time.monotonic() < deadline:
        at = 0
        while at < len(steps) and time.monotonic() < deadline:
            fewer = steps[:at] + steps[at + size :]
            if fewer and played(ground, fewer, sessions) is not None:
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


def play_seed(ground: Ground, seed: int) -> None:
    """Raises what the seed finds."""
    sessions = 2 + seed % 3
    steps = steps_of(seed, _STEPS, sessions)
    error = played(ground, steps, sessions)
    if error is not None:
        raise played(ground, shortened(ground, steps, sessions), sessions) or error
