"""The search box: what people type, read into a tree of terms, and the query that it means.

    every  = either *(blank either)
    either = one *(blank "OR" blank one)                 ; OR joins its neighbours, as in other mail programs
    one    = "-" one / "(" every ")" / [operator ":"] (word / DQUOTE phrase DQUOTE)

What is wrong in form is taken as text: an operator nobody knows, a quote or parenthesis without its end, an OR with nothing beside it. A known operator with a value
that it can't have is Malformed, under the operator's name. Full-width signs of Chinese, Japanese and Korean keyboards count as their plain ones. What the
operators mean is in `box_terms`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.access.search import box_terms
from postroom.access.search.box_terms import Surroundings, Term
from postroom.access.search.query import AllOf, AnyOf, Everything, Not, Query, TextHas
from postroom.model.errors import faulty

MAX_LENGTH = 1000  # characters: a long pasted line still fits
MAX_TERMS = 50
MAX_DEPTH = 10
FIELD = "search"

_TYPED = str.maketrans("：（）－＂“”„‟〝〞〟", ":()-" + '"' * 8)
_BLANK = re.compile(r"\s+")
_OPERATOR = re.compile(r"([A-Za-z_]{1,20}):")
_PHRASE = re.compile(r'"([^"]*)(?:"|\Z)')
_WORD = re.compile(r'[^\s"]+')
_WORD_IN_GROUP = re.compile(r'[^\s")]+')


@dataclass(frozen=True, slots=True)
class Without:
    """What the part does not match."""

    part: Part


@dataclass(frozen=True, slots=True)
class Every:
    """All parts; none is everything."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of two or more parts."""

    parts: tuple[Part, ...]


Part = Term | Without | Every | Either


def parse_box(text: str, surroundings: Surroundings) -> Query:
    """The query. Raises Malformed."""
    return _query(parse(text), surroundings)


def parse(text: str) -> Part:
    """The tree of terms. Raises Malformed for more than there may be."""
    if len(text) > MAX_LENGTH:
        raise faulty(FIELD, f"at most {MAX_LENGTH} characters")
    return _Reader(text.translate(_TYPED)).every(0)


def printed(part: Part) -> str:
    """A text that is read as the same tree."""
    match part:
        case Term():
            return str(part)
        case Without(part=inner):
            return "-" + (printed(inner) if isinstance(inner, Term) else f"({printed(inner)})")
        case Every(parts=parts):
            return " ".join(map(_grouped, parts))
        case Either(parts=parts):
            return " OR ".join(map(_grouped, parts))


def _grouped(part: Part) -> str:
    return f"({printed(part)})" if isinstance(part, Every) else printed(part)


def _either(left: Part, right: Part) -> Either:
    parts: tuple[Part, ...] = ()
    for part in (left, right):
        parts += part.parts if isinstance(part, Either) else (part,)
    return Either(parts)


def _query(part: Part, surroundings: Surroundings) -> Query:
    match part:
        case Term():
            return box_terms.meant(part, surroundings)
        case Without(part=inner):
            return Not(_query(inner, surroundings))
        case Either(parts=parts):
            return AnyOf(tuple(_query(each, surroundings) for each in parts))
        case Every(parts=()):
            return Everything()
        case Every(parts=parts):
            # words side by side are looked up together: each has to be somewhere, as if they were asked for one by one
            words = [each.value for each in parts if isinstance(each, Term) and each.is_word]
            others = [each for each in parts if not (isinstance(each, Term) and each.is_word)]
            joined = (TextHas(" ".join(words), header=True, loose=True),) if words else ()
            queries = (*joined, *(_query(each, surroundings) for each in others))
            return queries[0] if len(queries) == 1 else AllOf(queries)


class _Reader:
    """One text being read; what has been read lies before `at`."""

    __slots__ = ("at", "count", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0

    def every(self, depth: int) -> Part:
        if depth > MAX_DEPTH:
            raise faulty(FIELD, f"parentheses nested at most {MAX_DEPTH} deep")
        found: list[Part] = []
        is_or = False
        while not self._ended(depth):
            if self._take_or(depth):
                is_or = bool(found)
                continue
            part = self._one(depth)
            if part is None:
                continue
            if is_or:
                found.append(_either(found.pop(), part))
            else:
                found.append(part)
            is_or = False
        return found[0] if len(found) == 1 else Every(tuple(found))

    def _ended(self, depth: int) -> bool:
        blank = _BLANK.match(self.text, self.at)
        if blank:
            self.at = blank.end()
        if self.at == len(self.text):
            return True
        if depth and self.text[self.at] == ")":
            self.at += 1
            return True
        return False

    def _take_or(self, depth: int) -> bool:
        word = (_WORD_IN_GROUP if depth else _WORD).match(self.text, self.at)
        if word is None or word[0] != "OR":
            return False
        self.at = word.end()
        return True

    def _one(self, depth: int) -> Part | None:
        """One part; None for signs that say nothing."""
        is_without = False
        while self.text.startswith("-", self.at):
            is_without = True
            self.at += 1
        part = self._group(depth) if self.text.startswith("(", self.at) else self._term(depth)
        if part is None or part == Every(()):
            return None
        return Without(part) if is_without else part

    def _group(self, depth: int) -> Part:
        self.at += 1
        return self.every(depth + 1)

    def _term(self, depth: int) -> Term | None:
        word_of = _WORD_IN_GROUP if depth else _WORD
        operator = _OPERATOR.match(self.text, self.at)
        if operator is not None and operator[1].lower() in box_terms.OPERATORS:
            name = operator[1].lower()
            phrase = _PHRASE.match(self.text, operator.end())
            value = phrase or word_of.match(self.text, operator.end())
            found = value[1 if phrase else 0] if value is not None else ""
            if value is not None and found.strip():
                self.at = value.end()
                return self._counted(Term(found, name, is_phrase=phrase is not None))
        phrase = _PHRASE.match(self.text, self.at)
        if phrase:
            self.at = phrase.end()
            return self._counted(Term(phrase[1], is_phrase=True)) if phrase[1].strip() else None
        word = word_of.match(self.text, self.at)
        if word is None:
            # nothing but a minus before a blank, or before the end of a group
            return None
        self.at = word.end()
        return self._counted(Term(word[0])) if word[0] != "OR" else None

    def _counted(self, term: Term) -> Term:
        self.count += 1
        if self.count > MAX_TERMS:
            raise faulty(FIELD, f"at most {MAX_TERMS} terms")
        return term
