"""GETMETADATA: RFC 5464 §4.2."""

from __future__ import annotations

from postroom.model.annotation import depth_below
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.getmetadata import GetMetadata
from postroom.wire.imap.responses import metadata


async def get_metadata(session: ImapSession, command: GetMetadata) -> None:
    """GETMETADATA; an entry that is asked for by its own name and is not set is told as NIL."""
    found = await session.account.annotations(command.mailbox)
    values: dict[str, bytes | None] = {}
    for asked in command.entries:
        if command.depth == 0:
            values[asked] = found.get(asked)
            continue
        for entry, value in found.items():
            depth = depth_below(entry, asked)
            if depth is not None and (command.depth is None or depth <= command.depth):
                values[entry] = value
    limit = command.max_size
    longest = 0
    if limit is not None:
        longest = max((len(value) for value in values.values() if value is not None), default=0)
        values = {entry: value for entry, value in values.items() if value is None or len(value) <= limit}
    if values:
        session.core.send(metadata.metadata(command.mailbox, values.items(), utf8=session.core.utf8))
    code = metadata.long_entries(longest) if limit is not None and longest > limit else None
    await session.finish("Completed", code)
