"""Header fields of listed messages: from their caches, and from the messages themselves where a cache has no room for them."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.access import content, ranges
from postroom.access.content import Aspect, StoredContent
from postroom.access.selected import SelectedMailbox
from postroom.message import header_cache
from postroom.message.headers import Header, read_header
from postroom.model.email import Column

HeaderOf = dict[int, Header]
"""By UID."""


async def read_headers(
    selected: SelectedMailbox, caches: Sequence[tuple[int, bytes]], names: tuple[bytes, ...]
) -> HeaderOf:
    """A header with at least these fields for each (uid, cache); messages that are gone by now are left out."""
    found: HeaderOf = {}
    unknown: list[int] = []
    for uid, cache in caches:
        fields = header_cache.select(cache, names)
        if fields is None:
            unknown.append(uid)
        else:
            found[uid] = Header(fields)
    for chunk in ranges.chunks([[uid] for uid in unknown], ranges.CONTENT_ROWS):
        for uid, *stored in await selected.fetch(chunk, (Column.UID, *content.COLUMNS)):
            message = StoredContent(selected, (stored[0], stored[1], stored[2], stored[3], stored[4]))
            header = message.stretch((), Aspect.HEADER)
            if header is not None:
                found[uid] = read_header(await message.read(header))
    return found
