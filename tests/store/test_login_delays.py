"""Delays after wrong passwords: they grow, have a ceiling, concern nobody else, and are the same in every process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.store.run import login_delays
from postroom.store.run.login_delays import LocalLoginDelays
from postroom.store.run.run_database import RunDatabase

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Moment:
    at = 1_700_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def delays(tmp_path: Path, moment: Moment) -> Iterator[LocalLoginDelays]:
    database = RunDatabase(tmp_path)
    yield LocalLoginDelays(database, moment)
    database.close()


def test_delays_grow_with_failures_and_have_a_ceiling(delays: LocalLoginDelays) -> None:
    seen = []
    for _ in range(20):
        seen.append(delays.delay(HERE, "alice"))
        delays.failed(HERE, "alice")
    assert seen[:4] == [0.0, 0.0, 0.0, 0.0]
    assert seen == sorted(seen)
    assert 0 < seen[5] < seen[-1] <= 8.0


def test_a_delay_concerns_nobody_else_and_ends_with_the_right_password(
    delays: LocalLoginDelays, moment: Moment
) -> None:
    for _ in range(10):
        delays.failed(HERE, "Alice")
    assert delays.delay(THERE, "alice") == 0.0
    assert delays.delay(HERE, "bob") == 0.0
    assert delays.delay(HERE, "ALICE") > 0.0
    moment.at += 2000
    assert delays.delay(HERE, "alice") == 0.0
    moment.at -= 2000
    delays.succeeded(HERE, "alice")
    assert delays.delay(HERE, "alice") == 0.0


def test_a_guesser_who_changes_names_waits_too_and_cannot_clear_it_with_a_name_of_its_own(
    delays: LocalLoginDelays,
) -> None:
    for number in range(40):
        delays.failed(HERE, f"name{number}")
    assert delays.delay(HERE, "alice") > 0.0
    assert delays.delay(THERE, "alice") == 0.0
    delays.succeeded(HERE, "mallory")
    assert delays.delay(HERE, "alice") > 0.0
    (network,) = delays.lock_outs()
    assert (network.limit_key, network.login, network.failures) == (HERE, "", 40)
    delays.forget(HERE, "")
    assert delays.delay(HERE, "alice") == 0.0
    assert delays.lock_outs() == []


def test_every_process_counts_the_same(tmp_path: Path, delays: LocalLoginDelays, moment: Moment) -> None:
    other = RunDatabase(tmp_path)
    for _ in range(5):
        LocalLoginDelays(other, moment).failed(HERE, "alice")
    assert delays.delay(HERE, "alice") > 0.0
    other.close()


def test_what_is_remembered_is_bounded(
    delays: LocalLoginDelays, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    monkeypatch.setattr(login_delays, "_MAX_REMEMBERED", 100)
    monkeypatch.setattr(login_delays, "_SWEEP_EVERY", 50)
    for number in range(500):
        moment.at += 0.5
        delays.failed(f"2001:db8:{number:x}::/64", "alice" * 1000)
    assert len(delays._database.execute("SELECT 1 FROM failed_login")) <= 200
    moment.at += 10_000
    delays._sweep(int(moment.at))
    assert delays._database.execute("SELECT 1 FROM failed_login") == []
