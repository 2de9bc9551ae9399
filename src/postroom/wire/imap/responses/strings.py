"""Text from outside, made safe for the wire: RFC 3501 §4.3, §9.

The one way out for bytes that came from a message, a name or a person. A quoted string holds 7-bit text without CR, LF
and NUL, its `"` and `\\` escaped; everything else is a literal, and NUL, which no literal may hold, becomes `?`.
"""

from __future__ import annotations

import re

from postroom.wire.imap import utf7

_ATOM_LIKE = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
# Longer ones would make lines that clients with fixed buffers cut; RFC 9051 §4.3 leaves the choice to us.
_MAX_QUOTED = 1000


def quoted(text: bytes) -> bytes:
    """A quoted string, or a literal where the text needs one."""
    if len(text) > _MAX_QUOTED or _QUOTABLE.fullmatch(text) is None:
        return literal(text)
    if b'"' in text or b"\\" in text:
        text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + text + b'"'


def literal(text: bytes) -> bytes:
    """A literal: its header and its bytes in one piece."""
    return b"{%d}\r\n%b" % (len(text), text.replace(b"\x00", b"?"))


def nstring(text: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return b"NIL" if text is None else quoted(text)


def astring(text: bytes) -> bytes:
    """The shortest form: an atom where one does, except the word NIL."""
    if _ATOM_LIKE.fullmatch(text) is None or text.upper() == b"NIL" or len(text) > _MAX_QUOTED:
        return quoted(text)
    return text


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """A mailbox name in the encoding this client speaks."""
    if not utf8:
        return astring(utf7.encode(name))
    encoded = name.encode("utf-8")
    if encoded.isascii() or _CONTROL.search(encoded):
        return astring(encoded)
    # RFC 9051 §5.1: UTF-8 stands in quoted strings once it is enabled.
    return b'"' + encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
