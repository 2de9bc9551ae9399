"""Flags: the model's keywords in IMAP's spelling and back (RFC 9051 §2.3.2).

System flags and the registered keywords have one spelling each; every other keyword is kept as its client wrote it.
"""

from __future__ import annotations

from functools import lru_cache

from postroom.model.keywords import BITS, Keywords

_SYSTEM = {
    "$answered": b"\\Answered",
    "$flagged": b"\\Flagged",
    "$deleted": b"\\Deleted",
    "$seen": b"\\Seen",
    "$draft": b"\\Draft",
}
_REGISTERED = {
    "$forwarded": b"$Forwarded",
    "$mdnsent": b"$MDNSent",
    "$junk": b"$Junk",
    "$notjunk": b"$NotJunk",
    "$phishing": b"$Phishing",
    "$important": b"$Important",
    "$submitpending": b"$SubmitPending",
    "$submitted": b"$Submitted",
}
_WIRE = {**_SYSTEM, **_REGISTERED}
_MODEL = {wire.lower(): name for name, wire in _WIRE.items()}
KNOWN: tuple[bytes, ...] = tuple(_WIRE.values())
"""What FLAGS announces in every mailbox."""
_CACHED = 4096  # combinations of flags: a mailbox has some dozen


@lru_cache(_CACHED)
def text(bits: int, others: str | None) -> bytes:
    """A row's flags joined by spaces, without \\Recent."""
    words = [wire for name, wire in _WIRE.items() if bits & BITS[name]]
    if others:
        words.append(others.encode("ascii", "replace"))
    return b" ".join(words)


@lru_cache(_CACHED)
def with_recent(flags: bytes) -> bytes:
    """The same with \\Recent in front."""
    return b"\\Recent " + flags if flags else b"\\Recent"


def keywords(flags: tuple[bytes, ...]) -> Keywords:
    """Flags as a command gave them; an unknown \\flag is kept like any keyword, under its own name."""
    return Keywords.of([_MODEL.get(flag.lower()) or flag.decode("ascii") for flag in flags])
