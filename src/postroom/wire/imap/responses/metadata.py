"""METADATA (RFC 5464 §4.4), QUOTA and QUOTAROOT (RFC 9208 §4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from postroom.wire.imap.responses.strings import astring, mailbox, nstring


def metadata(name: str, values: Iterable[tuple[str, bytes | None]], *, utf8: bool = False) -> bytes:
    """`* METADATA name (entry value …)`: what was asked for; `name` empty for the account."""
    pairs = b" ".join(_entry(entry) + b" " + _value(value) for entry, value in values)
    return b"* METADATA " + _mailbox(name, utf8) + b" (" + pairs + b")\r\n"


def metadata_changed(name: str, entries: Iterable[str], *, utf8: bool = False) -> bytes:
    """`* METADATA name entry …`: names only, of what somebody else changed (RFC 5464 §4.4.2)."""
    return b"* METADATA " + _mailbox(name, utf8) + b" " + b" ".join(map(_entry, entries)) + b"\r\n"


def long_entries(size: int) -> bytes:
    """Code METADATA LONGENTRIES: the largest value that MAXSIZE left out."""
    return b"METADATA LONGENTRIES %d" % size


def quota(root: bytes, resources: Iterable[tuple[bytes, int, int]]) -> bytes:
    """`* QUOTA root (STORAGE used limit)`; no resource where nothing is limited."""
    triplets = b" ".join(b"%b %d %d" % resource for resource in resources)
    return b"* QUOTA " + astring(root) + b" (" + triplets + b")\r\n"


def quota_root(name: str, roots: Iterable[bytes], *, utf8: bool = False) -> bytes:
    """`* QUOTAROOT name root …`."""
    return b" ".join([b"* QUOTAROOT", mailbox(name, utf8=utf8), *map(astring, roots)]) + b"\r\n"


TOO_MANY = b"METADATA TOOMANY"


def _mailbox(name: str, utf8: bool) -> bytes:
    return mailbox(name, utf8=utf8) if name else b'""'


def _entry(entry: str) -> bytes:
    return astring(entry.encode("ascii"))


def _value(value: bytes | None) -> bytes:
    if value is not None and b"\x00" in value:
        return b"~{%d}\r\n%b" % (len(value), value)
    return nstring(value)
