"""REPLACE and UID REPLACE: RFC 8508 §3.

    replace = "REPLACE" SP seq-number SP mailbox append-message      ; RFC 8508 §5

The message follows as those of APPEND do: read by `commands.authenticated.append`.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.sequences import SequenceSet


@dataclass(frozen=True, slots=True)
class ReplaceStarted:
    """REPLACE has begun; the offer of its message is the next event but for CATENATE's. `sequence_set` names one message."""

    tag: bytes
    uid: bool
    sequence_set: SequenceSet
    mailbox: str
