"""LIST, LSUB, STATUS, FLAGS, EXISTS, RECENT: RFC 3501 §7.2, §7.3; extended data items RFC 5258 §4, RFC 9051 §7.3.1.

mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP "(" extended ")"]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from postroom.wire.imap.responses.strings import mailbox, quoted


def list_line(
    attributes: Iterable[bytes],
    delimiter: str | None,
    name: str,
    *,
    child_info: Sequence[bytes] = (),
    old_name: str = "",
    utf8: bool = False,
) -> bytes:
    """`* LIST (…) "/" name`; `child_info` are the criteria that only children meet (RFC 5258 §3.5), `old_name` what it was called (RFC 9051 §7.3.1)."""
    line = b"* LIST " + _named(attributes, delimiter, name, utf8)
    if child_info:
        line += b' ("CHILDINFO" (' + b" ".join(map(quoted, child_info)) + b"))"
    if old_name:
        line += b' ("OLDNAME" (' + mailbox(old_name, utf8=utf8) + b"))"
    return line + b"\r\n"


def lsub_line(attributes: Iterable[bytes], delimiter: str | None, name: str, *, utf8: bool = False) -> bytes:
    """`* LSUB (…) "/" name`."""
    return b"* LSUB " + _named(attributes, delimiter, name, utf8) + b"\r\n"


def _named(attributes: Iterable[bytes], delimiter: str | None, name: str, utf8: bool) -> bytes:
    sign = b"NIL" if delimiter is None else quoted(delimiter.encode("ascii"))
    # Most names need quotes under one server or another; `""` for the root is the only spelling there is.
    return b"(" + b" ".join(attributes) + b") " + sign + b" " + mailbox(name, utf8=utf8)


def status_line(name: str, items: Iterable[tuple[bytes, int | bytes]], *, utf8: bool = False) -> bytes:
    """`* STATUS name (MESSAGES 3 …)`; `items` are (StatusItem.value, number or ready-made value)."""
    values = b" ".join(b"%b %b" % (word, b"%d" % value if isinstance(value, int) else value) for word, value in items)
    return b"* STATUS " + mailbox(name, utf8=utf8) + b" (" + values + b")\r\n"


def flags(names: Iterable[bytes]) -> bytes:
    """`* FLAGS (…)`."""
    return b"* FLAGS (" + b" ".join(names) + b")\r\n"


def exists(count: int) -> bytes:
    """`* n EXISTS`."""
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    """`* n RECENT`."""
    return b"* %d RECENT\r\n" % count
