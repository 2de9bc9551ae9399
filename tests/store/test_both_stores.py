"""Both adapters side by side: the same steps give the same answers, and what is on disk is consistent."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.model.email import Column, KeywordChange
from postroom.model.errors import MailError
from postroom.model.keywords import Keywords
from postroom.model.ports import MailStore
from postroom.store import changing
from store.adapters import ALICE, EVERYTHING, opened
from store.mail import LARGE, arrival, message

NAMES = st.sampled_from(["INBOX", "INBOX", "INBOX", "INBOX", "Trash", "Trash", "a", "a/b", "b", "none"])
KEYWORDS = st.lists(st.sampled_from(["$seen", "$deleted", "$flagged", "One", "one", "Two"]), max_size=3)
UIDS = st.integers(1, 8)
RANGES = st.tuples(UIDS, UIDS).map(lambda pair: ((min(pair), max(pair)),))
STEPS = st.one_of(
    st.tuples(st.just("append"), NAMES, KEYWORDS, st.integers(1, 3)),
    st.tuples(st.just("large"), NAMES, KEYWORDS),
    st.tuples(st.just("keywords"), NAMES, RANGES, st.sampled_from(KeywordChange.Action), KEYWORDS, st.booleans()),
    st.tuples(st.just("expunge"), NAMES, st.none() | RANGES),
    st.tuples(st.just("copy"), NAMES, RANGES, NAMES),
    st.tuples(st.just("move"), NAMES, RANGES, NAMES),
    st.tuples(st.just("replace"), NAMES, UIDS, NAMES, st.booleans()),
    st.tuples(st.just("create"), NAMES),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("open"), NAMES),
)
COLUMNS = (Column.UID, Column.BITS, Column.OTHERS, Column.SIZE, Column.EMAIL_ID, Column.THREAD_ID, Column.CONTENT)


async def step(store: MailStore, folder: Path, what: tuple[Any, ...], since: int) -> Any:
    """Do it; what it answered or refused, without what only one adapter counts."""
    name, *rest = what[1:]
    found = await store.mailbox(ALICE, name)
    place: Any = found.mailbox_id if found else 99
    match what[0], *rest:
        case "append", keywords, count:
            return await store.append(ALICE, [arrival(place, message(n), *keywords) for n in range(count)])
        case "large", keywords:
            return await store.append(ALICE, [arrival(place, LARGE, *keywords, path=folder / "staged")])
        case "keywords", ranges, action, keywords, is_conditional:
            change = KeywordChange(action, Keywords.of(keywords))
            done = await store.change_keywords(ALICE, place, ranges, change, since if is_conditional else None)
            return done.rows, done.modified
        case "expunge", ranges:
            return await store.expunge(ALICE, place, ranges)
        case ("copy" | "move") as verb, ranges, target:
            goal = await store.mailbox(ALICE, target)
            return await getattr(store, verb)(ALICE, place, ranges, goal.mailbox_id if goal else 98)
        case "replace", uid, target, is_large:
            goal = await store.mailbox(ALICE, target)
            goal_id: Any = goal.mailbox_id if goal else 98
            path = folder / "staged" if is_large else None
            return await store.replace(
                ALICE, place, uid, arrival(goal_id, LARGE if is_large else message(uid), path=path)
            )
        case ("create",):
            return await store.create_mailbox(ALICE, name)
        case "rename", new_name:
            return await store.rename_mailbox(ALICE, name, new_name)
        case ("delete",):
            return await store.delete_mailbox(ALICE, name)
        case ("open",):
            return await store.open_mailbox(ALICE, place, take_recent=True)


async def outcome(store: MailStore, folder: Path, what: tuple[Any, ...], since: int) -> Any:
    try:
        return await step(store, folder, what, since)
    except MailError as error:
        return type(error), error.meaning


async def everything(store: MailStore) -> Any:
    mailboxes = await store.mailboxes(ALICE)
    return (
        mailboxes,
        [await store.fetch(ALICE, mailbox.mailbox_id, EVERYTHING, COLUMNS) for mailbox in mailboxes],
        [await store.changes_since(ALICE, mailbox.mailbox_id, 0) for mailbox in mailboxes],
        await store.usage(ALICE),
        await store.subscriptions(ALICE),
    )


async def side_by_side(steps: list[tuple[Any, ...]]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(mock.patch.object(changing, "KEPT", 3))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disk = await stack.enter_async_context(opened("file", folder))
        memory = await stack.enter_async_context(opened("memory", folder))
        since = 0
        begin = [("append", "INBOX", ["$deleted"], 2), ("append", "INBOX", ["$seen", "One"], 2)]
        for what in [*begin, *steps]:
            answers = [await outcome(one.store, folder, what, since) for one in (disk, memory)]
            assert answers[0] == answers[1], what
            if what[0] == "keywords":
                since = (await disk.mailbox()).mod_seq
        assert await everything(disk.store) == await everything(memory.store)
        assert disk.notices == memory.notices


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=4, max_size=20))
def test_the_same_steps_give_the_same(steps: list[tuple[Any, ...]]) -> None:
    asyncio.run(side_by_side(steps))
