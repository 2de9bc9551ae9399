"""SEARCH (RFC 3501 §7.2.5, with MODSEQ RFC 7162 §3.1.5), SORT and THREAD (RFC 5256 §4), ESEARCH (RFC 4731 §3.1).

esearch-response = "ESEARCH" [SP "(" "TAG" SP string ")"] [SP "UID"] *(SP name SP value)

Of a SORT the numbers come in its order, MIN and MAX are the first and the last of them (RFC 5267 §3.1). ADDTO and REMOVEFROM tell how a result changed later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from postroom.wire.imap.grammar.returns import ALL, COUNT, MAX, MIN, RELEVANCY, SearchReturns
from postroom.wire.imap.responses.strings import quoted
from postroom.wire.imap.sequences import compact


def search(numbers: Sequence[int], mod_seq: int | None = None) -> bytes:
    """`* SEARCH 2 84 882`; `mod_seq` is the highest among the found ones, told when the search used MODSEQ."""
    return _listed(b"* SEARCH", numbers, mod_seq)


def sort(numbers: Sequence[int], mod_seq: int | None = None) -> bytes:
    """`* SORT 5 3 4 1 2`, `mod_seq` as with SEARCH."""
    return _listed(b"* SORT", numbers, mod_seq)


def _listed(line: bytes, numbers: Sequence[int], mod_seq: int | None) -> bytes:
    if numbers:
        line += b" " + b" ".join([b"%d" % number for number in numbers])
    if mod_seq is not None and numbers:
        line += b" (MODSEQ %d)" % mod_seq
    return line + b"\r\n"


def esearch(
    tag: bytes,
    numbers: Sequence[int],
    returns: SearchReturns,
    *,
    uid: bool,
    mod_seq: int | None = None,
    scores: Sequence[int] = (),
) -> bytes:
    """`* ESEARCH (TAG "a") UID COUNT 3 ALL 1:3`; MIN, MAX and ALL are left out when there are no `numbers`.

    `scores` of these, or of those that PARTIAL names, in their order (RFC 6203 §4: relevancy from 1 to 100).

    RFC 7162 §3.1.5: `mod_seq` is the highest among what is returned, for MIN or MAX alone that of those messages.
    """
    asked = returns.words
    words = [_correlator(tag, uid=uid)]
    if numbers:
        if MIN in asked:
            words.append(b"MIN %d" % numbers[0])
        if MAX in asked:
            words.append(b"MAX %d" % numbers[-1])
        if ALL in asked:
            words.append(b"ALL " + compact(numbers))
    if COUNT in asked:
        words.append(b"COUNT %d" % len(numbers))
    if returns.partial is not None:
        start, end = returns.partial.bounds(len(numbers))
        words.append(b"PARTIAL (%b %b)" % (returns.partial.text, compact(numbers[start:end]) or b"NIL"))
    if RELEVANCY in asked and numbers:
        words.append(b"RELEVANCY (" + b" ".join([b"%d" % score for score in scores]) + b")")
    if mod_seq is not None and numbers:
        words.append(b"MODSEQ %d" % mod_seq)
    return b" ".join(words) + b"\r\n"


def removed_from(tag: bytes, changes: Sequence[tuple[int, Sequence[int]]], *, uid: bool) -> bytes:
    """`* ESEARCH (TAG "a") UID REMOVEFROM (0 32768)`: pairs of a position (0: wherever) and numbers (RFC 5267 §4.3.4)."""
    return _changed(tag, b"REMOVEFROM", changes, uid=uid)


def added_to(tag: bytes, changes: Sequence[tuple[int, Sequence[int]]], *, uid: bool) -> bytes:
    """`* ESEARCH (TAG "a") UID ADDTO (1 2733)`: the same of what came in, in this order (RFC 5267 §4.3.3)."""
    return _changed(tag, b"ADDTO", changes, uid=uid)


def _changed(tag: bytes, word: bytes, changes: Sequence[tuple[int, Sequence[int]]], *, uid: bool) -> bytes:
    pairs = b" ".join([b"%d %b" % (position, compact(numbers)) for position, numbers in changes])
    return b"%b %b (%b)\r\n" % (_correlator(tag, uid=uid), word, pairs)


def _correlator(tag: bytes, *, uid: bool) -> bytes:
    return b"* ESEARCH (TAG " + quoted(tag) + (b") UID" if uid else b")")


class ThreadNode(Protocol):
    """One message of a thread, and those below it in order."""

    @property
    def label(self) -> int | None:
        """Its number; None for a message that is not there."""

    @property
    def below(self) -> Iterable[ThreadNode]: ...


_CLOSE = b")"


def thread(roots: Iterable[ThreadNode]) -> list[bytes]:
    """`* THREAD (2)(3 6 (4 23)(44 7 96))`, in pieces.

        thread-list    = "(" (thread-members / thread-nested) ")"
        thread-members = nz-number *(SP nz-number) [SP thread-nested]
        thread-nested  = 2*thread-list

    Without recursion: a chain may be as long as the mailbox.
    """
    pieces: list[bytes] = [b"* THREAD"]
    waiting: list[ThreadNode | bytes] = []
    started = False
    for root in roots:
        pieces.append(b"(" if started else b" (")
        started = True
        waiting.append(_CLOSE)
        waiting.append(root)
        opened = True
        while waiting:
            at = waiting.pop()
            if isinstance(at, bytes):
                pieces.append(at)
                opened = at == b"("
                continue
            if at.label is not None:
                pieces.append(b"%d" % at.label if opened else b" %d" % at.label)
                opened = False
            children = list(at.below)
            if len(children) == 1:
                waiting.append(children[0])
                continue
            if children and at.label is not None:
                pieces.append(b" ")
            for child in reversed(children):
                waiting += (_CLOSE, child, b"(")
    return [*pieces, b"\r\n"]
