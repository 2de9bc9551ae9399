"""The texts of a query, looked up in the index before any message is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Protocol

from postroom.access.search import query
from postroom.access.search.query import HeaderHas, Query, TextHas
from postroom.message.search.normal import normalise
from postroom.model.ids import AccountId, EmailId
from postroom.model.mailbox import Mailbox
from postroom.model.text_index import TextIndex, TextQuery

_MANY = 1000  # messages in a mailbox; with fewer, looking at each one's fields is as quick as asking

Progress = Callable[[int, int], Awaitable[None]]
"""Told of a long search now and then: messages looked at, and of how many."""


class Searched(Protocol):
    """The mailbox that is searched: a SelectedMailbox."""

    account_id: AccountId
    mailbox: Mailbox

    @property
    def index(self) -> TextIndex | None: ...


async def look_up(
    searched: Searched, asked: Query, progress: Progress | None = None
) -> dict[Query, Collection[EmailId]]:
    """What an index says of the query's texts, as keys.Found; nothing without one. Raises MailError."""
    index = searched.index
    found: dict[Query, Collection[EmailId]] = {}
    if index is None:
        return found
    account_id, mailbox_id = searched.account_id, searched.mailbox.mailbox_id
    for part in texts_of(asked):
        if part not in found:
            wanted = TextQuery(part.text, part.header, part.loose)
            found[part] = await index.find(account_id, wanted, mailbox_id, progress)
    if searched.mailbox.message_count < _MANY:
        return found
    for field in necessary_fields(asked):
        if field not in found:
            candidates = await index.candidates(account_id, field.text, mailbox_id, progress)
            if candidates is not None:
                found[field] = candidates
    return found


def texts_of(asked: Query) -> Iterator[TextHas]:
    """Every text that decides anything."""
    match asked:
        case TextHas():
            if normalise(asked.text):
                yield asked
        case query.Not(query=inner):
            yield from texts_of(inner)
        case query.AllOf(queries=queries) | query.AnyOf(queries=queries):
            for each in queries:
                yield from texts_of(each)


def necessary_fields(asked: Query) -> Iterator[HeaderHas]:
    """Fields by which messages can be left out; what stands beneath a Not says nothing of that."""
    match asked:
        case HeaderHas():
            if not asked.loose and len(normalise(asked.text).strip()) > 1:
                yield asked
        case query.AllOf(queries=queries) | query.AnyOf(queries=queries):
            for each in queries:
                yield from necessary_fields(each)
