"""Snippets: a subject, and the piece of the text in which most of what was looked for stands, marked (RFC 8621 §5).

Matching is on normalised text; the marks stand in the text as it was written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from postroom.access.search import query
from postroom.access.search.query import Query
from postroom.message import limits
from postroom.message.entities import scan
from postroom.message.fields import words
from postroom.message.search import content
from postroom.message.search.content import SearchText
from postroom.message.search.matching import Needle, needle
from postroom.message.search.original import Original, Span
from postroom.message.text import declared_charset

MOST_OCTETS = 255  # of a preview, marks and all
_LONGEST_TEXT = 256 * 1024  # characters of one text that are looked at
_LONGEST_SUBJECT = 1000  # characters that are shown
_MOST_PLACES = 200  # of one term in one text; where it stands that often, any window will do
_WINDOW = 160  # characters among which most marks are wanted
_BEFORE = 30  # characters of what goes before the first mark; even the widest leave room for the mark
_START, _END = "<mark>", "</mark>"
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Snippet:
    """HTML in which nothing but the marks is markup; None where nothing matches."""

    subject: str | None
    preview: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a term stands in normalised text; `term` is its number."""

    start: int
    end: int
    term: int


class Snippets:
    """Of one query; what it must not match is marked nowhere."""

    __slots__ = ("_in_subject", "_in_text")

    def __init__(self, asked: Query) -> None:
        self._in_subject = _needles(asked, of_subject=True)
        self._in_text = _needles(asked, of_subject=False)

    def of_message(self, message: bytes, kept: SearchText | None = None) -> Snippet:
        """From the message itself; from `kept`, where only a document that an extractor has read has the text."""
        root = scan(message)
        value = root.header.first(b"subject") or b""
        subject = words.decode(value, declared_charset(root), limits.HEADER_BLOCK)
        found = self.of(subject, content.original_texts(message, root))
        if found.preview is None and kept is not None:
            return Snippet(found.subject, self.of("", kept.bodies).preview)
        return found

    def of(self, subject: str, texts: Iterable[str]) -> Snippet:
        """Of texts as they were written; the preview is from the first that has most of what was looked for."""
        best: tuple[int, Original, list[_Place]] | None = None
        for text in texts if self._in_text else ():
            original = Original(text[:_LONGEST_TEXT])
            terms, places = _densest(_places(self._in_text, original.normal))
            if places and (best is None or terms > best[0]):
                best = terms, original, places
        return Snippet(self._subject(subject), _preview(best[1], best[2]) if best else None)

    def _subject(self, subject: str) -> str | None:
        original = Original(" ".join(subject[:_LONGEST_SUBJECT].split()))
        places = _places(self._in_subject, original.normal)
        if not places:
            return None
        marked = _Marked(1 << 30)
        marked.add_all(original.text, 0, _merged(original, places))
        return marked.html


class _Marked:
    """HTML of at most so many octets."""

    __slots__ = ("html", "room")

    def __init__(self, room: int) -> None:
        self.html = ""
        self.room = room

    def add_all(self, text: str, start: int, spans: Sequence[Span]) -> None:
        """From `start` on, with marks, as far as there is room."""
        at = start
        for low, high in spans:
            if not self.add(text[at:low]) or not self.add(text[low:high], _START, _END):
                return
            at = high
        self.add(text[at : at + self.room])

    def add(self, piece: str, start: str = "", end: str = "") -> bool:
        """False where not all of it has found room."""
        room = self.room - len(start) - len(end)
        fitting: list[str] = []
        for cluster in _shown(piece):
            escaped = cluster.translate(_ESCAPED)
            room -= len(escaped.encode("utf-8", "replace"))
            if room < 0:
                break
            fitting.append(escaped)
        if fitting:
            added = start + "".join(fitting) + end
            self.html += added
            self.room -= len(added.encode("utf-8", "replace"))
        return room >= 0


def _shown(piece: str) -> list[str]:
    """Letters with their accents; white space of any kind as blanks, what can't be shown as such."""
    found: list[str] = []
    for character in piece:
        if character.isspace():
            if not found or found[-1] != " ":
                found.append(" ")
        elif found and unicodedata.combining(character):
            found[-1] += character
        elif unicodedata.category(character) in ("Cc", "Cs"):
            found.append("\N{REPLACEMENT CHARACTER}")
        else:
            found.append(character)
    return found


def _needles(asked: Query, *, of_subject: bool) -> list[Needle]:
    match asked:
        case query.TextHas(text=text, header=header, loose=loose):
            wanted = header or not of_subject
        case query.HeaderHas(name=name, text=text, loose=loose):
            wanted = of_subject and name == b"subject"
        case query.FileNameHas(text=text, loose=loose):
            wanted = not of_subject
        case query.AllOf(queries=queries) | query.AnyOf(queries=queries):
            return [found for each in queries for found in _needles(each, of_subject=of_subject)]
        case _:
            return []
    return [needle(text, loose=loose)] if wanted else []


def _places(needles: Sequence[Needle], normal: str) -> list[_Place]:
    """By start; no two terms at one place, the longer one counts."""
    found: dict[int, _Place] = {}
    terms = [(wanted, term) for wanted in needles for term in wanted.terms if term.strip()]
    for number, (wanted, term) in enumerate(terms):
        for at in wanted.places(normal, term, _MOST_PLACES):
            known = found.get(at)
            if known is None or known.end < at + len(term):
                found[at] = _Place(at, at + len(term), number)
    return [found[at] for at in sorted(found)]


def _densest(places: list[_Place]) -> tuple[int, list[_Place]]:
    """(how many terms, the places) of the window with most terms, then most places, then the first."""
    best: tuple[int, int] = (0, 0)
    chosen: list[_Place] = []
    counts: dict[int, int] = {}
    first = 0
    for last, place in enumerate(places):
        counts[place.term] = counts.get(place.term, 0) + 1
        while first < last and place.end - places[first].start > _WINDOW:
            gone = places[first].term
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            first += 1
        if (len(counts), last - first + 1) > best:
            best = (len(counts), last - first + 1)
            chosen = places[first : last + 1]
    return best[0], chosen


def _merged(original: Original, places: Sequence[_Place]) -> list[Span]:
    """Where they stand in the text; those that overlap are one."""
    spans: list[Span] = []
    for low, high in sorted(original.span(place.start, place.end) for place in places):
        if spans and low < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(high, spans[-1][1]))
        else:
            spans.append((low, high))
    return spans


def _preview(original: Original, places: Sequence[_Place]) -> str:
    text = original.text
    spans = _merged(original, places)
    first = spans[0][0]
    start = max(first - _BEFORE, 0)
    if start:
        # at the beginning of a word, where there is one
        blanks = [at for at in range(start, first) if text[at].isspace()]
        start = blanks[0] + 1 if blanks else start
    while start < first and (text[start].isspace() or unicodedata.combining(text[start])):
        start += 1
    marked = _Marked(MOST_OCTETS)
    marked.add_all(text, start, spans)
    return marked.html.rstrip()
