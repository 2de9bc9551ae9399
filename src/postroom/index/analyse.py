"""Tokens of a normalised text: what the index keeps of it to find candidates. A message has each token once; nothing says how often or where.

    word       letters of a script with spaces, or a short number
    ~abc #ab   three neighbouring characters, and the first two, of a run that is no word anybody looks for by name: numbers, identifiers, very long ones.
               Their number is bounded by the alphabet, that of words made of them would not be
    字母 母     two neighbouring characters of a script without spaces, and the last one of each run; so every character begins one token
    %検索      a whole run of Chinese, Japanese or Korean, where these are found by words

A token of a header's field has `!` in front.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from postroom.message.search.characters import CJK_RUN, RUN

SPELLING = "~#%!"
"""ASCII characters that are part of tokens, besides letters and digits."""
LONGEST_WORD = 24  # characters: German compounds and agglutinating languages stay below, keys and encoded octets do not
WORDS = 20_000  # of one text; a book has fewer, more are random letters
_WORD = re.compile(rf"[^\d]{{1,{LONGEST_WORD}}}|\d{{1,4}}").fullmatch


class Tokens(NamedTuple):
    """Of one text: `words` in a vocabulary of their own, and all others."""

    words: set[str]
    others: set[str]


def tokens(text: str, *, whole_cjk: bool) -> Tokens:
    """Of a normalised text."""
    words: set[str] = set()
    others: set[str] = set()
    runs: set[str] = set()
    for without_spaces, word in RUN.findall(text):
        if word:
            words.add(word)
        else:
            runs.add(without_spaces)
    for run in runs:
        others |= run_tokens(run, whole_cjk=whole_cjk)
    odd = {word for word in words if not _WORD(word)}
    words -= odd
    if len(words) > WORDS:
        excess = set(sorted(words)[WORDS:])
        words -= excess
        odd |= excess
    for word in odd:
        others |= piece_tokens(word)
        others.add(head_token(word))
    return Tokens(words, others)


def run_tokens(run: str, *, whole_cjk: bool) -> set[str]:
    """Of a run without spaces."""
    if not whole_cjk:
        return {run[at : at + 2] for at in range(len(run))}
    found: set[str] = set()
    rest = 0
    for match in CJK_RUN.finditer(run):
        found |= {run[at : min(at + 2, match.start())] for at in range(rest, match.start())}
        found.add(whole_token(match[0]))
        rest = match.end()
    return found | {run[at : at + 2] for at in range(rest, len(run))}


def whole_token(run: str) -> str:
    """Of a run of Chinese, Japanese or Korean as one word."""
    if len(run) <= LONGEST_WORD:
        return "%" + run
    return "%" + hashlib.blake2b(run.encode(), digest_size=8).hexdigest()


def piece_tokens(word: str) -> set[str]:
    """Three neighbouring characters each; none for a shorter word."""
    return {"~" + word[at : at + 3] for at in range(len(word) - 2)}


def head_token(word: str) -> str:
    """How a run that is no word begins."""
    return "#" + word[:2]


def is_word(word: str) -> bool:
    """Whether a run of this spelling is in the vocabulary; in a text of too many it need not be."""
    return _WORD(word) is not None
