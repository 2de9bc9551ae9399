"""Asking one index file: candidates by tokens, verified by the kept text, so that what is found is what a scan finds. All calls block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from postroom.index.index_file import IndexFile
from postroom.index.query import Candidates, Planner
from postroom.message.search.matching import Needle, needle

_AT_ONCE = 500  # kept texts looked at between two turns of others
_HIGHEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Asked:
    """A needle for bodies, and one for headers where these count too: there it is always a substring or the beginning of a word."""

    bodies: Needle
    header: Needle | None

    def matches(self, header: str, bodies: str) -> bool:
        """Texts are joined by line feeds, over which no term reaches."""
        if self.header is None:
            return self.bodies.found_in((bodies,))
        # each term in one or the other; both needles have the same terms
        return all(
            self.bodies.has_term(bodies, term) or self.header.has_term(header, term) for term in self.bodies.terms
        )


def asked(text: str, *, header: bool, loose: bool, whole_cjk: bool) -> Asked:
    """Of a text as a person typed it."""
    return Asked(needle(text, loose=loose, whole_cjk=whole_cjk), needle(text, loose=loose) if header else None)


def find(file: IndexFile, question: Asked, newest: int | None = None) -> list[int]:
    """Emails of the index that match, ascending; the `newest` highest are enough where that is given. Raises IndexDamagedError."""
    sure, maybe = _candidates(file, question)
    if maybe is None:
        return sorted(_all_matching(file, question, newest))
    if newest is None:
        return sorted(sure.union(_matching(file, question, sorted(maybe - sure))))
    found: list[int] = []
    waiting: list[int] = []
    for email_id in sorted(sure | maybe, reverse=True):
        waiting.append(email_id)
        if len(waiting) == _AT_ONCE:
            found += _verified(file, question, waiting, sure)
            waiting = []
            if len(found) >= newest:
                break
    found += _verified(file, question, waiting, sure)
    return sorted(found)


def header_candidates(file: IndexFile, text: str, most: int) -> list[int] | None:
    """Emails beside which none has the text in its header, ascending; None where that can't be told or are more than `most`."""
    wanted = needle(text)
    found: set[int] | None = None
    for term in wanted.terms:
        one = Planner(file.words, "!").candidates(wanted, term)
        if not one.unbounded:
            these = _ids(file, one.sure) | _ids(file, one.maybe)
            found = these if found is None else found & these
    return None if found is None or len(found) > most else sorted(found)


def _candidates(file: IndexFile, question: Asked) -> tuple[set[int], set[int] | None]:
    """(surely, perhaps besides); None for any email."""
    whole_cjk = question.bodies.whole_cjk
    bodies = Planner(file.words, whole_cjk=whole_cjk)
    header = Planner(file.words, "!")
    sure: set[int] | None = None
    maybe: set[int] | None = None
    for term in question.bodies.terms:
        parts = [bodies.candidates(question.bodies, term)]
        if question.header is not None:
            parts.append(header.candidates(question.header, term))
        these = set[int]().union(*(_ids(file, part.sure) for part in parts))
        sure = these if sure is None else sure & these
        if not _is_unbounded(parts):
            those = these.union(*(_ids(file, part.maybe) for part in parts))
            maybe = those if maybe is None else maybe & those
    outdated = set(file.outdated(whole_cjk=whole_cjk))
    sure = (sure or set()) - outdated
    return sure, None if maybe is None else maybe | outdated


def _is_unbounded(parts: Sequence[Candidates]) -> bool:
    return any(part.unbounded for part in parts)


def _ids(file: IndexFile, expression: str | None) -> set[int]:
    return set(file.matches(expression)) if expression else set()


def _verified(file: IndexFile, question: Asked, email_ids: Sequence[int], sure: set[int]) -> list[int]:
    open_ones = [email_id for email_id in email_ids if email_id not in sure]
    return [email_id for email_id in email_ids if email_id in sure] + list(_matching(file, question, open_ones))


def _matching(file: IndexFile, question: Asked, email_ids: Sequence[int]) -> Iterator[int]:
    matches = _test(file, question)
    for at in range(0, len(email_ids), _AT_ONCE):
        for email_id, header, bodies in file.kept(email_ids[at : at + _AT_ONCE]):
            if matches(header, bodies):
                yield email_id


def _all_matching(file: IndexFile, question: Asked, newest: int | None) -> list[int]:
    matches = _test(file, question)
    found: list[int] = []
    below = _HIGHEST
    while True:
        rows = file.kept_below(below, _AT_ONCE)
        found += [row[0] for row in rows if matches(row[1], row[2])]
        if len(rows) < _AT_ONCE or (newest is not None and len(found) >= newest):
            return found
        below = rows[-1][0]


def _test(file: IndexFile, question: Asked) -> Callable[[bytes, bytes], bool]:
    if question.header is None:
        return lambda header, bodies: question.bodies.found_in((file.unpacked(bodies),))
    return lambda header, bodies: question.matches(file.unpacked(header), file.unpacked(bodies))
