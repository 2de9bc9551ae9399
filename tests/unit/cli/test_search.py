"""`postroom search`: what it shows of an account's mail, and that it is noted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from postroom.app import Adapters
from postroom.cli.opened import run
from postroom.message.summary import summarise
from postroom.model.email import Arrival, Content, Source
from postroom.model.ids import BlobId
from unit.cli.conftest import ADMIN, Done

FIRST = b"From: Amy <amy@far.test>\r\nSubject: =?utf-8?q?Caf=C3=A9?= \x1b[2J plan\r\n\r\nthe Annual  report & more\r\n"
SECOND = b"From: Bob <bob@far.test>\r\nSubject: other\r\n\r\nreport annual\r\n"


@pytest.fixture(scope="module")
def filled(data: Path) -> Path:
    async def fill(adapters: Adapters) -> None:
        account_id = (await adapters.directory.principal(ADMIN)).account_id
        for number, (message, name) in enumerate(((FIRST, "INBOX"), (SECOND, "Archive"))):
            mailbox = await adapters.store.mailbox(account_id, name)
            assert mailbox is not None
            content = Content(BlobId(hashlib.sha256(message).digest()), len(message), message, None)
            arrival = Arrival(mailbox.mailbox_id, content, summarise(message), 1_700_000_000 + number, Source.IMAP)
            await adapters.store.append(account_id, [arrival])

    run(data, fill)
    return data


def test_newest_first_with_the_words_around(filled: Path, postroom: Callable[..., Done]) -> None:
    done = postroom("search", ADMIN, "annual", "report", "--json", "--data", filled)
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["is_last"] is True
    assert [(hit["from"], hit["mailboxes"], hit["received_at"]) for hit in found["hits"]] == [
        ("Bob <bob@far.test>", ["Archive"], 1_700_000_001),
        ("Amy <amy@far.test>", ["INBOX"], 1_700_000_000),
    ]
    assert found["hits"][1]["snippet"] == "the <mark>Annual</mark> <mark>report</mark> &amp; more"


def test_the_best_first(filled: Path, postroom: Callable[..., Done]) -> None:
    done = postroom("search", ADMIN, "plan", "OR", "other", "OR", "amy", "--best", "--json", "--data", filled)
    assert json.loads(done.out)["hits"][0]["from"] == "Amy <amy@far.test>"


def test_a_phrase_a_mailbox_a_minus(filled: Path, postroom: Callable[..., Done]) -> None:
    done = postroom("search", ADMIN, '"annual report"', "--data", filled)
    assert "Amy" in done.out and "Bob" not in done.out
    assert "the Annual report & more" in done.out
    assert "\x1b" not in done.out
    assert "Bob" in postroom("search", ADMIN, "in:archive", "--data", filled).out
    assert "Bob" not in postroom("search", "--data", filled, ADMIN, "--", "report", "-bob").out
    assert "Nothing found" in postroom("search", ADMIN, "absent", "--data", filled).out


def test_more_than_the_limit(filled: Path, postroom: Callable[..., Done]) -> None:
    done = postroom("search", ADMIN, "report", "--limit", 1, "--data", filled)
    assert "Bob" in done.out and "Amy" not in done.out
    assert "there are more" in done.out


def test_refusals(filled: Path, postroom: Callable[..., Done]) -> None:
    done = postroom("search", ADMIN, "before:soon", "--data", filled)
    assert done.status == 1
    assert done.err.startswith("postroom: before: a day as 2026-01-31")
    assert postroom("search", "nobody@example.test", "x", "--data", filled).status == 1
    assert postroom("search", ADMIN, "--data", filled).status == 2


def test_it_is_noted_without_what_was_looked_for(filled: Path, postroom: Callable[..., Done]) -> None:
    postroom("search", ADMIN, "a-secret-word", "--data", filled)

    async def work(adapters: Adapters) -> list[tuple[object, ...]]:
        return list(adapters.database.read("SELECT what, subject FROM audit ORDER BY rowid DESC LIMIT 1", ()))

    assert [tuple(row) for row in run(filled, work)] == [("mail searched", ADMIN)]
