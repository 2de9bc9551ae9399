"""COMPRESS=DEFLATE: RFC 4978 §3."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.compress import Compress
from postroom.wire.imap.responses.status import Code, Condition


async def compress(session: ImapSession, command: Compress) -> None:
    """COMPRESS; the OK is the last thing said in clear."""
    if command.algorithm != b"DEFLATE":
        session.core.reply(Condition.BAD, "DEFLATE is the only algorithm")
    elif session.is_compressed:
        session.core.reply(Condition.BAD, "Compression is active already", Code.COMPRESSIONACTIVE)
    else:
        await session.tell_changes()
        session.core.reply(Condition.OK, "Compression begins")
        await session.flush()
        session.begin_compression()
