"""Original: a text as it was written, its normalised form, and the way back from a place in the one to the place in the other.

Whole characters as people see them go together: a letter with its accents, the jamo of a syllable, a ligature. Only around the places that are asked for this is worked
out character by character; elsewhere a long text is made normal in pieces.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

from postroom.message.search.normal import normalise

# Characters that never join what stands before them. A piece ends before one: what is normal of two pieces is then what is normal of both together.
_ALONE = r"!-~\u0410-\u044f\u3041-\u3096\u4e00-\u9fff\uac00-\ud7a3"
_is_alone = re.compile(f"[{_ALONE}]").match
_PIECE = re.compile(rf"[\s\S]{{1,200}}[^{_ALONE}]*")
_LOOKED_BACK = 16  # characters; what people write has a few marks on a letter

Span = tuple[int, int]


class Original:
    """See the module. `normal` is what normalise gives."""

    __slots__ = ("_known", "_normal_ends", "_pieces", "normal", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces = [piece.span() for piece in _PIECE.finditer(text)]
        normal = [normalise(text[start:end]) for start, end in self._pieces]
        self.normal = "".join(normal)
        self._normal_ends: list[int] = []
        at = 0
        for one in normal:
            at += len(one)
            self._normal_ends.append(at)
        self._known: dict[int, list[Span]] = {}

    def span(self, start: int, end: int) -> Span:
        """Where the normalised characters from `start` to `end`, at least one, stand in the text."""
        return self._character(start)[0], self._character(end - 1)[1]

    def _character(self, at: int) -> Span:
        index = bisect_right(self._normal_ends, at)
        before = self._normal_ends[index - 1] if index else 0
        if index not in self._known:
            self._known[index] = _spans(self.text, self._pieces[index], self._normal_ends[index] - before)
        return self._known[index][at - before]


def _spans(text: str, piece: Span, count: int) -> list[Span]:
    """For each of so many normalised characters of the piece, whence it came."""
    found: list[Span] = []
    after_blank = False
    for start, end in _clusters(text, piece):
        normal = normalise(text[start:end])
        if after_blank and normal.startswith(" "):
            normal = normal[1:]
            if not normal:
                continue
        found += [(start, end)] * len(normal)
        if normal:
            after_blank = normal.endswith(" ")
    # where characters act on each other across what was taken for a character, the piece stands for each
    return found if len(found) == count else [piece] * count


def _clusters(text: str, piece: Span) -> list[Span]:
    found: list[Span] = []
    start, stop = piece
    for at in range(start + 1, stop):
        if _is_alone(text[at]) or not _joins(text, start, at):
            found.append((start, at))
            start = at
    found.append((start, stop))
    return found


def _joins(text: str, start: int, at: int) -> bool:
    """Whether the character changes, or hides behind, what stands before it from `start` on."""
    character = text[at]
    if unicodedata.combining(character):
        return True
    normal = normalise(character)
    if normal == " ":
        return False
    if not normal:
        return True
    before = text[max(start, at - _LOOKED_BACK) : at]
    return normalise(before + character) != normalise(before) + normal
