"""AccountSearch: a query over a whole account or some of its mailboxes, the newest email first; a page costs what a page needs.

Emails are numbered as they come, so that newest first is by falling number, and "below this number" is where a page begins. Of each text the index is asked for
the newest matches only: above the oldest of these its answer is whole, and rows are looked at down to there; where that does not fill the page, more are asked for.
An email is one hit wherever it is; what belongs to a mailbox (keywords, say) is asked of each of its memberships.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from postroom.access import content, ranges
from postroom.access.account_mail import AccountMail
from postroom.access.content import Aspect, StoredContent
from postroom.access.ports import MailPorts
from postroom.access.search import query
from postroom.access.search.keys import Found, Key, among_emails, compiled
from postroom.access.search.look_up import Progress, necessary_fields, texts_of
from postroom.access.search.query import Query, TextHas
from postroom.access.search.subject import Subject
from postroom.model.email import Column
from postroom.model.ids import AccountId, EmailId, MailboxId
from postroom.model.text_index import TextIndex, TextQuery

_ALL = 1 << 62  # a number above every email's, and more emails than there can be
_FIRST_STEP = 4  # of a text's newest matches, to those that a page wants: other keys refuse some
_GROWTH = 8  # from one step to the next
_LEAST = 100  # matches of a text asked for at once: hardly dearer than one
_BATCH_OCTETS = 8 * 1024 * 1024  # of messages read before they are looked at
_WHERE = (Column.EMAIL_ID, Column.MAILBOX_ID, Column.UID)


@dataclass(frozen=True, slots=True)
class Hit:
    """An email, and where it is: (mailbox, UID) of each membership that matches."""

    email_id: EmailId
    places: tuple[tuple[MailboxId, int], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Hits, the newest first; `is_last`: nothing older matches."""

    hits: list[Hit]
    is_last: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the index says of the query's texts; the whole truth about emails from number `floor` on."""

    found: Found
    floor: int


