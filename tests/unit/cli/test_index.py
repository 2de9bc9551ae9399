"""`postroom index`: what an operator reads of the index, and what the commands leave for the indexer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from postroom.app import Adapters
from postroom.cli.opened import run
from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex


@pytest.fixture
def noted(data: Path) -> Path:
    """The one account's index has messages that wait."""

    async def work(adapters: Adapters) -> None:
        adapters.index_states.note([AccountIndex(AccountId(1), 1200, 300, 2_000_000)])
        adapters.index_states.note_pace(1, 2.5)
        adapters.index_states.take_rebuilds()

    run(data, work)
    return data


def wanted(data: Path) -> list[AccountId | None]:
    async def work(adapters: Adapters) -> list[AccountId | None]:
        return adapters.index_states.take_rebuilds()

    return run(data, work)


def test_status_says_how_far_it_is(noted: Path, postroom: Callable[..., Any]) -> None:
    shown = postroom("index", "status", "--data", noted)
    assert shown.status == 0, shown.err
    assert "Indexing." in shown.out and "1,200 messages, accounts: 1," in shown.out
    assert "300 messages wait; 2.5 a second" in shown.out and "2 min" in shown.out
    assert "admin@example.test" in shown.out
    assert json.loads(postroom("index", "status", "--json", "--data", noted).out) == {
        "state": "indexing", "indexed": 1200, "waiting": 300, "size": 2_000_000, "accounts": 1, "accounts_in_all": 1,
        "accounts_waiting": 1, "per_second": 2.5, "seconds_left": 121,
    }  # fmt: skip


def test_pause_and_resume_are_the_setting(noted: Path, postroom: Callable[..., Any]) -> None:
    assert postroom("index", "pause", "--data", noted).status == 0
    assert postroom("settings", "get", "search.paused", "--data", noted).out.strip() in ("on", "true")
    assert "paused" in postroom("index", "status", "--data", noted).out
    assert postroom("settings", "undo", "--data", noted).status == 0
    assert "Indexing." in postroom("index", "status", "--data", noted).out
    assert postroom("index", "resume", "--data", noted).status == 0


def test_a_rebuild_is_wanted_of_one_or_of_all(noted: Path, postroom: Callable[..., Any]) -> None:
    assert postroom("index", "rebuild", "Admin@example.test", "--data", noted).status == 0
    assert wanted(noted) == [AccountId(1)]
    assert postroom("index", "rebuild", "--all", "--data", noted).status == 0
    assert wanted(noted) == [None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name an account, or give --all"),
        (("admin@example.test", "--all"), "Name an account, or give --all"),
        (("nobody@example.test",), "nobody@example.test"),
        (("not an address",), "address"),
    ],
    ids=["neither", "both", "nobody", "no address"],
)
def test_a_rebuild_of_what_is_not_there_is_refused(
    noted: Path, postroom: Callable[..., Any], words: tuple[str, ...], said: str
) -> None:
    done = postroom("index", "rebuild", *words, "--data", noted)
    assert done.status != 0 and said in done.err and "Traceback" not in done.err
    assert wanted(noted) == []
