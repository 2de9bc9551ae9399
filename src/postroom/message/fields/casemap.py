"""i;unicode-casemap: the form of a text by which SORT and THREAD compare it (RFC 5051 §2, asked for by RFC 5256 §4).

Each character becomes its simple titlecase, then is decomposed as far as it goes, by canonical and compatibility mappings; the result compares by its UTF-8,
which is the order of its code points. Hangul syllables have no mapping in UnicodeData.txt and stay whole.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_REMEMBERED = 8192  # characters: those of a mailbox's languages; the table of all of them would be some 100 MB


def casemap(text: str) -> str:
    """Comparable text: equal where RFC 5051 says equal, and ordered as it says."""
    if text.isascii():
        return text.upper()
    return "".join(map(_mapped, text))


@lru_cache(_REMEMBERED)
def _mapped(character: str) -> str:
    titled = character.title()
    # the simple mapping is what RFC 5051 names: a character whose titlecase is several ("ß") has none and stays
    return _decomposed(titled if len(titled) == 1 else character)


def _decomposed(character: str) -> str:
    mapping = unicodedata.decomposition(character)
    if not mapping:
        return character
    codes = [code for code in mapping.split(" ") if not code.startswith("<")]
    return "".join([_decomposed(chr(int(code, 16))) for code in codes])
