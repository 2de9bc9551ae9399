"""The list of a mailbox that was open before is, whatever happened since, the list a fresh reading gives."""

from __future__ import annotations

import random
from array import array

from postroom.model.email import Column, KeywordChange, MailboxChanges
from postroom.model.ids import ModSeq
from postroom.model.keywords import DELETED, Keywords
from postroom.store import uid_lists
from store.adapters import ALICE, EVERYTHING, Opened

MARK = KeywordChange(KeywordChange.Action.ADD, Keywords(DELETED))


async def test_opening_again_after_anything(mail: Opened) -> None:
    source = random.Random(3)
    inbox = await mail.mailbox_id()
    archive = await mail.mailbox_id("Archive")
    await mail.fill(uid_lists.SMALLEST + 60)
    _, before = await mail.store.open_mailbox(ALICE, inbox, take_recent=True)
    kept = list(before)
    for step in range(30):
        uids = [row[0] for row in await mail.store.fetch(ALICE, inbox, EVERYTHING, (Column.UID,))]
        chosen = sorted(source.sample(uids, 3))
        ranges = tuple((uid, uid) for uid in chosen)
        match step % 5:
            case 0:
                await mail.store.change_keywords(ALICE, inbox, ranges, MARK)
            case 1:
                await mail.store.expunge(ALICE, inbox, None)
            case 2:
                await mail.fill(2)
            case 3:
                await mail.store.move(ALICE, inbox, ranges, archive)
            case _:
                await mail.store.copy(ALICE, archive, EVERYTHING, inbox)
        mailbox, opened = await mail.store.open_mailbox(ALICE, inbox, take_recent=bool(step % 2))
        found = [row[0] for row in await mail.store.fetch(ALICE, inbox, EVERYTHING, (Column.UID,))]
        assert list(opened) == found
        assert mailbox == await mail.store.mailbox_by_id(ALICE, inbox) or step % 2
    assert list(before) == kept, "an array that somebody has is never changed"


def test_a_list_after_changes() -> None:
    uids = array("I", [2, 4, 6, 8])
    changed = [(4, 0, None, 9), (9, 0, None, 9), (12, 0, None, 9)]
    assert list(uid_lists.updated(uids, MailboxChanges(ModSeq(9), changed, [2, 3, 8]))) == [4, 6, 9, 12]
    assert uid_lists.updated(uids, MailboxChanges(ModSeq(9), [(4, 0, None, 9)], [3])) is uids
    assert list(uid_lists.updated(array("I"), MailboxChanges(ModSeq(9), [(1, 0, None, 9)], []))) == [1]
