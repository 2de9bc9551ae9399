"""Header fields of a list of messages without opening them: from the header cache, and from the trace prefix where a name may stand there.

The prefix holds what was added on receipt: Return-Path, Delivered-To, Received, results of checks. Of the cached names only `TRACE` may be among those.
"""

from __future__ import annotations

from collections.abc import Sequence

from postroom.message import header_cache
from postroom.message.headers import Header
from postroom.model.email import Column

TRACE = frozenset({b"return-path", b"delivered-to", b"x-spam-flag"})
_CACHED = frozenset(header_cache.NAMES)


def columns(names: Sequence[bytes]) -> tuple[Column, ...] | None:
    """What `select` needs for these lower-case names; None when the messages themselves must be read."""
    if not _CACHED.issuperset(names):
        return None
    return (Column.HEADER_CACHE,) if TRACE.isdisjoint(names) else (Column.HEADER_CACHE, Column.PREFIX)


def select(names: Sequence[bytes], cache: bytes, prefix: bytes = b"") -> bytes | None:
    """The fields and an empty line; None when the cache can't tell for this message."""
    found = header_cache.select(cache, names)
    if found is None or not prefix:
        return found
    return Header(prefix).select(names)[:-2] + found
