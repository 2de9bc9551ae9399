"""ForgedResults: cuts Authentication-Results fields that claim to be ours, and X-Postroom-Verdict, out of what comes in (RFC 8601 §5).

Whoever reads such a field trusts the host that it names, so a stranger must not be able to write one with our name. Those of other hosts stay: nobody here
trusts them. A stored message is never changed, so it is done on the way into staging; a message without such a field passes byte for byte.
"""

from __future__ import annotations

import re

from postroom.message import compose, limits
from postroom.message.headers import unfold
from postroom.model.ports import StagedContent
from postroom.mta.checks import marks

_RESULTS = b"authentication-results"
_NAMES = (_RESULTS, marks.NAME)
_COMMENT = re.compile(rb"\([^()]*+\)")
_SERVICE = re.compile(rb'[\s]*(?:"((?:[^"\\]|\\.)*+)"|([^\s;"]++))')


class ForgedResults:
    """See mta.transaction.Editor. One per message; `names` are those of this server, in lower case."""

    def __init__(self, names: frozenset[bytes]) -> None:
        self._names = names
        self._held = bytearray()
        self._passed = False

    def write(self, data: bytes, staged: StagedContent) -> None:
        if self._passed:
            staged.write(data)
            return
        searched = max(0, len(self._held) - 3)
        self._held += data
        is_whole = self._held.startswith(b"\r\n") or self._held.find(b"\n\r\n", searched) >= 0
        # what stands behind the bound is no field to anybody who reads the message here
        if is_whole or len(self._held) > limits.HEADER_BLOCK:
            self._pass(staged)

    async def finish(self, staged: StagedContent) -> bytes:
        """Adds nothing."""
        if not self._passed:
            self._pass(staged)
        return b""

    def _pass(self, staged: StagedContent) -> None:
        self._passed = True
        held = bytes(self._held)
        self._held.clear()
        at = 0
        start_of_it = held[: limits.HEADER_BLOCK].lower()
        if any(name in start_of_it for name in _NAMES):
            for start, end in compose.field_ranges(held, _NAMES):
                name, _, value = held[start:end].partition(b":")
                if name.strip().lower() != _RESULTS or self._is_ours(value):
                    staged.write(held[at:start])
                    at = end
        if at < len(held):
            staged.write(held[at:])

    def _is_ours(self, value: bytes) -> bool:
        """By the authserv-id, the first word (RFC 8601 §2.2), however it is folded, quoted or commented."""
        text, cut = unfold(value[: limits.ENCODED_TEXT]), 1
        for _ in range(limits.COMMENT_DEPTH):
            if not cut:
                break
            text, cut = _COMMENT.subn(b" ", text)
        found = _SERVICE.match(text)
        if found is None:
            return False
        name = found[1] if found[1] is not None else found[2]
        return re.sub(rb"\\(.)", rb"\1", name).lower().rstrip(b".") in self._names
