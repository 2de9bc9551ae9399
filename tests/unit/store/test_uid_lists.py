"""UidLists: kept lists brought up to date, their bounds, and what is not trusted."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from postroom.model.database import Row
from postroom.model.ids import AccountId, MailboxId, ModSeq
from postroom.model.mailbox import Mailbox
from postroom.store.uid_lists import UidLists, without

ALICE, BOB = AccountId(1), AccountId(2)
UIDS = array("I", range(1, 1001))


def mailbox(number: int = 1, *, count: int = 1000, mod_seq: int = 5, history_from: int = 0) -> Mailbox:
    return Mailbox(MailboxId(number), "a", None, 9, count + 1, 1, count, 0, 0, 0, ModSeq(mod_seq), history_from)


class Changes:
    """What the database says has come and gone."""

    def __init__(self, arrived: list[int], gone: list[int]) -> None:
        self.rows = {"mailbox_email": arrived, "expunged": gone}
        self.reads = 0

    def __call__(self, sql: str, parameters: Any = ()) -> list[Row]:
        self.reads += 1
        return [(uid,) for table, uids in self.rows.items() if f"FROM {table} " in sql for uid in uids]


def test_the_same_mod_seq_reads_nothing_and_shares() -> None:
    lists, nothing = UidLists(), Changes([], [])
    lists.keep(ALICE, mailbox(), UIDS)
    assert lists.current(nothing, ALICE, mailbox()) is UIDS
    assert lists.current(nothing, BOB, mailbox()) is None
    assert lists.current(nothing, ALICE, mailbox(2)) is None
    assert nothing.reads == 0


def test_what_came_and_went_is_applied_to_a_copy() -> None:
    lists = UidLists()
    lists.keep(ALICE, mailbox(), UIDS)
    found = lists.current(Changes([1001, 1002], [1000, 1, 500]), ALICE, mailbox(count=999, mod_seq=8))
    assert found == array("I", [*range(2, 500), *range(501, 1000), 1001, 1002])
    assert array("I", range(1, 1001)) == UIDS


def test_what_can_not_be_right_is_read_anew() -> None:
    lists = UidLists()
    lists.keep(ALICE, mailbox(), UIDS)
    nothing = Changes([], [])
    assert lists.current(nothing, ALICE, replace(mailbox(), uid_validity=10)) is None
    assert lists.current(nothing, ALICE, mailbox(mod_seq=4)) is None
    assert lists.current(nothing, ALICE, mailbox(mod_seq=9, history_from=6)) is None
    assert lists.current(nothing, ALICE, mailbox(mod_seq=9, count=999)) is None
    assert lists.current(Changes([*range(1001, 3100)], []), ALICE, mailbox(mod_seq=9, count=3099)) is None
    lists.forget(ALICE)
    assert lists.current(nothing, ALICE, mailbox()) is None


def test_octets_are_bounded_and_the_least_used_go_first() -> None:
    lists, nothing = UidLists(octets=9000), Changes([], [])
    for number in (1, 2):
        lists.keep(ALICE, mailbox(number), UIDS)
    assert lists.current(nothing, ALICE, mailbox(1)) is UIDS
    lists.keep(ALICE, mailbox(3), UIDS)
    assert [lists.current(nothing, ALICE, mailbox(number)) is UIDS for number in (1, 2, 3)] == [True, False, True]
    lists.keep(ALICE, mailbox(4, count=10_000), array("I", range(10_000)))
    assert lists.current(nothing, ALICE, mailbox(4, count=10_000)) is None
    assert lists.current(nothing, ALICE, mailbox(1)) is UIDS


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_without_is_the_difference(uids: set[int], gone: set[int]) -> None:
    assert without(array("I", sorted(uids)), sorted(gone)) == array("I", sorted(uids - gone))
