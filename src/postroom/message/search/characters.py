"""Kinds of characters in normalised text: what parts words, what is written without spaces between words, and all others.

A run of one kind is found as a unit: letters and digits as a word; scripts without spaces (and emoji) by neighbouring characters, since nothing says where their
words end.
"""

from __future__ import annotations

import re

# Of what is left after NFKC. Symbols part words too: nobody types them inside one.
_SEPARATORS = (
    r"\x00-/:-@\[-`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u02c2-\u02c5\u02d2-\u02df\u055a-\u055f\u05be\u05c0\u05c3\u05c6\u05f3\u05f4"
    r"\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u06dd\u06e9\u0700-\u070f\u0964\u0965\u0e2f\u0e3f\u0e4f\u0e5a\u0e5b\u104a-\u104f\u10fb\u1360-\u1368"
    r"\u17d4-\u17d6\u17d8-\u17db\u1800-\u180a\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\u309b\u309c\u30a0\u30fb"
    r"\ua6f2-\ua6f7\ufd3e\ufd3f\ufe10-\ufe1f\ufe30-\ufe6f\uff5f-\uff65\ufff9-\uffff"
)
_CJK = (
    r"\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u318f\u31a0-\u31bf\u31f0-\u9fff"
    r"\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00016fe0-\U00018cff\U0001aff0-\U0001b2ff\U00020000-\U0003ffff"
)
_WITHOUT_SPACES = (
    _CJK
    + r"\u0e01-\u0e2e\u0e30-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e80-\u0fff\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17d7\u17dc-\u17ff\u1950-\u1aaf"
    r"\ua000-\ua48f\ua9e0-\ua9ff\uaa60-\uaadf\U0001f000-\U0001faff"
)

RUN = re.compile(f"([{_WITHOUT_SPACES}]+)|([^{_SEPARATORS}{_WITHOUT_SPACES}]+)")
"""A run without spaces (group 1), or a word (group 2)."""
CJK_RUN = re.compile(f"[{_CJK}]+")
LOOSE_TERM = re.compile(f"[^{_SEPARATORS}]+")

_is_cjk = re.compile(f"[{_CJK}]").match
_is_spaced = re.compile(f"[^{_SEPARATORS}{_WITHOUT_SPACES}]").match
_is_inner = re.compile(f"[^{_SEPARATORS}]").match


def is_cjk(character: str) -> bool:
    """Chinese, Japanese or Korean: what the switch of the settings is about."""
    return _is_cjk(character) is not None


def is_spaced(character: str) -> bool:
    """A letter, mark or digit of a script that parts words by spaces."""
    return _is_spaced(character) is not None


def is_inner(character: str) -> bool:
    """Belongs to a word of any kind: parts nothing."""
    return _is_inner(character) is not None
