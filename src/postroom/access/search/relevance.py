"""Relevance: how well messages match a loose search, for those who want the best ones first (RFC 6203 §4).

A term counts most in the subject, then in the names of people, then in the bodies, where many hits count for little more than a few; a whole word counts more than
the beginning of one. Texts come from the index; without one, what the header says decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from postroom.access.search import query
from postroom.access.search.headers import read_headers
from postroom.access.search.query import HeaderHas, Query, TextHas
from postroom.access.selected import SelectedMailbox
from postroom.message.fields import words
from postroom.message.search.characters import is_inner
from postroom.message.search.matching import Needle, needle
from postroom.message.search.normal import normalise
from postroom.model.email import Column
from postroom.model.text_index import KeptText

SCORED = 2000  # of the newest messages; a list that long is not read to its end
_COUNTED = 20  # hits of one term in a body
_SUBJECT, _PEOPLE, _BODY = 6.0, 3.0, 1.0
_WHOLE_WORD = 1.5
_FIELDS = (b"subject", b"from", b"to", b"cc")


class Relevance:
    """Of one query in one mailbox."""

    def __init__(self, selected: SelectedMailbox, asked: Query) -> None:
        self._selected = selected
        self._needles = [needle(part.text, loose=True) for part in _loose_texts(asked)]

    async def scores(self, uids: Sequence[int]) -> dict[int, float]:
        """By UID, higher is better; those that are not scored are left out. Raises MailError."""
        wanted = sorted(uids)[-SCORED:]
        if not wanted or not self._needles:
            return {}
        rows = await self._selected.fetch(
            [(uid, uid) for uid in wanted], (Column.UID, Column.EMAIL_ID, Column.HEADER_CACHE)
        )
        index = self._selected.index
        texts = {} if index is None else await index.texts(self._selected.account_id, [row[1] for row in rows])
        headers = await read_headers(self._selected, [(row[0], row[2]) for row in rows], _FIELDS)
        found: dict[int, float] = {}
        for uid, email_id, _ in rows:
            header = headers.get(uid)
            shown = [
                normalise(words.decode(value)) for name in _FIELDS for value in (header.all(name) if header else ())
            ]
            subject = normalise(words.decode((header.first(b"subject") if header else None) or b""))
            found[uid] = self._score(subject, shown, texts.get(email_id))
        return found

    def _score(self, subject: str, header: Sequence[str], kept: KeptText | None) -> float:
        total = 0.0
        for one in self._needles:
            for term in one.terms:
                total += _SUBJECT * _hits(one, subject, term)
                total += _PEOPLE * sum(_hits(one, text, term) for text in header)
                if kept is not None:
                    total += _BODY * sum(_hits(one, text, term) for text in kept.bodies)
        return total


def scaled(scores: dict[int, float], uids: Sequence[int]) -> list[int]:
    """From 1 to 100, in the order of `uids`; 1 for those without a score (RFC 6203 §4)."""
    highest = max(scores.values(), default=0.0) or 1.0
    return [max(1, round(100 * scores.get(uid, 0.0) / highest)) for uid in uids]


def _hits(wanted: Needle, text: str, term: str) -> float:
    """Damped; whole words count more."""
    places = wanted.places(text, term, _COUNTED)
    if not places:
        return 0.0
    whole = sum(not _goes_on(text, at + len(term)) for at in places)
    return math.log2(1 + len(places) + (_WHOLE_WORD - 1) * whole)


def _goes_on(text: str, at: int) -> bool:
    return at < len(text) and is_inner(text[at])


def _loose_texts(asked: Query) -> Iterator[TextHas | HeaderHas]:
    """What is looked for; what must not be there says nothing of how well a message matches."""
    match asked:
        case TextHas() | HeaderHas():
            if asked.loose:
                yield asked
        case query.AllOf(queries=queries) | query.AnyOf(queries=queries):
            for each in queries:
                yield from _loose_texts(each)
