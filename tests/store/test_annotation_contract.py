"""The contract of annotations: RFC 5464 §4.1."""

from __future__ import annotations

import pytest

from postroom.model.annotation import MAX_ENTRIES
from postroom.model.errors import NotFound, OverLimit
from postroom.model.ids import MailboxId
from postroom.model.mailbox import INBOX
from store.adapters import ALICE, BOB, Opened

COMMENT = "/private/comment"


async def test_values_are_set_replaced_and_removed(mail: Opened) -> None:
    inbox = (await mail.mailbox()).mailbox_id
    await mail.store.set_annotations(ALICE, inbox, {COMMENT: b"one", "/shared/comment": b"\x00\xff"})
    assert await mail.store.annotations(ALICE, inbox) == {COMMENT: b"one", "/shared/comment": b"\x00\xff"}
    await mail.store.set_annotations(ALICE, inbox, {COMMENT: b"two", "/shared/comment": None, "/private/x": None})
    assert await mail.store.annotations(ALICE, inbox) == {COMMENT: b"two"}
    assert await mail.store.annotations(ALICE, None) == {}
    assert await mail.store.annotations(BOB, inbox) == {}


async def test_those_of_the_account_are_apart(mail: Opened) -> None:
    await mail.store.set_annotations(ALICE, None, {COMMENT: b"mine"})
    assert await mail.store.annotations(ALICE, None) == {COMMENT: b"mine"}
    assert await mail.store.annotations(BOB, None) == {}
    assert await mail.store.annotations(ALICE, (await mail.mailbox()).mailbox_id) == {}


async def test_marks_tell_what_changed(mail: Opened) -> None:
    inbox = (await mail.mailbox()).mailbox_id
    before = (await mail.mailbox()).mod_seq
    await mail.store.set_annotations(ALICE, inbox, {COMMENT: b"one", "/private/x": b"x"})
    first = {mark.entry: mark.mod_seq for mark in await mail.store.annotation_marks(ALICE)}
    await mail.store.set_annotations(ALICE, inbox, {COMMENT: b"two"})
    second = {mark.entry: mark.mod_seq for mark in await mail.store.annotation_marks(ALICE)}
    assert second[COMMENT] > first[COMMENT]
    assert second["/private/x"] == first["/private/x"]
    assert (await mail.mailbox()).mod_seq == before, "no message changed"


async def test_they_follow_a_rename_and_go_with_the_mailbox(mail: Opened) -> None:
    made = await mail.store.create_mailbox(ALICE, "a")
    await mail.store.set_annotations(ALICE, made.mailbox_id, {COMMENT: b"kept"})
    await mail.store.rename_mailbox(ALICE, "a", "b")
    assert await mail.store.annotations(ALICE, made.mailbox_id) == {COMMENT: b"kept"}
    await mail.store.delete_mailbox(ALICE, "b")
    assert await mail.store.annotation_marks(ALICE) == []
    again = await mail.store.create_mailbox(ALICE, "b")
    assert await mail.store.annotations(ALICE, again.mailbox_id) == {}


async def test_renaming_inbox_copies_them(mail: Opened) -> None:
    inbox = await mail.mailbox()
    await mail.store.set_annotations(ALICE, inbox.mailbox_id, {COMMENT: b"both"})
    await mail.store.rename_mailbox(ALICE, INBOX, "old")
    target = await mail.store.mailbox(ALICE, "old")
    assert target is not None
    assert await mail.store.annotations(ALICE, target.mailbox_id) == {COMMENT: b"both"}
    assert await mail.store.annotations(ALICE, inbox.mailbox_id) == {COMMENT: b"both"}


async def test_refusals_change_nothing(mail: Opened) -> None:
    inbox = (await mail.mailbox()).mailbox_id
    await mail.store.set_annotations(ALICE, inbox, {f"/private/{n}": b"x" for n in range(MAX_ENTRIES)})
    with pytest.raises(OverLimit):
        await mail.store.set_annotations(ALICE, inbox, {COMMENT: b"one too many", "/private/0": b"changed"})
    assert (await mail.store.annotations(ALICE, inbox))["/private/0"] == b"x"
    await mail.store.set_annotations(ALICE, inbox, {COMMENT: b"in its place", "/private/0": None})
    with pytest.raises(NotFound):
        await mail.store.set_annotations(ALICE, MailboxId(99), {COMMENT: b"x"})


async def test_subscriptions_are_changes_of_the_account(mail: Opened) -> None:
    notices = len(mail.notices)
    await mail.store.set_subscribed(ALICE, INBOX, True)
    assert len(mail.notices) == notices, "nothing changed"
    await mail.store.set_subscribed(ALICE, INBOX, False)
    assert len(mail.notices) == notices + 1
    assert mail.notices[-1].mailbox_ids == ()
