"""Relevance: how much a message that matches has to do with what was looked for, from 1 to 100 (RFC 6203 §4).

Of each loose text: a hit in the subject counts more than one in an address, and that more than one in the bodies; many hits count more than one, less and less; a whole word
more than the beginning of one. Texts of which all words stand close together count more. A message's score depends on nothing but itself, so that it stays what it is.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from postroom.access.search import query
from postroom.access.search.query import Query
from postroom.message.search import content
from postroom.message.search.characters import is_spaced
from postroom.message.search.content import SearchText
from postroom.message.search.matching import Needle, needle

LEAST, MOST = 1, 100


class _Zone(enum.Enum):
    """Where a text stands; the value is what a hit there weighs at most."""

    SUBJECT = 10
    PEOPLE = 6
    BODIES = 3
    OTHER_FIELDS = 1


_MOST_HITS = 16  # of one term in one text; more say nothing new
_CLOSE = 100  # characters within which terms stand together
_TOGETHER = 0.15  # of a score
_BEGINNING = 0.7  # a word's beginning, to the whole word
_ONE_HIT = 0.6  # to _MOST_HITS
_PEOPLE = tuple(name.decode() + ":" for name in sorted(content.ADDRESSES))


@dataclass(frozen=True, slots=True)
class _Term:
    """One word, and where it may stand."""

    wanted: Needle
    text: str
    zones: frozenset[_Zone]


class Relevance:
    """Of one query: its loose texts that nothing negates."""

    __slots__ = ("_terms",)

    def __init__(self, asked: Query) -> None:
        self._terms = list(dict.fromkeys(_terms(asked)))

    def score(self, kept: SearchText) -> int:
        """Of a message that matches."""
        if not self._terms:
            return MOST
        texts = _zoned(kept)
        found = sum(_of_term(term, texts) for term in self._terms) / len(self._terms)
        if len(self._terms) > 1:
            together = any(self._stand_together(text) for zone, text in texts if zone is not _Zone.OTHER_FIELDS)
            found = (1 - _TOGETHER) * found + _TOGETHER * together
        # the root spreads what is common, one hit in a body, away from the lowest end
        return LEAST + round((MOST - LEAST) * math.sqrt(found))

    def _stand_together(self, text: str) -> bool:
        places: list[tuple[int, int]] = []
        for number, term in enumerate(self._terms):
            found = term.wanted.places(text, term.text, _MOST_HITS)
            if not found:
                return False
            places += [(at, number) for at in found]
        places.sort()
        last_of: dict[int, int] = {}
        for at, number in places:
            last_of[number] = at
            if len(last_of) == len(self._terms) and at - min(last_of.values()) <= _CLOSE:
                return True
        return False


def _of_term(term: _Term, texts: Sequence[tuple[_Zone, str]]) -> float:
    """From 0 to 1."""
    best: dict[_Zone, float] = {}
    for zone, text in texts:
        if zone in term.zones:
            hits = term.wanted.places(text, term.text, _MOST_HITS)
            if hits:
                number = _ONE_HIT + (1 - _ONE_HIT) * math.log2(len(hits)) / math.log2(_MOST_HITS)
                kind = 1.0 if any(_is_whole(text, at, term.text) for at in hits) else _BEGINNING
                best[zone] = max(best.get(zone, 0.0), zone.value * number * kind)
    return sum(best.values()) / sum(zone.value for zone in term.zones)


def _is_whole(text: str, at: int, term: str) -> bool:
    """Whether no letter of a spaced script goes on behind it."""
    behind = text[at + len(term) : at + len(term) + 1]
    return not (behind and is_spaced(behind) and is_spaced(term[-1]))


def _zoned(kept: SearchText) -> list[tuple[_Zone, str]]:
    found: list[tuple[_Zone, str]] = []
    for line in kept.header.split("\n"):
        name, _, value = line.partition(":")
        if name == "subject":
            found.append((_Zone.SUBJECT, value))
        elif line.startswith(_PEOPLE):
            found.append((_Zone.PEOPLE, value))
        else:
            found.append((_Zone.OTHER_FIELDS, line))
    found += [(_Zone.BODIES, text) for text in kept.bodies]
    return found


def _terms(asked: Query) -> Iterator[_Term]:
    match asked:
        case query.TextHas(text=text, header=header, loose=True):
            zones = frozenset(_Zone) if header else frozenset({_Zone.BODIES})
        case query.HeaderHas(name=name, text=text, loose=True):
            if name == b"subject":
                zones = frozenset({_Zone.SUBJECT})
            else:
                zones = frozenset({_Zone.PEOPLE if name in content.ADDRESSES else _Zone.OTHER_FIELDS})
        case query.AllOf(queries=queries) | query.AnyOf(queries=queries):
            for each in queries:
                yield from _terms(each)
            return
        case _:
            return
    wanted = needle(text, loose=True)
    for term in wanted.terms:
        yield _Term(wanted, term, zones)
