"""FETCH, EXPUNGE (RFC 3501 §7.4) and VANISHED (RFC 7162 §3.2.10).

A FETCH response is its items in order, each made by a function here; `envelope`, `body_structure` take what the message
room made ready at append. A list of a hundred thousand flags is one call (`flag_lines`), because that is what a client
asks for first.

    msg-att = "(" item *(SP item) ")"
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from postroom.wire.imap.sequences import SequenceSet, compact

Piece = bytes | memoryview
_RANGES = 500  # in one line: RFC 7162 §4 asks clients to take lines of 8,192 octets

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def fetch(sequence_number: int, items: Sequence[bytes]) -> bytes:
    """One FETCH line of small items."""
    return b"* %d FETCH (%b)\r\n" % (sequence_number, b" ".join(items))


def fetch_pieces(sequence_number: int, items: Iterable[Sequence[Piece]]) -> list[Piece]:
    """One FETCH response whose items are lists of pieces (`section`, or `[flags(…)]`), none of them copied."""
    pieces: list[Piece] = [b"* %d FETCH (" % sequence_number]
    separate = False
    for item in items:
        if separate:
            pieces.append(b" ")
        pieces += item
        separate = True
    pieces.append(b")\r\n")
    return pieces


def flag_lines(rows: Iterable[tuple[int, int, bytes]]) -> bytes:
    """FETCH lines with UID and FLAGS, for rows of (sequence number, uid, flags with spaces between)."""
    return b"".join([b"* %d FETCH (UID %d FLAGS (%b))\r\n" % row for row in rows])


def flag_lines_without_uid(rows: Iterable[tuple[int, bytes]]) -> bytes:
    """FETCH lines with FLAGS, for rows of (sequence number, flags)."""
    return b"".join([b"* %d FETCH (FLAGS (%b))\r\n" % row for row in rows])


def flag_lines_with_mod_seq(rows: Iterable[tuple[int, int, bytes, int]]) -> bytes:
    """FETCH lines with UID, FLAGS and MODSEQ, for rows of (sequence number, uid, flags, mod_seq)."""
    return b"".join([b"* %d FETCH (UID %d FLAGS (%b) MODSEQ (%d))\r\n" % row for row in rows])


def uid_only_lines(rows: Iterable[tuple[int, bytes]]) -> bytes:
    """UIDFETCH lines with FLAGS, for rows of (uid, flags): RFC 9586 §3.3."""
    return b"".join([b"* %d UIDFETCH (FLAGS (%b))\r\n" % row for row in rows])


def uid_only_lines_with_mod_seq(rows: Iterable[tuple[int, bytes, int]]) -> bytes:
    """UIDFETCH lines with FLAGS and MODSEQ, for rows of (uid, flags, mod_seq)."""
    return b"".join([b"* %d UIDFETCH (FLAGS (%b) MODSEQ (%d))\r\n" % row for row in rows])


def uid(value: int) -> bytes:
    """Item UID."""
    return b"UID %d" % value


def flags(joined: bytes) -> bytes:
    """Item FLAGS, from flags with spaces between."""
    return b"FLAGS (" + joined + b")"


def mod_seq(value: int) -> bytes:
    """Item MODSEQ: RFC 7162 §3.1.4.2."""
    return b"MODSEQ (%d)" % value


def size(octets: int) -> bytes:
    """Item RFC822.SIZE."""
    return b"RFC822.SIZE %d" % octets


def internal_date(moment: datetime.datetime) -> bytes:
    """Item INTERNALDATE, in the zone `moment` has (it must have one)."""
    minutes = int((moment.utcoffset() or datetime.timedelta()).total_seconds()) // 60
    sign = b"-" if minutes < 0 else b"+"
    return b'INTERNALDATE "%02d-%b-%04d %02d:%02d:%02d %b%02d%02d"' % (
        moment.day,
        _MONTHS[moment.month - 1],
        moment.year,
        moment.hour,
        moment.minute,
        moment.second,
        sign,
        *divmod(abs(minutes), 60),
    )


def envelope(ready: bytes) -> bytes:
    """Item ENVELOPE, from the parenthesised list made at append."""
    return b"ENVELOPE " + ready


def body_structure(ready: bytes, *, extended: bool) -> bytes:
    """Item BODYSTRUCTURE, or BODY without the extension fields; `ready` is of the same kind."""
    return (b"BODYSTRUCTURE " if extended else b"BODY ") + ready


def section(label: bytes, content: Piece | None) -> list[Piece]:
    """Item BODY[…] (`FetchSection.label`) with its bytes as they are; NIL for None, a part that is not there.

    A literal without NUL is what RFC 3501 §9 asks for: content that may hold NUL is made so by whoever reads it.
    """
    if content is None:
        return [label + b" NIL"]
    if not content:
        return [label + b' ""']
    return [b"%b {%d}\r\n" % (label, len(content)), content]


def binary_head(label: bytes, size: int, *, has_nul: bool) -> bytes:
    """What stands before the octets of item BINARY[…]: a literal8 where NUL is among them (RFC 3516 §4.2)."""
    if not size:
        return label + b' ""'
    return b"%b %b{%d}\r\n" % (label, b"~" if has_nul else b"", size)


def expunge(sequence_number: int) -> bytes:
    """`* n EXPUNGE`."""
    return b"* %d EXPUNGE\r\n" % sequence_number


def vanished(uids: Iterable[int], *, earlier: bool = False) -> bytes:
    """`* VANISHED [(EARLIER)] uids`; ascending, at least one."""
    return (b"* VANISHED (EARLIER) " if earlier else b"* VANISHED ") + compact(uids) + b"\r\n"


def vanished_earlier(ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """`* VANISHED (EARLIER) …` for ascending ranges of UIDs, in lines that a client's buffer holds; none for none."""
    return [
        b"* VANISHED (EARLIER) %b\r\n" % bytes(SequenceSet(tuple(ranges[at : at + _RANGES])))
        for at in range(0, len(ranges), _RANGES)
    ]
