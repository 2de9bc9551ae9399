"""Needle: what a query's text means on normalised text.

substring   the text as it stands, anywhere (RFC 9051 §6.4.4)
loose       each word, wherever and in any order: the beginning of a word, or any run of characters in scripts without spaces (RFC 6203 §3)
whole_cjk   Chinese, Japanese and Korean by words: at an end that is such a character, the text's word ends too
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from postroom.message.search.characters import LOOSE_TERM, is_cjk, is_inner, is_spaced
from postroom.message.search.normal import normalise

MOST_TERMS = 100  # of a loose text; nobody types more, and each one is looked for


@dataclass(frozen=True, slots=True)
class Needle:
    """`terms`, each of which has to be found; one where the text is taken as it stands."""

    terms: tuple[str, ...]
    loose: bool = False
    whole_cjk: bool = False

    def is_simple(self, whole_cjk: bool) -> bool:
        """Whether a run of one kind of character that is found is the match, whatever stands beside it."""
        return not (whole_cjk and any(_edges_are_cjk(term) for term in self.terms))

    def found_in(self, texts: Sequence[str]) -> bool:
        """Whether these normalised texts of one message have every term, each in any of them."""
        return all(any(self.has_term(text, term) for text in texts) for term in self.terms)

    def has_term(self, text: str, term: str) -> bool:
        """Whether one text has one term."""
        return next(iter(self.places(text, term, 1)), None) is not None

    def places(self, text: str, term: str, most: int) -> list[int]:
        """Where a term stands, at most so many, from the left, not overlapping."""
        found: list[int] = []
        at = text.find(term)
        while at >= 0 and len(found) < most:
            if self._stands(text, at, term):
                found.append(at)
                at = text.find(term, at + max(len(term), 1))
            else:
                at = text.find(term, at + 1)
        return found

    def _stands(self, text: str, at: int, term: str) -> bool:
        if not term:
            return True
        before, after = text[at - 1 : at], text[at + len(term) : at + len(term) + 1]
        first = term[0]
        if self.loose and before and is_spaced(first) and is_spaced(before):
            return False
        if not self.whole_cjk:
            return True
        if before and is_cjk(first) and is_inner(before):
            return False
        return not (after and is_cjk(term[-1]) and is_inner(after))


def needle(text: str, *, loose: bool = False, whole_cjk: bool = False) -> Needle:
    """Of a text as a person typed it. Empty text is found everywhere."""
    wanted = normalise(text)
    if loose:
        terms = tuple(dict.fromkeys(LOOSE_TERM.findall(wanted)))[:MOST_TERMS]
        if terms:
            return Needle(terms, loose=True, whole_cjk=whole_cjk)
        # signs alone are no words; they are looked for as they stand
        wanted = wanted.strip()
    return Needle((wanted,) if wanted else (), whole_cjk=whole_cjk)


def _edges_are_cjk(term: str) -> bool:
    return bool(term) and (is_cjk(term[0]) or is_cjk(term[-1]))
