"""A needle as a question to the tokens: which emails may have it, and whether they surely do.

A term falls into runs of one kind of character. A run inside of the term is a whole run of the text as well; one at an open end may go on there: it is the end of
a word, its beginning, or a part of one. So each run is a condition that every match fulfils, and the conditions together are as narrow as tokens can say. What
tokens can't say (what stands between runs) the kept text says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from postroom.index import analyse
from postroom.message.search.characters import CJK_RUN, RUN
from postroom.message.search.matching import Needle

FindWords = Callable[[str, int], list[str]]
"""Words of the vocabulary that contain these three characters or more; at most so many."""

_MOST_RUNS = 12  # of a term, that are conditions
_MOST_PIECES = 24  # of a run
MOST_WORDS = 500  # words that one piece may stand in; more are no help


@dataclass(frozen=True, slots=True)
class Candidates:
    """Expressions over tokens: of emails that have the term for `sure`, and of those that may have it, None for no such expression.

    `unbounded`: tokens can't tell, any email may have it.
    """

    sure: str | None = None
    maybe: str | None = None
    unbounded: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    is_spaced: bool
    opens: bool
    """What stands before it in the text may belong to the same run."""
    closes: bool
    """Likewise behind it."""


class Planner:
    """For one part of messages: the tokens of bodies, or those of headers with `mark` in front."""

    def __init__(self, find_words: FindWords, mark: str = "", *, whole_cjk: bool = False) -> None:
        self._find_words = find_words
        self._mark = mark
        self._whole_cjk = whole_cjk

    def candidates(self, needle: Needle, term: str) -> Candidates:
        """Of one term."""
        runs = list(_runs(term, loose=needle.loose))
        if len(runs) == 1 and len(runs[0].text) == len(term) and needle.is_simple(self._whole_cjk):
            return self._condition(runs[0])
        known: list[str] = []
        # a long text is found by its longest runs; what is left open, the kept text says
        for run in sorted(runs, key=lambda run: len(run.text), reverse=True)[:_MOST_RUNS]:
            one = self._condition(run)
            if not one.unbounded:
                known.append("(" + " OR ".join(filter(None, (one.sure, one.maybe))) + ")")
        return Candidates(maybe=" AND ".join(known)) if known else Candidates(unbounded=True)

    def _condition(self, run: _Run) -> Candidates:
        if run.is_spaced:
            return self._of_word(run)
        if self._whole_cjk and CJK_RUN.search(run.text):
            return self._of_whole(run.text)
        if len(run.text) == 1:
            return Candidates(sure=self._token(run.text) + " *")
        pairs = list(dict.fromkeys(run.text[at : at + 2] for at in range(len(run.text) - 1)))[:_MOST_PIECES]
        expression = " AND ".join(map(self._token, pairs))
        return Candidates(sure=expression) if len(run.text) == 2 else Candidates(maybe="(" + expression + ")")

    def _of_whole(self, text: str) -> Candidates:
        """By words: a run of Chinese, Japanese or Korean stands whole; what is beside it the kept text says."""
        wholes = [self._token(analyse.whole_token(found)) for found in CJK_RUN.findall(text)[:_MOST_PIECES]]
        return Candidates(maybe="(" + " AND ".join(dict.fromkeys(wholes)) + ")")

    def _of_word(self, run: _Run) -> Candidates:
        text = run.text
        words: list[str] = []
        if not run.opens:
            if len(text) <= analyse.LONGEST_WORD:
                words = [self._token(text) + (" *" if run.closes else "")]
        elif len(text) < 3:
            return Candidates(unbounded=True)
        elif len(text) <= analyse.LONGEST_WORD:
            found = self._find_words(text, MOST_WORDS + 1)
            if len(found) > MOST_WORDS:
                return Candidates(unbounded=True)
            words = [self._token(word) for word in found if run.closes or word.endswith(text)]
        odd, odd_is_sure = self._among_odd(run)
        if odd_is_sure:
            return Candidates(sure=" OR ".join([*words, odd]))
        return Candidates(" OR ".join(words) or None, odd)

    def _among_odd(self, run: _Run) -> tuple[str, bool]:
        """Runs that are no words: by their pieces, and by their first two characters where these are known; whether that says it all."""
        text = run.text
        conditions = [self._token(piece) for piece in sorted(analyse.piece_tokens(text))[:_MOST_PIECES]]
        if not run.opens:
            head = self._token(analyse.head_token(text))
            conditions.append(head + " *" if len(text) == 1 and run.closes else head)
        is_sure = run.closes and (len(text) == 3 if run.opens else len(text) <= 2)
        return "(" + " AND ".join(conditions) + ")", is_sure

    def _token(self, token: str) -> str:
        return f'"{self._mark}{token}"'


def _runs(term: str, *, loose: bool) -> list[_Run]:
    found: list[_Run] = []
    for match in RUN.finditer(term):
        is_spaced = match[2] is not None
        opens = match.start() == 0 and not (loose and is_spaced)
        found.append(_Run(match[0], is_spaced, opens, match.end() == len(term)))
    return found
