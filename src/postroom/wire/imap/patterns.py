"""ListPattern: which mailbox names a pattern of LIST matches (RFC 3501 §6.3.8).

`*` matches anything, `%` anything up to the delimiter. A pattern is run as a set of places in it that a name may have
reached, one bit each, so that a thousand wildcards cost a thousand bits a character and never a backtrack.
"""

from __future__ import annotations

import re

_WILDCARDS = re.compile(r"[*%]{2,}")


class ListPattern:
    """A reference and a pattern, joined as text; INBOX is matched in any case (RFC 3501 §5.1)."""

    __slots__ = ("_any", "_delimiter", "_end", "_level", "_literal", "_places", "_prefix", "_wild")

    def __init__(self, pattern: str, delimiter: str | None, *, reference: str = "") -> None:
        # Neighbouring wildcards mean what the strongest of them means; with none left, one step skips each.
        joined = _WILDCARDS.sub(lambda run: "*" if "*" in run[0] else "%", reference + pattern)
        self._delimiter = delimiter
        self._literal = joined if "*" not in joined and "%" not in joined else None
        self._prefix = re.split("[*%]", joined, maxsplit=1)[0]
        self._places: dict[str, int] = {}
        self._any = self._level = 0
        for at, character in enumerate(joined):
            if character == "*":
                self._any |= 1 << at
            elif character == "%":
                self._level |= 1 << at
            else:
                self._places[character] = self._places.get(character, 0) | 1 << at
        self._wild = self._any | self._level
        self._end = 1 << len(joined)

    def matches(self, name: str) -> bool:
        """Whether the whole name is matched."""
        if name == "INBOX":
            return self._runs(name, fold=True)
        if self._literal is not None:
            return name == self._literal
        return name.startswith(self._prefix) and self._runs(name, fold=False)

    def _runs(self, name: str, *, fold: bool) -> bool:
        places = self._places
        reached = 1 | (self._wild & 1) << 1
        for character in name:
            here = places.get(character, 0)
            if fold:
                here |= places.get(character.lower(), 0)
            stays = self._any if character == self._delimiter else self._wild
            reached = (reached & here) << 1 | reached & stays
            if not reached:
                return False
            reached |= (reached & self._wild) << 1
        return bool(reached & self._end)
