"""Differences between two looks at an account, case by case."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import pytest

from postroom.access.watching import (
    AccountWatch,
    AnnotationsChanged,
    Change,
    MailboxGone,
    MailboxMade,
    MailboxRenamed,
    MessagesChanged,
    Picture,
    SubscriptionChanged,
    differences,
)
from postroom.model.email import ChangeNotice
from postroom.model.ids import AccountId, MailboxId, ModSeq
from postroom.model.mailbox import Mailbox


def mailbox(number: int, name: str, **changed: int) -> Mailbox:
    made = Mailbox(MailboxId(number), name, None, 100 + number, 10, 1, 5, 2, 0, 500, ModSeq(7))
    return dataclasses.replace(made, **changed)  # type: ignore[arg-type]


def picture(*mailboxes: Mailbox, subscribed: str = "", **marks: int) -> Picture:
    names = frozenset(subscribed.split())
    return Picture({one.mailbox_id: one for one in mailboxes}, names, {(1, entry): at for entry, at in marks.items()})


A = mailbox(1, "a")
NEW = mailbox(1, "a", uid_next=12, message_count=7, unseen_count=4, mod_seq=9)
GONE = mailbox(1, "a", message_count=4, mod_seq=9)
BOTH = mailbox(1, "a", uid_next=11, mod_seq=9)
FLAGS = mailbox(1, "a", mod_seq=9)
READ = mailbox(1, "a", unseen_count=1, mod_seq=9)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (picture(A), picture(A), []),
        (picture(A), picture(NEW), [MessagesChanged(NEW, True, False, True)]),
        (picture(A), picture(GONE), [MessagesChanged(GONE, False, True, False)]),
        (picture(A), picture(BOTH), [MessagesChanged(BOTH, True, True, False)]),
        (picture(A), picture(FLAGS), [MessagesChanged(FLAGS, False, False, True)]),
        (picture(A), picture(READ), [MessagesChanged(READ, False, False, True)]),
        (picture(), picture(A), [MailboxMade(A)]),
        (picture(A), picture(), [MailboxGone("a")]),
        (picture(subscribed="a b"), picture(subscribed="b c"), [SubscriptionChanged("a"), SubscriptionChanged("c")]),
        (picture(A, x=1, y=1), picture(A, y=2, z=2), [AnnotationsChanged("a", ("x", "y", "z"))]),
        (picture(A, x=1), picture(), [MailboxGone("a")]),
    ],
)
def test_differences(old: Picture, new: Picture, wanted: list[Change]) -> None:
    assert differences(old, new) == wanted


def test_those_below_go_along_with_a_rename() -> None:
    old = picture(A, mailbox(2, "a/b"), mailbox(3, "a/b/c"), mailbox(4, "x"))
    renamed = [mailbox(1, "z", mod_seq=7), mailbox(2, "z/b"), mailbox(3, "z/b/c"), mailbox(4, "x")]
    assert differences(old, picture(*renamed)) == [MailboxRenamed(renamed[0], "a")]


def test_two_renames_between_two_looks() -> None:
    old = picture(A, mailbox(2, "a/b"))
    now = [mailbox(1, "z"), mailbox(2, "z/other")]
    assert differences(old, picture(*now)) == [MailboxRenamed(now[0], "a"), MailboxRenamed(now[1], "a/b")]


def test_annotations_of_the_account_have_no_mailbox() -> None:
    old, new = Picture(marks={(0, "/private/x"): 1}), Picture(marks={(0, "/private/x"): 2})
    assert differences(old, new) == [AnnotationsChanged("", ("/private/x",))]


class Store:
    """One mailbox, its feed and its store; `commit` is a change with its notice, which may come later."""

    def __init__(self) -> None:
        self.now = A
        self.feed = self.store = self
        self._tell: Any = None

    def watch(self, account_id: AccountId, callback: Any) -> Any:
        self._tell = callback
        return lambda: None

    async def mailboxes(self, account_id: AccountId) -> list[Mailbox]:
        return [self.now]

    async def mailbox_by_id(self, account_id: AccountId, mailbox_id: MailboxId) -> Mailbox:
        return self.now

    async def annotation_marks(self, account_id: AccountId) -> list[Any]:
        return []

    async def subscriptions(self, account_id: AccountId) -> list[str]:
        return []

    def commit(self, *, noticed: bool = True, **changed: int) -> int:
        mod_seq = self.now.mod_seq + 1
        self.now = dataclasses.replace(self.now, mod_seq=ModSeq(mod_seq), **changed)  # type: ignore[arg-type]
        if noticed:
            self.notice(mod_seq)
        return mod_seq

    def notice(self, mod_seq: int) -> None:
        self._tell(ChangeNotice(1, mod_seq, (1,)))


async def opened() -> tuple[Store, AccountWatch]:
    store = Store()
    return store, await AccountWatch.open(cast(Any, store), AccountId(1), lambda: None)


async def test_own_commits_alone_are_nothing_new() -> None:
    store, watch = await opened()
    watch.own([store.commit(uid_next=11, message_count=6), store.commit(uid_next=12, message_count=7)])
    assert await watch.changes() == []
    store.commit(unseen_count=1)
    assert await watch.changes() == [MessagesChanged(store.now, False, False, True)]


@pytest.mark.parametrize("own_is_last", [True, False])
async def test_own_commits_among_others_are_told(own_is_last: bool) -> None:
    store, watch = await opened()
    commits = [store.commit(uid_next=11, message_count=6), store.commit(uid_next=12, message_count=7)]
    watch.own([commits[own_is_last]])
    assert await watch.changes() == [MessagesChanged(store.now, True, False, False)]
    store.commit(uid_next=13, message_count=8)
    assert await watch.changes() == [MessagesChanged(store.now, True, False, False)]


async def test_a_notice_that_comes_after_the_look_is_told_once() -> None:
    store, watch = await opened()
    others = store.commit(noticed=False)
    own = store.commit(uid_next=11, message_count=6)
    watch.own([own])
    assert await watch.changes() == []
    store.notice(others)
    assert await watch.changes() == [MessagesChanged(store.now, False, False, True)]
    store.notice(others)
    store.notice(own)
    assert await watch.changes() == []
