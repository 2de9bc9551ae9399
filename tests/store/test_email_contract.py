"""The contract of EmailStore: append, fetch, keywords, expunge, copy, move."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from postroom.model.email import Column, KeywordChange
from postroom.model.errors import Conflict, Meaning, NotFound, OverLimit, TryLater
from postroom.model.ids import MailboxId
from postroom.model.keywords import BITS, DELETED, FLAGGED, MAX_KEYWORDS, SEEN, Keywords
from postroom.store import changing, known_keywords
from postroom.store.append import DELIVERED_FOR
from store.adapters import ALICE, BOB, EVERYTHING, Opened
from store.mail import LARGE, RECEIVED, arrival, message

ADD, REMOVE, REPLACE = KeywordChange.Action.ADD, KeywordChange.Action.REMOVE, KeywordChange.Action.REPLACE
NOWHERE = MailboxId(99)
PREFIX = b"Received: by here\r\n"


async def change(
    mail: Opened,
    action: KeywordChange.Action,
    *names: str,
    ranges: tuple[tuple[int, int], ...] = EVERYTHING,
    **more: int,
):  # type: ignore[no-untyped-def]
    return await mail.store.change_keywords(
        ALICE, await mail.mailbox_id(), ranges, KeywordChange(action, Keywords.of(names)), **more
    )


async def test_append_several_at_once(mail: Opened) -> None:
    inbox = await mail.mailbox()
    trash = await mail.mailbox("Trash")
    arrivals = [
        arrival(inbox.mailbox_id, message(1), "$seen"),
        arrival(trash.mailbox_id, message(2), "$deleted", "$flagged"),
        arrival(inbox.mailbox_id, message(3), prefix=PREFIX),
    ]
    appended = await mail.store.append(ALICE, arrivals)
    assert [(one.uid, one.uid_validity) for one in appended] == [
        (1, inbox.uid_validity), (1, trash.uid_validity), (2, inbox.uid_validity),
    ]  # fmt: skip
    assert len({one.email_id for one in appended}) == 3
    assert {one.mod_seq for one in appended} == {appended[0].mod_seq}
    after = await mail.mailbox()
    assert (after.uid_next, after.message_count, after.unseen_count, after.deleted_count) == (3, 2, 1, 0)
    assert after.size == len(message(1)) + len(PREFIX) + len(message(3))
    assert after.mod_seq == appended[0].mod_seq > inbox.mod_seq
    other = await mail.mailbox("Trash")
    assert (other.message_count, other.unseen_count, other.deleted_count) == (1, 1, 1)
    usage = await mail.store.usage(ALICE)
    assert (usage.size, usage.message_count) == (after.size + other.size, 3)
    assert set(mail.notices[-1].mailbox_ids) == {inbox.mailbox_id, trash.mailbox_id}
    assert mail.notices[-1].mod_seq == after.mod_seq


async def test_nothing_appended_is_nothing_changed(mail: Opened) -> None:
    before = await mail.mailbox()
    assert await mail.store.append(ALICE, []) == []
    assert await mail.mailbox() == before


async def test_all_or_none(mail: Opened) -> None:
    before = await mail.mailbox()
    with pytest.raises(NotFound) as refused:
        await mail.store.append(
            ALICE,
            [arrival(before.mailbox_id, message(1)), arrival(NOWHERE, LARGE, path=mail.staged())],
        )
    assert refused.value.meaning is Meaning.NO_SUCH_MAILBOX
    assert await mail.mailbox() == before
    assert (await mail.store.usage(ALICE)).message_count == 0
    assert not mail.notices or mail.notices[-1].mod_seq == before.mod_seq


async def test_a_named_delivery_is_made_once(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    one = replace(arrival(inbox, message(1)), once="7.1.99")
    await mail.store.append(ALICE, [one])
    await mail.set_quota(len(message(1)))  # full now, and still not too much: it is here already
    for again in ([one], [replace(arrival(inbox, message(2)), once="7.2.99"), one]):
        with pytest.raises(Conflict) as refused:
            await mail.store.append(ALICE, again)
        assert refused.value.meaning is Meaning.ALREADY_DELIVERED
    await mail.set_quota(None)
    assert (await mail.store.usage(ALICE)).message_count == 1
    assert await mail.uids() == [1]
    await mail.store.append(ALICE, [replace(one, once="7.2.99"), replace(one, once=""), replace(one, once="")])
    await mail.store.append(BOB, [replace(one, mailbox_id=await mail.mailbox_id(account_id=BOB))])
    assert await mail.uids() == [1, 2, 3, 4]


async def test_the_name_of_a_delivery_is_forgotten_in_time(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    one = replace(arrival(inbox, message(1)), once="7.1.99")
    await mail.store.append(ALICE, [one])
    mail.clock.seconds += DELIVERED_FOR + 1
    await mail.store.append(ALICE, [one])
    assert await mail.uids() == [1, 2]


async def test_quota_counts_every_membership(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.set_quota(3 * len(message(1)))
    await mail.fill(3)
    with pytest.raises(OverLimit) as refused:
        await mail.store.append(ALICE, [arrival(inbox, b"x")])
    assert refused.value.meaning is Meaning.OVER_QUOTA
    with pytest.raises(OverLimit):
        await mail.store.copy(ALICE, inbox, ((1, 1),), trash)
    assert (await mail.store.usage(ALICE)).message_count == 3
    assert await mail.uids("Trash") == []
    await mail.store.move(ALICE, inbox, ((1, 1),), trash)
    await change(mail, ADD, "$deleted", ranges=((2, 2),))
    await mail.store.expunge(ALICE, inbox, None)
    await mail.store.append(ALICE, [arrival(inbox, message(4))])


async def test_uids_are_never_given_again(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    seen: list[int] = []
    for _ in range(4):
        seen += [one.uid for one in await mail.fill(3)]
        await change(mail, ADD, "$deleted")
        gone, _ = await mail.store.expunge(ALICE, inbox, None)
        assert gone == seen[-3:]
    assert seen == list(range(1, 13))
    assert (await mail.mailbox()).uid_next == 13


async def test_fetch_gives_the_columns_asked_for_in_their_order(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    one = replace(arrival(inbox, message(1), "$seen", "Zeta", "alpha", prefix=PREFIX), received_zone=-210)
    (appended,) = await mail.store.append(ALICE, [one])
    ((*row,),) = await mail.store.fetch(ALICE, inbox, ((1, 1),), tuple(Column))
    found = dict(zip(Column, row, strict=True))
    assert found.pop(Column.SAVED_AT) > RECEIVED
    summary = one.summary
    assert found == {
        Column.UID: 1, Column.BITS: SEEN, Column.OTHERS: "alpha Zeta", Column.MOD_SEQ: appended.mod_seq,
        Column.SIZE: len(PREFIX) + len(message(1)), Column.RECEIVED_AT: RECEIVED, Column.RECEIVED_ZONE: -210,
        Column.EMAIL_ID: appended.email_id, Column.MAILBOX_ID: inbox, Column.HAS_ATTACHMENT: False,
        Column.THREAD_ID: appended.email_id, Column.SENT_AT: None, Column.BASE_SUBJECT: summary.base_subject, Column.ENVELOPE: summary.envelope,
        Column.BODY_STRUCTURE: summary.body_structure, Column.BODY: summary.body, Column.PARTS: summary.parts,
        Column.HEADER_CACHE: summary.header_cache, Column.PREVIEW: summary.preview,
        Column.BLOB_ID: one.content.blob_id, Column.PREFIX: PREFIX, Column.CONTENT: message(1), Column.CONTENT_PATH: None,
    }  # fmt: skip
    assert await mail.store.fetch(ALICE, inbox, ((1, 1),), (Column.SIZE, Column.UID)) == [(row[4], 1)]


async def test_fetch_leaves_out_what_is_not_there(mail: Opened) -> None:
    await mail.fill(5)
    inbox = await mail.mailbox_id()
    got = await mail.store.fetch(ALICE, inbox, ((2, 3), (5, 4_000_000_000)), (Column.UID,))
    assert got == [(2,), (3,), (5,)]
    assert await mail.store.fetch(ALICE, inbox, ((6, 9),), (Column.UID,)) == []
    assert await mail.store.fetch(ALICE, inbox, (), (Column.UID,)) == []
    assert await mail.store.fetch(ALICE, NOWHERE, EVERYTHING, (Column.UID,)) == []


async def test_answers_join_their_thread(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    for data in (message(1), message(2, reply_to=1), message(3, reply_to=9), message(9), message(4, reply_to=2)):
        await mail.store.append(ALICE, [arrival(inbox, data)])
    threads = [row[0] for row in await mail.store.fetch(ALICE, inbox, EVERYTHING, (Column.THREAD_ID,))]
    assert threads[0] == threads[1] == threads[4]
    assert threads[2] == threads[3] != threads[0]


async def test_recent_belongs_to_the_first_who_takes_it(mail: Opened) -> None:
    await mail.fill(2)
    inbox = await mail.mailbox_id()
    looked, uids = await mail.store.open_mailbox(ALICE, inbox, take_recent=False)
    assert list(uids) == [1, 2]
    first, _ = await mail.store.open_mailbox(ALICE, inbox, take_recent=True)
    second, _ = await mail.store.open_mailbox(ALICE, inbox, take_recent=True)
    assert (looked.first_recent_uid, first.first_recent_uid, second.first_recent_uid) == (1, 1, 3)
    await mail.fill(1)
    third, _ = await mail.store.open_mailbox(ALICE, inbox, take_recent=True)
    assert (third.first_recent_uid, third.uid_next) == (3, 4)
    with pytest.raises(NotFound):
        await mail.store.open_mailbox(ALICE, NOWHERE, take_recent=False)


async def test_recent_marks_are_taken_once_and_never_come_back(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    await mail.fill(3)
    assert [await mail.store.take_recent(ALICE, inbox, below) for below in (3, 3, 2, 4)] == [1, 3, 3, 3]
    assert (await mail.mailbox()).first_recent_uid == 4
    with pytest.raises(NotFound):
        await mail.store.take_recent(ALICE, NOWHERE, 1)


async def test_the_zone_of_arrival_goes_along(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    await mail.store.append(ALICE, [replace(arrival(inbox, message(1)), received_zone=345)])
    target = await mail.store.create_mailbox(ALICE, "Elsewhere", None)
    await mail.store.copy(ALICE, inbox, ((1, 1),), target.mailbox_id)
    await mail.store.move(ALICE, inbox, ((1, 1),), target.mailbox_id)
    columns = (Column.RECEIVED_AT, Column.RECEIVED_ZONE)
    assert await mail.store.fetch(ALICE, target.mailbox_id, EVERYTHING, columns) == [(RECEIVED, 345)] * 2


async def test_keywords_are_added_removed_and_replaced(mail: Opened) -> None:
    await mail.fill(3, "$flagged", "Later")
    done = await change(mail, ADD, "$seen", "LATER", "New", ranges=((1, 2),))
    assert [row[:3] for row in done.rows] == [(uid, SEEN | FLAGGED, "Later New") for uid in (1, 2)]
    assert {row[3] for row in done.rows} == {done.mod_seq}
    await change(mail, REMOVE, "later", "$flagged", ranges=((2, 3),))
    await change(mail, REPLACE, "$deleted", "Only", ranges=((3, 3),))
    assert await mail.keywords() == {
        1: (SEEN | FLAGGED, "Later New"), 2: (SEEN, "New"), 3: (DELETED, "Only"),
    }  # fmt: skip
    counters = await mail.mailbox()
    assert (counters.unseen_count, counters.deleted_count) == (1, 1)
    await change(mail, REPLACE)
    assert set((await mail.keywords()).values()) == {(0, None)}


async def test_every_known_keyword_is_kept(mail: Opened) -> None:
    await mail.fill(1)
    for name, bit in BITS.items():
        await change(mail, REPLACE, name)
        assert await mail.keywords() == {1: (bit, None)}


async def test_what_stays_the_same_is_not_changed(mail: Opened) -> None:
    await mail.fill(3, "$seen", "Later")
    await change(mail, REMOVE, "None")  # from here on the mailbox knows it
    before = await mail.mailbox()
    for action, names in (
        (ADD, ("$seen",)),
        (ADD, ("later",)),
        (REMOVE, ("$draft", "None")),
        (REPLACE, ("$seen", "Later")),
    ):
        done = await change(mail, action, *names)
        assert done.rows == []
    assert (await mail.mailbox()).mod_seq == before.mod_seq
    done = await change(mail, ADD, "$draft", ranges=((2, 2), (9, 12)))
    assert [row[0] for row in done.rows] == [2]


async def test_unchanged_since(mail: Opened) -> None:
    await mail.fill(4)
    first = await change(mail, ADD, "$flagged", ranges=((2, 2),))
    second = await change(mail, ADD, "$draft", ranges=((3, 3),))
    done = await change(mail, ADD, "$seen", unchanged_since=first.mod_seq)
    assert [row[0] for row in done.rows] == [1, 2, 4]
    assert done.modified == [3]
    done = await change(mail, ADD, "Word", ranges=((1, 1), (3, 4)), unchanged_since=second.mod_seq)
    assert ([row[0] for row in done.rows], done.modified) == ([3], [1, 4])
    assert (await change(mail, ADD, "$seen", unchanged_since=0)).modified == [1, 2, 3, 4]


async def test_mod_seq_only_grows(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    seen = [(await mail.mailbox()).mod_seq]
    for step in (
        mail.fill(2),
        change(mail, ADD, "$seen", ranges=((1, 1),)),
        mail.store.copy(ALICE, inbox, ((1, 1),), inbox),
        change(mail, ADD, "$deleted", ranges=((1, 1),)),
        mail.store.expunge(ALICE, inbox, None),
        mail.store.move(ALICE, inbox, ((2, 2),), trash),
    ):
        await step
        seen.append((await mail.mailbox()).mod_seq)
    assert all(low < high for low, high in itertools.pairwise(seen))


async def test_changes_since(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    await mail.fill(4)
    start = (await mail.mailbox()).mod_seq
    nothing = await mail.store.changes_since(ALICE, inbox, start)
    assert (nothing.mod_seq, nothing.changed, nothing.expunged) == (start, [], [])
    await change(mail, ADD, "$seen", "Word", ranges=((2, 2),))
    await change(mail, ADD, "$deleted", ranges=((3, 3),))
    await mail.store.expunge(ALICE, inbox, None)
    await mail.fill(1)
    changes = await mail.store.changes_since(ALICE, inbox, start)
    assert [row[:3] for row in changes.changed] == [(2, SEEN, "Word"), (5, 0, None)]
    assert changes.expunged == [3]
    assert changes.mod_seq == (await mail.mailbox()).mod_seq
    since_then = await mail.store.changes_since(ALICE, inbox, changes.changed[0][3])
    assert [row[0] for row in since_then.changed] == [5]
    with pytest.raises(NotFound):
        await mail.store.changes_since(ALICE, NOWHERE, 1)


async def test_expunge_takes_the_marked_ones_of_the_ranges(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    await mail.fill(6, "$deleted")
    await change(mail, REMOVE, "$deleted", ranges=((3, 3),))
    before = await mail.mailbox()
    assert (await mail.store.expunge(ALICE, inbox, ((3, 3), (7, 9)))) == ([], before.mod_seq)
    gone, mod_seq = await mail.store.expunge(ALICE, inbox, ((1, 1), (3, 4)))
    assert gone == [1, 4]
    assert mod_seq == (await mail.mailbox()).mod_seq > before.mod_seq
    assert (await mail.store.expunge(ALICE, inbox, None))[0] == [2, 5, 6]
    assert await mail.uids() == [3]
    with pytest.raises(NotFound):
        await mail.store.expunge(ALICE, NOWHERE, None)


async def test_copy_shares_the_email(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.fill(4, "$seen", "Later")
    copied = await mail.store.copy(ALICE, inbox, ((2, 3), (9, 9)), trash)
    assert (copied.uid_validity, copied.source_uids, copied.target_uids) == (
        (await mail.mailbox("Trash")).uid_validity, [2, 3], [1, 2],
    )  # fmt: skip
    columns = (Column.EMAIL_ID, Column.THREAD_ID, Column.RECEIVED_AT, Column.SIZE, Column.BITS, Column.OTHERS)
    sources = await mail.store.fetch(ALICE, inbox, ((2, 3),), columns)
    assert await mail.store.fetch(ALICE, trash, EVERYTHING, columns) == sources
    assert (await mail.store.usage(ALICE)).message_count == 6
    assert mail.notices[-1].mailbox_ids == (trash,)
    again = await mail.store.copy(ALICE, inbox, ((1, 1),), inbox)
    assert (again.source_uids, again.target_uids) == ([1], [5])


async def test_move_is_one_step(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.fill(4, "$deleted")
    start = (await mail.mailbox()).mod_seq
    moved = await mail.store.move(ALICE, inbox, ((1, 2),), trash)
    assert (moved.source_uids, moved.target_uids) == ([1, 2], [1, 2])
    changes = await mail.store.changes_since(ALICE, inbox, start)
    assert changes.expunged == [1, 2]
    assert changes.mod_seq == (await mail.mailbox("Trash")).mod_seq
    assert (await mail.store.usage(ALICE)).message_count == 4
    onto_itself = await mail.store.move(ALICE, inbox, EVERYTHING, inbox)
    assert (onto_itself.source_uids, onto_itself.target_uids) == ([3, 4], [5, 6])
    assert await mail.uids() == [5, 6]


async def test_copy_and_move_of_nothing_and_to_nowhere(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.fill(1)
    for act in (mail.store.copy, mail.store.move):
        done = await act(ALICE, inbox, ((5, 9),), trash)
        assert (done.source_uids, done.target_uids) == ([], [])
        assert done.uid_validity == (await mail.mailbox("Trash")).uid_validity
        for source, target in ((inbox, NOWHERE), (NOWHERE, inbox)):
            with pytest.raises(NotFound):
                await act(ALICE, source, ((1, 1),), target)
    assert await mail.uids() == [1]


async def test_large_content_is_read_by_range(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    staged = mail.staged()
    await mail.store.append(ALICE, [arrival(inbox, LARGE, prefix=PREFIX, path=staged)])
    staged.unlink()
    await mail.store.copy(ALICE, inbox, ((1, 1),), trash)
    columns = (Column.PREFIX, Column.CONTENT, Column.CONTENT_PATH, Column.SIZE)
    for mailbox_id in (inbox, trash):
        ((prefix, data, path, size),) = await mail.store.fetch(ALICE, mailbox_id, EVERYTHING, columns)
        assert (prefix, data, size) == (PREFIX, None, len(PREFIX) + len(LARGE))
        assert await mail.store.read_content(ALICE, path, 0, len(LARGE)) == LARGE
        assert await mail.store.read_content(ALICE, path, 100, 164) == LARGE[100:164]
        with pytest.raises(TryLater):
            await mail.store.read_content(ALICE, path, 0, len(LARGE) + 1)
        with pytest.raises(TryLater):
            await mail.store.read_content(BOB, path, 0, 1)


async def test_the_last_membership_takes_the_content_along(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.store.append(ALICE, [arrival(inbox, LARGE, "$deleted", path=mail.staged())])
    await mail.store.copy(ALICE, inbox, ((1, 1),), trash)
    ((path,),) = await mail.store.fetch(ALICE, inbox, EVERYTHING, (Column.CONTENT_PATH,))
    await mail.store.expunge(ALICE, inbox, None)
    assert await mail.store.read_content(ALICE, path, 0, 10) == LARGE[:10]
    await mail.store.delete_mailbox(ALICE, "Trash")
    with pytest.raises(TryLater):
        await mail.store.read_content(ALICE, path, 0, 10)


async def test_two_accounts_share_a_staged_file(mail: Opened) -> None:
    staged = mail.staged()
    for account_id in (ALICE, BOB):
        inbox = (await mail.mailbox(account_id=account_id)).mailbox_id
        await mail.store.append(account_id, [arrival(inbox, LARGE, "$deleted", path=staged)])
    staged.unlink()
    await mail.store.expunge(ALICE, await mail.mailbox_id(), None)
    inbox = (await mail.mailbox(account_id=BOB)).mailbox_id
    ((path,),) = await mail.store.fetch(BOB, inbox, EVERYTHING, (Column.CONTENT_PATH,))
    assert await mail.store.read_content(BOB, path, 0, len(LARGE)) == LARGE


async def test_a_change_that_changes_nothing_tells_nobody(mail: Opened) -> None:
    await mail.fill(3, "$seen", "work")
    await change(mail, REMOVE, "play")
    before = await mail.mailbox()
    mail.notices.clear()
    for action, names in ((ADD, ("$seen", "WORK")), (REMOVE, ("$flagged", "play")), (REPLACE, ("$seen", "work"))):
        done = await change(mail, action, *names)
        assert done.rows == [] and done.mod_seq == before.mod_seq
    assert await mail.store.expunge(ALICE, before.mailbox_id, None) == ([], before.mod_seq)
    await mail.store.copy(ALICE, before.mailbox_id, ((50, 60),), before.mailbox_id)
    assert mail.notices == []
    assert await mail.mailbox() == before
    assert (await change(mail, ADD, "$flagged")).mod_seq > before.mod_seq
    assert len(mail.notices) == 1


async def test_a_mailbox_knows_every_keyword_named_in_it(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    assert await mail.store.keywords(ALICE, inbox) == []
    await mail.fill(2, "$seen", "Later")
    first = await mail.mailbox()
    done = await change(mail, REMOVE, "never")
    assert done.rows == [] and done.mod_seq > first.mod_seq
    await change(mail, ADD, "LATER", "also", ranges=((2, 2),))
    assert await mail.store.keywords(ALICE, inbox) == ["also", "Later", "never"]
    assert (await mail.store.changes_since(ALICE, inbox, first.mod_seq)).keywords == ["also", "never"]
    await change(mail, REPLACE, "$seen")
    assert await mail.store.keywords(ALICE, inbox) == ["also", "Later", "never"], "one that was used once stays"
    await change(mail, ADD, "moved", ranges=((1, 1),))
    await mail.store.move(ALICE, inbox, ((1, 1),), trash)
    assert await mail.store.keywords(ALICE, trash) == ["moved"]


async def test_a_flood_of_keywords_is_not_announced(mail: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_keywords, "MOST", 3)
    await mail.fill(1)
    for number in range(5):
        await change(mail, ADD, f"k{number}")
    assert await mail.store.keywords(ALICE, await mail.mailbox_id()) == ["k0", "k1", "k2"]


async def test_keywords_grow_up_to_their_limit_only(mail: Opened) -> None:
    await mail.fill(2)
    for start in range(0, MAX_KEYWORDS, 25):
        await change(mail, ADD, *(f"k{number}" for number in range(start, start + 25)))
    full = await mail.keywords()
    with pytest.raises(OverLimit):
        await change(mail, ADD, "one-more")
    assert await mail.keywords() == full
    await change(mail, ADD, "K1", "$seen")
    await change(mail, REMOVE, "k2")
    await change(mail, ADD, "one-more")


async def test_quota_is_set_and_taken_away(mail: Opened) -> None:
    await mail.fill(2)
    await mail.store.set_quota(ALICE, 1)
    with pytest.raises(OverLimit) as refused:
        await mail.fill(1)
    assert refused.value.meaning is Meaning.OVER_QUOTA
    assert len(await mail.uids()) == 2, "what is there stays"
    await mail.store.set_quota(ALICE, None)
    await mail.fill(1)


async def test_replace_is_one_step(mail: Opened) -> None:
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.fill(3)
    before = await mail.mailbox()
    await mail.set_quota(before.size)
    replaced = await mail.store.replace(ALICE, inbox, 2, arrival(inbox, message(7), "$draft"))
    assert (replaced.uid, replaced.uid_validity) == (4, before.uid_validity)
    changes = await mail.store.changes_since(ALICE, inbox, before.mod_seq)
    assert ([row[0] for row in changes.changed], changes.expunged) == ([4], [2])
    assert mail.notices[-1].mailbox_ids == (inbox,)
    elsewhere = await mail.store.replace(ALICE, inbox, 1, arrival(trash, message(8)))
    assert elsewhere.uid == 1
    assert (await mail.uids(), await mail.uids("Trash")) == ([3, 4], [1])
    assert mail.notices[-1].mailbox_ids == (inbox, trash)


async def test_replace_is_all_or_nothing(mail: Opened) -> None:
    inbox = await mail.mailbox_id()
    await mail.fill(2)
    before = await mail.mailbox()
    with pytest.raises(NotFound) as refused:
        await mail.store.replace(ALICE, inbox, 9, arrival(inbox, message(7)))
    assert refused.value.meaning is Meaning.NO_SUCH_EMAIL
    with pytest.raises(NotFound) as refused:
        await mail.store.replace(ALICE, inbox, 1, arrival(NOWHERE, LARGE, path=mail.staged()))
    assert refused.value.meaning is Meaning.NO_SUCH_MAILBOX
    await mail.set_quota(before.size)
    with pytest.raises(OverLimit):
        await mail.store.replace(ALICE, inbox, 1, arrival(inbox, LARGE, path=mail.staged("other")))
    assert await mail.mailbox() == before
    assert await mail.uids() == [1, 2]


async def test_what_is_remembered_of_expunged_messages_is_bounded(
    mail: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "KEPT", 4)
    inbox = await mail.mailbox_id()
    await mail.fill(12, "$deleted")
    start = (await mail.mailbox()).mod_seq
    known: list[int] = []
    for uid in range(1, 6):
        known.append((await mail.store.expunge(ALICE, inbox, ((uid, uid),)))[1])
    whole = await mail.store.changes_since(ALICE, inbox, start)
    assert (whole.expunged, whole.is_complete) == ([1, 2, 3, 4, 5], True)
    await mail.store.expunge(ALICE, inbox, ((6, 6),))
    assert (await mail.mailbox()).history_from == known[1]
    cut = await mail.store.changes_since(ALICE, inbox, start)
    assert (cut.expunged, cut.is_complete) == ([3, 4, 5, 6], False)
    recent = await mail.store.changes_since(ALICE, inbox, known[1])
    assert (recent.expunged, recent.is_complete) == ([3, 4, 5, 6], True)
    # more at once than is kept: nothing of it is, and nobody is told otherwise
    _, last = await mail.store.expunge(ALICE, inbox, None)
    much = await mail.store.changes_since(ALICE, inbox, known[1])
    assert (much.expunged, much.is_complete) == ([], False)
    assert (await mail.store.changes_since(ALICE, inbox, last)).is_complete


async def test_the_size_of_what_is_marked_deleted(mail: Opened) -> None:
    await mail.fill(2, "$deleted")
    await mail.fill(1)
    inbox = await mail.mailbox()
    rows = await mail.store.fetch(ALICE, inbox.mailbox_id, EVERYTHING, (Column.SIZE,))
    assert await mail.store.deleted_size(ALICE, inbox.mailbox_id) == rows[0][0] + rows[1][0]
    assert await mail.store.deleted_size(ALICE, MailboxId(99)) == 0


async def test_messages_by_their_marks(mail: Opened) -> None:
    await mail.fill(1, "$seen")
    await mail.fill(1, "$seen", "$flagged")
    await mail.fill(1)
    inbox = (await mail.mailbox()).mailbox_id
    rows = await mail.store.fetch(ALICE, inbox, EVERYTHING, (Column.UID, Column.MOD_SEQ))
    seen, flagged = Keywords.of(["$seen"]).bits, Keywords.of(["$flagged"]).bits
    assert await mail.store.marked(ALICE, inbox, seen, 0) == rows[:2]
    assert await mail.store.marked(ALICE, inbox, seen, flagged) == rows[:1]
    assert await mail.store.marked(ALICE, inbox, 0, seen) == rows[2:]
    assert await mail.store.marked(ALICE, MailboxId(99), 0, seen) == []


async def test_emails_of_several_mailboxes_newest_first(mail: Opened) -> None:
    first, second, third = [one.email_id for one in await mail.fill(3)]
    (fourth,) = [one.email_id for one in await mail.fill(1, name="Trash")]
    inbox, trash = await mail.mailbox_id(), await mail.mailbox_id("Trash")
    await mail.store.copy(ALICE, inbox, ((1, 1),), trash)
    highest = fourth + 1
    assert await mail.store.newest_emails(ALICE, highest, 10) == [fourth, third, second, first]
    assert await mail.store.newest_emails(ALICE, fourth, 2) == [third, second]
    assert await mail.store.newest_emails(ALICE, first, 10) == []
    assert await mail.store.newest_emails(ALICE, highest, 10, [trash]) == [fourth, first]
    assert await mail.store.newest_emails(ALICE, highest, 10, [inbox, trash]) == [fourth, third, second, first]
    assert await mail.store.newest_emails(ALICE, highest, 10, []) == []
    columns = (Column.EMAIL_ID, Column.MAILBOX_ID, Column.UID, Column.HAS_ATTACHMENT)
    assert await mail.store.memberships(ALICE, [first, third, fourth], columns) == [
        (fourth, trash, 1, 0), (third, inbox, 3, 0), (first, inbox, 1, 0), (first, trash, 2, 0),
    ]  # fmt: skip
    assert await mail.store.memberships(ALICE, [], columns) == []
    assert await mail.store.memberships(BOB, [first], columns) == []


async def test_memberships_of_many_emails(mail: Opened) -> None:
    await mail.fill(1200)
    ids = await mail.store.newest_emails(ALICE, 1 << 60, 5000)
    rows = await mail.store.memberships(ALICE, ids[::-1], (Column.EMAIL_ID,))
    assert [row[0] for row in rows] == ids == sorted(ids, reverse=True)
    assert len(ids) == 1200


async def test_an_email_that_is_twice_in_a_mailbox_is_expunged_from_it(mail: Opened) -> None:
    await mail.fill(3, "$deleted")
    inbox = await mail.mailbox_id()
    await mail.store.copy(ALICE, inbox, EVERYTHING, inbox)
    await mail.store.copy(ALICE, inbox, ((1, 2),), inbox)
    uids, _ = await mail.store.expunge(ALICE, inbox, None)
    assert len(uids) == 8 and await mail.uids() == []
