"""Announced: the flags that a client was told a mailbox has; what it is shown of a message is among them (RFC 9051 §7.3.5).

A keyword that comes up later is told by a further FLAGS and PERMANENTFLAGS before the first message that has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from postroom.servers.imap import flags
from postroom.wire.imap.responses import mailboxes, status
from postroom.wire.imap.responses.status import Condition, untagged

_WITHOUT = (None, "")  # rows without such keywords, which is most of them
_SEEN = 4096  # combinations remembered as looked at: a mailbox has some dozen


class Announced:
    """Those of one selected mailbox."""

    __slots__ = ("_is_read_only", "_names", "_seen")

    def __init__(self, names: Iterable[str] = (), *, is_read_only: bool = True) -> None:
        self._is_read_only = is_read_only
        self._names: dict[str, bytes] = {}
        self._seen: set[str | None] = set()
        self.learn(names)

    def learn(self, names: Iterable[str]) -> bool:
        """Returns whether one is new."""
        known = len(self._names)
        for name in names:
            self._names.setdefault(name.lower(), name.encode("ascii", "replace"))
        return len(self._names) > known

    def are_known(self, texts: Iterable[str | None]) -> bool:
        """Whether all keywords in these rows' texts were told; the same text is looked at once."""
        fresh = set(texts).difference(self._seen, _WITHOUT)
        if len(self._seen) > _SEEN:
            self._seen.clear()
        self._seen |= fresh
        return all(name.lower() in self._names for text in fresh if text for name in text.split(" "))

    def responses(self) -> list[bytes]:
        """FLAGS and PERMANENTFLAGS."""
        names = self._names.values()
        permanent = () if self._is_read_only else (*flags.KNOWN, *names, b"\\*")
        return [
            mailboxes.flags((*flags.KNOWN, *names)),
            untagged(Condition.OK, "Flags that are kept", status.permanent_flags(permanent)),
        ]