class AccountSearch:
    """One query over an account; `mailbox_ids` None for all its mailboxes."""

    def __init__(
        self, ports: MailPorts, account_id: AccountId, asked: Query, mailbox_ids: Collection[MailboxId] | None = None
    ) -> None:
        self._ports = ports
        self._mail = AccountMail(ports, account_id)
        self._asked = _with_texts(asked)
        self._mailbox_ids = _narrowest(self._asked, mailbox_ids)
        self._among = None if mailbox_ids is None else frozenset(mailbox_ids)

    async def page(
        self, limit: int, below: EmailId | None = None, skip: int = 0, progress: Progress | None = None
    ) -> Page:
        """At most `limit` hits with numbers below this one, after `skip` others. Raises MailError."""
        wanted = skip + limit + 1
        hits: list[Hit] = []
        step = max(wanted * _FIRST_STEP, _LEAST)
        position = min(await self._end(), _ALL if below is None else int(below))
        while position > 1:
            known = await self._look_up(step, progress)
            if known.floor < position:
                hits += await self._hits(known, position, wanted - len(hits), progress)
                position = known.floor
            if len(hits) >= wanted:
                break
            step *= _GROWTH
        return Page(hits[skip : skip + limit], len(hits) < wanted)

    async def count(self, progress: Progress | None = None) -> int:
        """How many emails match: looks at all of them. Raises MailError."""
        end = await self._end()
        return len(await self._hits(await self._look_up(None, progress), end, _ALL, progress))

    async def _end(self) -> int:
        """Above every email that is there now: of what arrives while the index is asked it may know nothing yet."""
        newest = await self._ports.store.newest_emails(self._mail.account_id, _ALL, 1)
        return newest[0] + 1 if newest else 0

    @property
    def _index(self) -> TextIndex | None:
        index = self._ports.index
        return index if index is not None and index.is_on else None

    async def _look_up(self, newest: int | None, progress: Progress | None) -> _Known:
        index = self._index
        found: dict[Query, Collection[EmailId]] = {}
        floor = 0
        if index is None:
            return _Known(found, floor)
        account_id = self._mail.account_id
        for text in dict.fromkeys(texts_of(self._asked)):
            wanted = TextQuery(text.text, text.header, text.loose)
            matches = await index.find(account_id, wanted, None, progress, newest=newest)
            found[text] = matches
            if newest is not None and len(matches) >= newest:
                floor = max(floor, matches[-newest])
        for field in dict.fromkeys(necessary_fields(self._asked)):
            candidates = await index.candidates(account_id, field.text, None, progress)
            if candidates is not None:
                found[field] = candidates
        return _Known(found, floor)

    async def _hits(self, known: _Known, below: int, most: int, progress: Progress | None) -> list[Hit]:
        """The newest hits from the floor to `below`, and perhaps some more than were asked for."""
        plan = _Plan(compiled(self._asked, known.found), self._among)
        named = among_emails(self._asked, known.found)
        hits: list[Hit] = []
        done = 0
        if named is not None:
            candidates = sorted((one for one in named if known.floor <= one < below), reverse=True)
            for at in range(0, len(candidates), ranges.ROWS):
                if progress is not None:
                    await progress(at, len(candidates))
                hits += await self._matching(plan, candidates[at : at + ranges.ROWS])
                if len(hits) >= most:
                    break
            return hits[:most]
        while len(hits) < most:
            some = await self._ports.store.newest_emails(self._mail.account_id, below, ranges.ROWS, self._mailbox_ids)
            if progress is not None:
                await progress(done, done + len(some))
            wanted = [email_id for email_id in some if email_id >= known.floor]
            hits += await self._matching(plan, wanted)
            if len(wanted) < ranges.ROWS:
                break
            done += len(some)
            below = wanted[-1]
        return hits[:most]

    async def _matching(self, plan: _Plan, email_ids: Sequence[EmailId]) -> list[Hit]:
        """Of these descending emails."""
        account_id = self._mail.account_id
        rows = [
            row
            for row in await self._ports.store.memberships(account_id, email_ids, plan.columns)
            if plan.is_among(row)
        ]
        answers = [plan.key.test(Subject(plan.at, row)) for row in rows]
        matched = [row for row, answer in zip(rows, answers, strict=True) if answer]
        unclear = [row for row, answer in zip(rows, answers, strict=True) if answer is None]
        if unclear:
            matched += await self._read_and_test(plan, unclear)
        await asyncio.sleep(0)
        return _as_hits(matched)

    async def _read_and_test(self, plan: _Plan, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Messages are read once, wherever they are, in batches that are looked at in a thread."""
        of_email: dict[EmailId, list[tuple[Any, ...]]] = {}
        for row in rows:
            of_email.setdefault(row[0], []).append(row)
        matched: list[tuple[Any, ...]] = []
        email_ids = list(of_email)
        for at in range(0, len(email_ids), ranges.CONTENT_ROWS):
            some = email_ids[at : at + ranges.CONTENT_ROWS]
            stored = await self._ports.store.memberships(
                self._mail.account_id, some, (Column.EMAIL_ID, *content.COLUMNS)
            )
            batch: list[tuple[bytes, list[tuple[Any, ...]]]] = []
            octets = 0
            for email_id, parts in {row[0]: row[1:] for row in stored}.items():
                message = StoredContent(self._mail, (parts[0], parts[1], parts[2], parts[3], parts[4]))
                whole = message.stretch((), Aspect.ALL)
                assert whole is not None
                batch.append((await message.read(whole), of_email[email_id]))
                octets += whole.size
                if octets > _BATCH_OCTETS:
                    matched += await asyncio.to_thread(plan.test_read, batch)
                    batch, octets = [], 0
            matched += await asyncio.to_thread(plan.test_read, batch)
        return matched


class _Plan:
    """A compiled query with the columns it reads; a row begins as _WHERE says."""

    __slots__ = ("_among", "at", "columns", "key")

    def __init__(self, key: Key, among: frozenset[MailboxId] | None) -> None:
        cheap = sorted(key.columns.difference(_WHERE), key=lambda column: column.value)
        self.key = key
        self.columns = (*_WHERE, *cheap)
        self.at = {column: index for index, column in enumerate(self.columns)}
        self._among = among

    def is_among(self, row: tuple[Any, ...]) -> bool:
        """Whether its mailbox is one of those searched."""
        return self._among is None or row[1] in self._among

    def test_read(self, batch: Sequence[tuple[bytes, list[tuple[Any, ...]]]]) -> list[tuple[Any, ...]]:
        """Of messages that have been read, the rows that match."""
        return [row for message, rows in batch for row in rows if self.key.test(Subject(self.at, row, message))]


def _as_hits(rows: Sequence[tuple[Any, ...]]) -> list[Hit]:
    places: dict[EmailId, list[tuple[MailboxId, int]]] = {}
    for email_id, mailbox_id, uid, *_ in rows:
        places.setdefault(email_id, []).append((mailbox_id, uid))
    return [Hit(email_id, tuple(sorted(places[email_id]))) for email_id in sorted(places, reverse=True)]


def _with_texts(asked: Query) -> Query:
    """With what follows from it and an index can tell: the names of attachments are among the bodies' texts."""
    match asked:
        case query.FileNameHas(text=text, loose=loose):
            return query.AllOf((TextHas(text, header=False, loose=loose), asked))
        case query.Not(query=inner):
            return query.Not(_with_texts(inner))
        case query.AllOf(queries=queries):
            return query.AllOf(tuple(map(_with_texts, queries)))
        case query.AnyOf(queries=queries):
            return query.AnyOf(tuple(map(_with_texts, queries)))
    return asked


def _narrowest(asked: Query, mailbox_ids: Collection[MailboxId] | None) -> frozenset[MailboxId] | None:
    """The mailboxes beside which nothing can match; None for all."""
    named = [] if mailbox_ids is None else [frozenset(mailbox_ids)]
    named += _mailboxes_of(asked)
    return frozenset.intersection(*named) if named else None


def _mailboxes_of(asked: Query) -> Iterator[frozenset[MailboxId]]:
    match asked:
        case query.InMailboxes(mailbox_ids=mailbox_ids):
            yield mailbox_ids
        case query.AllOf(queries=queries):
            for each in queries:
                yield from _mailboxes_of(each)
