"""What is said about the connection: CAPABILITY (RFC 3501 §7.2.1), ENABLED (RFC 5161), ID (RFC 2971) and NAMESPACE
(RFC 2342).

Which names are announced is the session's to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from postroom.wire.imap.responses.strings import mailbox, nstring, quoted


def capability(names: Iterable[bytes]) -> bytes:
    """`* CAPABILITY IMAP4rev1 …`."""
    return b"* CAPABILITY " + b" ".join(names) + b"\r\n"


def enabled(names: Iterable[bytes]) -> bytes:
    """`* ENABLED …`: what ENABLE switched on, perhaps nothing."""
    return b" ".join([b"* ENABLED", *names]) + b"\r\n"


def identification(fields: Sequence[tuple[bytes, bytes | None]]) -> bytes:
    """`* ID (…)`, or `* ID NIL` for no fields."""
    if not fields:
        return b"* ID NIL\r\n"
    return b"* ID (" + b" ".join(quoted(name) + b" " + nstring(value) for name, value in fields) + b")\r\n"


Spaces = Sequence[tuple[str, str | None]]
"""Namespaces of one kind: (prefix, delimiter)."""


def namespace(personal: Spaces, others: Spaces, shared: Spaces, *, utf8: bool = False) -> bytes:
    """`* NAMESPACE …`; NIL for a kind there is none of."""
    kinds = b" ".join(_spaces(kind, utf8) for kind in (personal, others, shared))
    return b"* NAMESPACE " + kinds + b"\r\n"


def _spaces(spaces: Spaces, utf8: bool) -> bytes:
    if not spaces:
        return b"NIL"
    return b"(" + b"".join(b"(%b %b)" % (_prefix(prefix, utf8), _delimiter(sign)) for prefix, sign in spaces) + b")"


def _prefix(prefix: str, utf8: bool) -> bytes:
    # RFC 2342 §6: the prefix is a string, so an atom is no spelling of it.
    spelled = mailbox(prefix, utf8=utf8)
    return spelled if spelled.startswith((b'"', b"{")) else b'"' + spelled + b'"'


def _delimiter(sign: str | None) -> bytes:
    return nstring(None if sign is None else sign.encode("ascii"))
