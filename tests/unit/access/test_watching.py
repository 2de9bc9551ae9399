"""Differences between two looks at an account, case by case."""

from __future__ import annotations

import dataclasses

import pytest

from postroom.access.watching import (
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
from postroom.model.ids import MailboxId, ModSeq
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
