"""A notice leaves its worker only where another one watches the account."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.model.email import ChangeNotice
from postroom.notify.hub import Hub
from postroom.notify.watched import PLACES, WatchTable, make_table


def test_only_accounts_that_others_watch_are_told_to_them(tmp_path: Path) -> None:
    make_table(tmp_path, 2)
    told: list[ChangeNotice] = []
    here = Hub(told.append, WatchTable(tmp_path, 0))
    there = Hub(None, WatchTable(tmp_path, 1))
    here.watch(3, lambda notice: None)
    here.publish(ChangeNotice(3, 1, ()))
    assert told == []
    stops = [there.watch(3, lambda notice: None), there.watch(3, lambda notice: None)]
    here.publish(ChangeNotice(3, 2, ()))
    here.publish(ChangeNotice(4, 2, ()))
    stops[0]()
    stops[0]()
    here.publish(ChangeNotice(3, 3, ()))
    assert [(notice.account_id, notice.mod_seq) for notice in told] == [(3, 2), (3, 3)]
    stops[1]()
    here.publish(ChangeNotice(3, 4, ()))
    assert len(told) == 2


def test_accounts_of_one_place_do_not_end_each_others_watch(tmp_path: Path) -> None:
    make_table(tmp_path, 2)
    own, other = WatchTable(tmp_path, 0), WatchTable(tmp_path, 1)
    own.add(1)
    own.add(1 + PLACES)
    own.remove(1)
    assert other.is_watched_elsewhere(1 + PLACES)
    own.remove(1 + PLACES)
    assert not other.is_watched_elsewhere(1 + PLACES)


@pytest.mark.parametrize("row", [0, 1])
def test_a_new_worker_begins_without_the_watches_of_the_one_before(tmp_path: Path, row: int) -> None:
    make_table(tmp_path, 2)
    WatchTable(tmp_path, row).add(9)
    asking = WatchTable(tmp_path, 1 - row)
    assert asking.is_watched_elsewhere(9)
    WatchTable(tmp_path, row)
    assert not asking.is_watched_elsewhere(9)
