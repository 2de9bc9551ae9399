"""X-Postroom-Verdict: the field by which a message carries what the checks said to mailbox, filters and queue.

A stranger's field of this name is cut out on the way in (mta.foreign_results); ours stands in the prefix, which nobody else writes.
"""

from __future__ import annotations

from postroom.model.verdict import Action, Verdict

NAME = b"x-postroom-verdict"
_JUNK = b"\r\nX-Postroom-Verdict: junk ("


def field(verdict: Verdict) -> bytes:
    """With its line end; empty for what is accepted."""
    if verdict.action not in (Action.TAG, Action.JUNK):
        return b""
    return f"X-Postroom-Verdict: {verdict.action.name.lower()} ({verdict.check})\r\n".encode("ascii")


def is_junk(prefix: bytes) -> bool:
    """Whether trace fields of ours say so."""
    return (b"\r\n" + prefix).find(_JUNK) >= 0
