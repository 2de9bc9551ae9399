"""The contract of MailboxStore."""

from __future__ import annotations

import pytest

from postroom.model.errors import Conflict, Malformed, Meaning, NotFound, NotPermitted
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import DEFAULT_MAILBOXES, INBOX, MailboxRole
from store.adapters import ALICE, BOB, Opened
from store.mail import arrival, message


async def test_a_new_account_has_its_mailboxes_subscribed(mail: Opened) -> None:
    names = sorted(name for name, _ in DEFAULT_MAILBOXES)
    assert [mailbox.name for mailbox in await mail.store.mailboxes(ALICE)] == names
    assert await mail.store.subscriptions(ALICE) == names
    for name, role in DEFAULT_MAILBOXES:
        found = await mail.store.mailbox_with_role(ALICE, role)
        assert found is not None
        assert found.name == name
        assert await mail.store.mailbox_by_id(ALICE, found.mailbox_id) == found == await mail.mailbox(name)
        assert (found.uid_next, found.message_count, found.size, found.first_recent_uid) == (1, 0, 0, 1)


async def test_preparing_again_changes_nothing(mail: Opened) -> None:
    await mail.fill(1)
    before = await mail.store.mailboxes(ALICE)
    await mail.store.prepare_account(ALICE)
    assert await mail.store.mailboxes(ALICE) == before


async def test_an_account_that_is_not_there(mail: Opened) -> None:
    nobody = AccountId(9)
    for asked in (
        mail.store.mailboxes(nobody),
        mail.store.append(nobody, [arrival(MailboxId(1), message(1))]),
        mail.store.usage(nobody),
        mail.store.fetch(nobody, MailboxId(1), ((1, 1),), ()),
        mail.store.subscriptions(nobody),
    ):
        with pytest.raises(NotFound):
            await asked


async def test_a_removed_account_is_gone_and_comes_back_empty(mail: Opened) -> None:
    await mail.fill(2)
    before = await mail.mailbox()
    await mail.store.remove_account(ALICE)
    with pytest.raises(NotFound):
        await mail.store.mailboxes(ALICE)
    await mail.store.prepare_account(ALICE)
    assert await mail.uids() == []
    assert (await mail.mailbox()).uid_validity != before.uid_validity
    assert len(await mail.store.mailboxes(BOB)) == len(DEFAULT_MAILBOXES)


async def test_what_is_not_there_is_none(mail: Opened) -> None:
    assert await mail.store.mailbox(ALICE, "None") is None
    assert await mail.store.mailbox_by_id(ALICE, MailboxId(99)) is None


async def test_create_makes_what_is_above(mail: Opened) -> None:
    made = await mail.store.create_mailbox(ALICE, "a/b/c", MailboxRole.ARCHIVE)
    assert made == await mail.mailbox("a/b/c")
    assert made.role is MailboxRole.ARCHIVE
    above = await mail.mailbox("a/b")
    assert above.role is None
    assert (await mail.mailbox("a")).uid_validity != above.uid_validity
    with pytest.raises(Conflict) as refused:
        await mail.store.create_mailbox(ALICE, "a/b")
    assert refused.value.meaning is Meaning.ALREADY_EXISTS
    assert mail.notices[-1].account_id == ALICE
    assert mail.notices[-1].mailbox_ids == ()


async def test_names_differ_by_case(mail: Opened) -> None:
    await mail.store.create_mailbox(ALICE, "drafts")
    assert {"Drafts", "drafts"} <= {mailbox.name for mailbox in await mail.store.mailboxes(ALICE)}


async def test_uid_validity_is_new_after_delete_and_create(mail: Opened) -> None:
    seen = set()
    for _ in range(5):
        made = await mail.store.create_mailbox(ALICE, "again")
        seen.add(made.uid_validity)
        await mail.fill(2, name="again")
        await mail.store.delete_mailbox(ALICE, "again")
        assert await mail.store.mailbox(ALICE, "again") is None
    assert len(seen) == 5
    assert (await mail.store.usage(ALICE)).message_count == 0


