"""SEARCH (RFC 3501 §7.2.5, with MODSEQ RFC 7162 §3.1.5) and ESEARCH (RFC 4731 §3.1).

esearch-response = "ESEARCH" [SP "(" "TAG" SP string ")"] [SP "UID"] *(SP name SP value)
"""

from __future__ import annotations

from collections.abc import Sequence

from postroom.wire.imap.responses.strings import quoted
from postroom.wire.imap.sequences import compact


def search(numbers: Sequence[int], mod_seq: int | None = None) -> bytes:
    """`* SEARCH 2 84 882`; `mod_seq` is the highest among the found ones, told when the search used MODSEQ."""
    line = b"* SEARCH"
    if numbers:
        line += b" " + b" ".join([b"%d" % number for number in numbers])
    if mod_seq is not None and numbers:
        line += b" (MODSEQ %d)" % mod_seq
    return line + b"\r\n"


def esearch(
    tag: bytes, numbers: Sequence[int], returns: frozenset[bytes], *, uid: bool, mod_seq: int | None = None
) -> bytes:
    """`* ESEARCH (TAG "a") UID COUNT 3 ALL 1:3`; `numbers` ascending, MIN, MAX and ALL left out when there are none.

    RFC 7162 §3.1.5: `mod_seq` is the highest among what is returned, for MIN or MAX alone that of those messages.
    """
    words = [b"* ESEARCH (TAG " + quoted(tag) + b")"]
    if uid:
        words.append(b"UID")
    if numbers:
        if b"MIN" in returns:
            words.append(b"MIN %d" % numbers[0])
        if b"MAX" in returns:
            words.append(b"MAX %d" % numbers[-1])
        if b"ALL" in returns:
            words.append(b"ALL " + compact(numbers))
    if b"COUNT" in returns:
        words.append(b"COUNT %d" % len(numbers))
    if mod_seq is not None and numbers:
        words.append(b"MODSEQ %d" % mod_seq)
    return b" ".join(words) + b"\r\n"
