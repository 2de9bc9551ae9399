"""Text as searches compare it, the same for what is looked for and for what it is looked for in.

NFKC (half-width katakana, full-width Latin, Hangul jamo composed, ligatures), case folded (Unicode §3.13), characters that nobody sees left out, runs of white
space one blank, so that line breaks do not hide words. Traditional and simplified Chinese stay apart. A normalised text has no line feed: several are joined
by one.
"""

from __future__ import annotations

import re
import unicodedata

_PIECE = (
    128 * 1024
)  # characters in one call: a millisecond or two, so that no single one keeps the interpreter from other threads
_UNSEEN = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF,
     *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
    None,
)  # fmt: skip
# Marks in a row beyond what any script has: to put them into order takes the square of their number (the stream-safe format of UAX #15 allows 30), so that they are cut.
_CROWD = re.compile(r"(?:[^\w\s!-~]|[\uff9e\uff9f]){32}")
_CROWDED = re.compile(r"(?:[^\w\s!-~]|[\uff9e\uff9f]){2}")


def normalise(text: str) -> str:
    """A blank at either end stays one: "a " is not found in "ab"."""
    if len(text) <= _PIECE:
        return _normalised(text)
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = _piece_end(text, at + _PIECE)
        pieces.append(_normalised(text[at:end]))
        at = end
    return "".join(pieces)


def _normalised(text: str) -> str:
    if text.isascii():
        folded = text.lower()
    else:
        folded = _folded(text.translate(_UNSEEN))
    words = " ".join(folded.split())
    if not words:
        return " " if folded else ""
    return (" " if folded[0].isspace() else "") + words + (" " if folded[-1].isspace() else "")


def _folded(text: str) -> str:
    # a crowd shows in every 16th character already
    if _CROWDED.search(text[::16]):
        crowds = [crowd.end() for crowd in _CROWD.finditer(text)]
        pieces = [text[start:end] for start, end in zip([0, *crowds], [*crowds, len(text)], strict=True)]
        return "".join(map(_folded_piece, pieces))
    return _folded_piece(text)


def _folded_piece(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _piece_end(text: str, end: int) -> int:
    """Where to cut: behind white space and before a character that joins nothing; anywhere in text that has no such place."""
    for at in range(end, min(end + 4096, len(text))):
        if text[at - 1].isspace() and text[at].isascii() and not text[at].isspace():
            return at
    return end