async def test_delete_refuses(mail: Opened) -> None:
    await mail.store.create_mailbox(ALICE, "a/b")
    await mail.store.create_mailbox(ALICE, "a0")
    for name, error, meaning in (
        ("none", NotFound, Meaning.NO_SUCH_MAILBOX),
        (INBOX, NotPermitted, Meaning.NAME_NOT_ALLOWED),
        ("a", Conflict, Meaning.HAS_CHILDREN),
    ):
        with pytest.raises(error) as refused:
            await mail.store.delete_mailbox(ALICE, name)
        assert refused.value.meaning is meaning
    await mail.store.delete_mailbox(ALICE, "a/b")
    await mail.store.delete_mailbox(ALICE, "a")
    assert await mail.mailbox("a0")


async def test_rename_takes_children_and_messages_along(mail: Opened) -> None:
    for name in ("a/b/c", "a/bb", "ab"):
        await mail.store.create_mailbox(ALICE, name)
    await mail.fill(3, name="a/b/c")
    before = await mail.mailbox("a/b/c")
    await mail.store.rename_mailbox(ALICE, "a", "x/y")
    names = {mailbox.name for mailbox in await mail.store.mailboxes(ALICE)}
    assert {"x", "x/y", "x/y/b", "x/y/b/c", "x/y/bb", "ab"} <= names
    assert "a" not in names
    after = await mail.mailbox("x/y/b/c")
    assert (after.mailbox_id, after.uid_validity, after.uid_next) == (before.mailbox_id, before.uid_validity, 4)
    assert after.mod_seq > before.mod_seq
    assert await mail.uids("x/y/b/c") == [1, 2, 3]


async def test_rename_refuses_and_leaves_no_trace(mail: Opened) -> None:
    await mail.store.create_mailbox(ALICE, "a/b")
    before = await mail.store.mailboxes(ALICE)
    for name, new_name, error in (
        ("none", "x", NotFound),
        ("a", "a", Conflict),
        ("a", "Trash", Conflict),
        ("a", "a/c", Malformed),
        ("a", "a/b/c/d", Malformed),
        (INBOX, INBOX, Conflict),
        (INBOX, "Trash", Conflict),
    ):
        with pytest.raises(error):
            await mail.store.rename_mailbox(ALICE, name, new_name)
    assert await mail.store.mailboxes(ALICE) == before


async def test_renaming_inbox_moves_its_messages(mail: Opened) -> None:
    await mail.store.create_mailbox(ALICE, "INBOX/below")
    await mail.fill(3, "$seen", "Later")
    before = await mail.mailbox()
    await mail.store.rename_mailbox(ALICE, INBOX, "old/mail")
    after = await mail.mailbox()
    assert (after.uid_validity, after.uid_next, after.message_count) == (before.uid_validity, 4, 0)
    assert await mail.keywords("old/mail") == dict.fromkeys((1, 2, 3), (1, "Later"))
    assert await mail.mailbox("INBOX/below")
    assert (await mail.store.usage(ALICE)).message_count == 3
    await mail.store.rename_mailbox(ALICE, INBOX, "empty")
    assert await mail.uids("empty") == []


async def test_subscriptions_are_names_alone(mail: Opened) -> None:
    await mail.store.set_subscribed(ALICE, "not/there", True)
    await mail.store.set_subscribed(ALICE, "not/there", True)
    await mail.store.set_subscribed(ALICE, "Junk", False)
    await mail.store.set_subscribed(ALICE, "Junk", False)
    names = await mail.store.subscriptions(ALICE)
    assert names == sorted(names)
    assert names.count("not/there") == 1
    assert "Junk" not in names
    await mail.store.delete_mailbox(ALICE, "Trash")
    assert "Trash" in await mail.store.subscriptions(ALICE)
