"""Which charset octets are in that say none, or a wrong one: UTF-8, ISO-2022-JP by its escapes, and the double-byte ones of East Asia by how their octets lie.

Text of Europe has its octets above 127 here and there among letters; text of East Asia is made of them. Only that is looked for: what is told apart no other way
(one Cyrillic charset from another, say) stays as it was.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_SAMPLE = 16 * 1024  # octets looked at
_FEWEST = 4  # octets above 127
_LETTERS = re.compile(rb"[A-Za-z]")
_HIGH = re.compile(rb"[\x80-\xff]")
# In each kind a character is a lead octet and a trail octet; most characters of any text are in the first, frequent half of the table.
_PAIR = re.compile(rb"([\x81-\xfe])([\x40-\xfe])")
_PLAIN_SHARE = 0.9  # of the characters of a text that are among the frequent ones


class _Kind(NamedTuple):
    codec: str
    frequent: tuple[tuple[int, int], ...]
    """Ranges of lead octets: kana, Hangul, ideographs of the first level, punctuation."""
    typical: tuple[tuple[int, int], ...]
    """What a text of this kind is hardly without; empty for nothing."""
    typical_share: float


# Of the charsets whose trail octets are all above 127, and of those where they are not.
_HIGH_TRAILS = (
    _Kind("euc_jp", ((0x8E, 0x8E), (0xA1, 0xA5), (0xB0, 0xCF)), ((0xA4, 0xA5),), 0.15),
    _Kind("cp949", ((0xA1, 0xA3), (0xB0, 0xC8)), ((0xB0, 0xC8),), 0.85),
    _Kind("gb18030", ((0xA1, 0xA3), (0xB0, 0xD7)), ((0xB0, 0xD7),), 0.7),
)
_LOW_TRAILS = (
    _Kind("cp932", ((0x81, 0x83), (0x88, 0x97)), ((0x82, 0x83),), 0.15),
    _Kind("cp950", ((0xA1, 0xA3), (0xA4, 0xC6)), ((0xA4, 0xC6),), 0.7),
    _Kind("gb18030", ((0xA1, 0xA3), (0xB0, 0xD7)), ((0xB0, 0xD7),), 0.7),
)


def detected(raw: bytes) -> str:
    """The codec, or "" where nothing tells."""
    sample = raw[:_SAMPLE]
    whole = len(raw) <= _SAMPLE
    if b"\x1b$" in sample and sample.isascii():
        return "iso2022_jp_ext" if _decodes(sample, "iso2022_jp_ext", whole=whole) else ""
    high = len(_HIGH.findall(sample))
    if not high:
        return ""
    if _decodes(sample, "utf_8", whole=whole):
        return "utf_8"
    if high < _FEWEST or len(_LETTERS.findall(sample)) > 2 * high:
        return ""
    for kinds in (_HIGH_TRAILS, _LOW_TRAILS):
        for kind in kinds:
            if _looks_like(kind, sample, high_trails=kinds is _HIGH_TRAILS) and _decodes(
                sample, kind.codec, whole=whole
            ):
                return kind.codec
    return ""


def _decodes(sample: bytes, codec: str, *, whole: bool) -> bool:
    """Strictly; of a part, the last character may be cut off."""
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(sample, final=whole)
    except UnicodeError:
        return False
    return True


def _looks_like(kind: _Kind, sample: bytes, *, high_trails: bool) -> bool:
    pairs = _PAIR.findall(sample)
    if not pairs or (high_trails and any(trail < b"\xa1" for _, trail in pairs)):
        return False
    leads = [lead[0] for lead, _ in pairs]
    return _share(leads, kind.frequent) >= _PLAIN_SHARE and _share(leads, kind.typical) >= kind.typical_share


def _share(leads: list[int], ranges: tuple[tuple[int, int], ...]) -> float:
    return sum(any(low <= lead <= high for low, high in ranges) for lead in leads) / len(leads)
