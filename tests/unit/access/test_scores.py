"""Scores of a result: the same from the index and from the messages, of so many at most, and worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.access.search import scores
from postroom.access.search.query import TextHas
from postroom.access.search.relevance import LEAST
from postroom.access.search.scores import Scores
from postroom.access.selected import SelectedMailbox
from postroom.model.email import ChangeNotice
from postroom.model.ids import AccountId
from store.adapters import ALICE, opened
from unit.access.test_account_search import Account, mail

RED = TextHas("red", header=True, loose=True)


class SilentFeed:
    """Nothing that is published is told."""

    def publish(self, notice: ChangeNotice) -> None:
        pass

    def watch(self, account_id: AccountId, callback: Callable[[ChangeNotice], None]) -> Callable[[], None]:
        return lambda: None


async def selected(account: Account, *, with_index: bool) -> SelectedMailbox:
    ports = replace(account.ports(with_index=with_index), feed=SilentFeed())
    return await SelectedMailbox.open(ports, ALICE, await account.mail.mailbox_id(), read_only=True)


async def test_the_same_with_an_index_and_without_one(tmp_path: Path) -> None:
    async with opened("memory", tmp_path) as found:
        account = Account(found)
        for number, (subject, body) in enumerate((("red", "x"), ("x", "red red"), ("x", "reddish"), ("x", "red"))):
            await account.add(mail(number, subject, body))
        indexed = await Scores(await selected(account, with_index=True), RED).of([1, 2, 3, 4])
        read = await Scores(await selected(account, with_index=False), RED).of([1, 2, 3, 4])
        assert indexed == read
        assert indexed[1] > indexed[2] > indexed[4] > indexed[3] > LEAST


async def test_older_ones_of_many_have_the_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "MOST_SCORED", 2)
    async with opened("memory", tmp_path) as found:
        account = Account(found)
        for number in range(4):
            await account.add(mail(number, "red", "red"))
        of_all = await Scores(await selected(account, with_index=False), RED).of([4, 2, 1, 3, 9])
        assert of_all[1] == of_all[2] == of_all[3] == of_all[9] == LEAST
        assert of_all[4] > LEAST


async def test_a_score_is_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened("memory", tmp_path) as found:
        account = Account(found)
        await account.add(mail(1, "red", "red"))
        known = Scores(await selected(account, with_index=True), RED)
        first = await known.of([1])
        account.index.kept.clear()
        assert await known.of([1]) == first
