"""The fields that mail programs ask for, kept beside the message so that BODY[HEADER.FIELDS (...)] never opens it.

Stored form: a version byte, the number of fields, a name number each, a length each, then the raw fields in the order
of the message. A field of `NAMES` that is not there is known to be absent. The list of names belongs to its version:
a new list is a new version byte, and an older cache then only answers for the names it knew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate

from postroom.message import limits
from postroom.message.headers import Header

_VERSION = 1
_NOTHING = b"\x00"
_COUNT = struct.Struct("<BH")
_USUAL = 64  # fields of a header whose order is remembered: bounds what a stranger's header can hold in memory

NAMES: tuple[bytes, ...] = (
    b"from", b"to", b"cc", b"bcc", b"subject", b"date", b"message-id", b"references", b"in-reply-to", b"content-type",
    b"reply-to", b"sender", b"list-id", b"list-post", b"list-unsubscribe", b"x-priority", b"priority", b"importance",
    b"newsgroups", b"mime-version", b"content-transfer-encoding", b"content-disposition",
    b"disposition-notification-to",
    b"resent-from", b"resent-to", b"resent-date", b"resent-message-id", b"followup-to", b"list-unsubscribe-post",
    b"x-mailing-list", b"x-mailer", b"user-agent", b"x-spam-flag", b"delivered-to", b"return-path",
    b"content-language", b"content-class", b"organization", b"keywords", b"comments",
)  # fmt: skip
_NUMBER = {name: number for number, name in enumerate(NAMES)}


def build(header: Header) -> bytes:
    """The stored form for a message's header; one byte that knows nothing when the fields are too large."""
    numbers = bytearray()
    fields: list[bytes] = []
    for field in header.fields:
        number = _NUMBER.get(field.name)
        if number is not None:
            numbers.append(number)
            fields.append(header.raw_field(field))
    content = b"".join(fields)
    if len(content) > limits.CACHED_HEADER or len(header.raw) > limits.HEADER_BLOCK:
        return _NOTHING
    lengths = struct.pack(f"<{len(fields)}I", *map(len, fields))
    return b"".join((_COUNT.pack(_VERSION, len(fields)), numbers, lengths, content))


def select(stored: bytes, names: Iterable[bytes]) -> bytes | None:
    """HEADER.FIELDS for these names (any case), or None when the cache cannot tell and the message must be read."""
    if not stored or stored[0] != _VERSION:
        return None
    wanted = _numbers(names if isinstance(names, tuple) else tuple(names))
    if wanted is None:
        return None
    _, count = _COUNT.unpack_from(stored)
    fields = _COUNT.size + count
    numbers = stored[_COUNT.size : fields]
    runs = _runs(numbers, wanted) if count <= _USUAL else _runs.__wrapped__(numbers, wanted)
    ends = list(accumulate(_lengths(count).unpack_from(stored, fields), initial=fields + 4 * count))
    if len(runs) == 1:
        first, last = runs[0]
        return stored[ends[first] : ends[last]] + b"\r\n"
    return b"".join([stored[ends[first] : ends[last]] for first, last in runs]) + b"\r\n"


@lru_cache(256)
def _numbers(names: tuple[bytes, ...]) -> frozenset[int] | None:
    found = [_NUMBER.get(name.lower()) for name in names]
    return None if None in found else frozenset(number for number in found if number is not None)


@lru_cache(1024)  # most messages of a mailbox have their fields in one of a few orders
def _runs(numbers: bytes, wanted: frozenset[int]) -> tuple[tuple[int, int], ...]:
    """Stretches of neighbouring fields that are wanted, as (first, behind the last)."""
    runs: list[tuple[int, int]] = []
    for at, number in enumerate(numbers):
        if number not in wanted:
            continue
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return tuple(runs)


@lru_cache(128)
def _lengths(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I")
