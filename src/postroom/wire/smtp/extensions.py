"""What another server offers, read from its reply to EHLO.

Unknown keywords are kept: a session may look for more than is named here. RFC 5321 §4.1.1.1, RFC 9422 §4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from postroom.wire.smtp.replies import Reply

_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")
_NUMBER = re.compile(r"[0-9]{1,20}\Z")
_LIMIT = re.compile(r"([A-Z]{1,20})=([1-9][0-9]{0,5})\Z")


@dataclass(frozen=True, slots=True)
class Extensions:
    """Keyword in capitals → its parameters."""

    keywords: Mapping[str, tuple[str, ...]]

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def size(self) -> int | None:
        """The largest message it takes, None when it does not say (0 says that there is no fixed limit)."""
        words = self.keywords.get("SIZE", ())
        return int(words[0]) or None if words and _NUMBER.match(words[0]) else None

    @property
    def mechanisms(self) -> frozenset[str]:
        """SASL mechanisms, in capitals."""
        return frozenset(word.upper() for word in self.keywords.get("AUTH", ()))

    def limit(self, name: str) -> int | None:
        """RFC 9422 §4: RCPTMAX, MAILMAX, RCPTDOMAINMAX."""
        for word in self.keywords.get("LIMITS", ()):
            found = _LIMIT.match(word)
            if found is not None and found[1] == name:
                return int(found[2])
        return None


NO_EXTENSIONS = Extensions({})


def parse_extensions(reply: Reply) -> Extensions:
    """ehlo-line = ehlo-keyword *( SP ehlo-param ), from the second line on; a line that is none is passed over."""
    keywords: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        keyword, *parameters = line.split() or [""]
        if _KEYWORD.match(keyword):
            keywords.setdefault(keyword.upper(), tuple(parameters))
    return Extensions(keywords)
