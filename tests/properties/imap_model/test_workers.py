"""The same games against `postroom serve` with two workers: sessions of one account in different processes see the same mail."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Iterator

import pytest

from harness_imap import Client
from postroom.cli.setup import add_accounts
from postroom.model.account import Role
from properties.imap_model.game import Server
from properties.imap_model.playing import Ground, play_seed
from whole import HOST, running

_SEEDS = range(1000, 1300) if os.environ.get("POSTROOM_SOAK") else range(3)
_PASSWORD = "worker-password"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    numbers = itertools.count(1)
    with running(tmp_path_factory.mktemp("workers"), workers=2) as server:
        server.set("imap_pop3.secure_networks", ["127.0.0.0/8"])

        @contextlib.asynccontextmanager
        async def fresh() -> AsyncIterator[Server]:
            name = f"player{next(numbers)}@example.test"
            await asyncio.to_thread(add_accounts, server.data, [(name, "", Role.USER, _PASSWORD)])

            async def login() -> Client:
                reader, writer = await asyncio.open_connection(HOST, server.port("imap"), limit=1 << 24)
                client = Client(reader, writer)
                await client.line()
                assert (await client.command(f'LOGIN {name} "{_PASSWORD}"'))[-1].split()[1] == b"OK"
                return client

            yield Server(login)

        yield fresh


@pytest.mark.xdist_group("two-workers")
@pytest.mark.parametrize("seed", _SEEDS)
def test_two_workers_answer_as_the_model(ground: Ground, seed: int) -> None:
    play_seed(ground, seed)
