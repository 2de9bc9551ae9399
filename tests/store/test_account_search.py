"""The account's search on the store and index of a server: page by page the same as without an index, in many scripts."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corpora import CHARSETS, mail, query
from postroom.access.ports import MailPorts
from postroom.access.search.best import best_hits
from postroom.access.search.everywhere import AccountSearch, Hit
from postroom.access.search.query import AllOf, AnyOf, HeaderHas, InMailboxes, Not, Query, TextHas
from store.adapters import ALICE, Opened, opened
from store.indexed import Indexed


@pytest.fixture
async def indexed(tmp_path: Path) -> AsyncIterator[Indexed]:
    async with opened("file", tmp_path) as found:
        indexed = Indexed(found)
        yield indexed
        await indexed.close()


def searches(opened_mail: Opened, indexed: Indexed, asked: Query) -> tuple[AccountSearch, AccountSearch]:
    """With the index, and reading messages."""
    unused: object = None
    with_index = MailPorts(opened_mail.store, unused, unused, opened_mail.clock, indexed.index)  # type: ignore[arg-type]
    without = MailPorts(opened_mail.store, unused, unused, opened_mail.clock)  # type: ignore[arg-type]
    return AccountSearch(with_index, ALICE, asked), AccountSearch(without, ALICE, asked)


async def all_pages(search: AccountSearch, size: int) -> list[Hit]:
    found: list[Hit] = []
    while True:
        page = await search.page(size, found[-1].email_id if found else None)
        found += page.hits
        if page.is_last:
            return found


@pytest.mark.parametrize("language", CHARSETS)
async def test_pages_of_the_index_are_those_of_a_scan(indexed: Indexed, language: str) -> None:
    source = random.Random(language)
    mails = [mail(source, language) for _ in range(60)]
    await indexed.add([one.octets for one in mails[:40]])
    await indexed.add([one.octets for one in mails[40:]], "Archive")
    opened_mail = indexed.mail
    inbox, archive = await opened_mail.mailbox_id(), await opened_mail.mailbox_id("Archive")
    await opened_mail.store.copy(ALICE, inbox, ((5, 15),), archive)
    texts = [text for one in mails for text in (one.body, one.subject)]
    hits = 0
    for _ in range(12):
        wanted = [query(source, source.choice(texts), source.choice((1, 2, 3, 8))) for _ in range(3)]
        text = TextHas(wanted[0], header=source.random() < 0.5, loose=source.random() < 0.5)
        other = TextHas(wanted[1], header=True, loose=True)
        field = HeaderHas(b"subject", wanted[2])
        for asked in (
            text,
            AllOf((text, InMailboxes(frozenset({archive})))),
            AnyOf((field, AllOf((text, Not(other))))),
        ):
            with_index, without = searches(opened_mail, indexed, asked)
            expected = await all_pages(without, 500)
            assert await all_pages(with_index, 7) == expected
            assert await with_index.count() == len(expected)
            hits += len(expected)
    assert hits > 50


async def test_many_matches_page_by_page(indexed: Indexed) -> None:
    await indexed.add([f"Subject: n{number % 10}\r\n\r\ncommon text\r\n".encode() for number in range(1100)])
    every = TextHas("common", header=False, loose=True)
    tenth = AllOf((every, HeaderHas(b"subject", "n3")))
    for asked, count in ((every, 1100), (tenth, 110)):
        with_index, without = searches(indexed.mail, indexed, asked)
        assert await all_pages(with_index, 50) == await all_pages(without, 500)
        assert await with_index.count() == count


async def test_the_best_hits_come_first_with_an_index_and_without(indexed: Indexed) -> None:
    for subject, body in (
        ("budget plan", "x"),
        ("other", "the budget"),
        ("none", "nothing"),
        ("more", "budget budget budget"),
        ("old budget", "y"),
    ):
        await indexed.add([f"Subject: {subject}\r\n\r\n{body}\r\n".encode()])
    unused: object = None
    asked = TextHas("budget", header=True, loose=True)
    for index in (indexed.index, None):
        ports = MailPorts(indexed.mail.store, unused, unused, indexed.mail.clock, index)  # type: ignore[arg-type]
        page = await best_hits(ports, ALICE, asked, 3)
        assert [hit.email_id for hit in page.hits] == [5, 1, 4] and not page.is_last
        assert (await best_hits(ports, ALICE, asked, 9)).is_last
