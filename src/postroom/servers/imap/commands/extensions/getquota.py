"""GETQUOTA: RFC 9208 §4.1.1. An account has one quota root, over all its mailboxes."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.getquota import GetQuota
from postroom.wire.imap.responses import metadata
from postroom.wire.imap.responses.status import Code, Condition

ROOT = b"Account"
"""What mail programs show beside the bar."""
_UNIT = 1024  # RFC 9208 §5.1: octets of one unit of STORAGE


async def get_quota(session: ImapSession, command: GetQuota) -> None:
    """GETQUOTA."""
    if command.root != ROOT:
        session.core.reply(Condition.NO, "There is no such quota root", Code.NONEXISTENT)
        return
    session.core.send(await quota_line(session))
    await session.finish()


async def quota_line(session: ImapSession) -> bytes:
    """The QUOTA response: nothing in the list where nothing is limited."""
    usage = await session.account.usage()
    if usage.quota is None:
        return metadata.quota(ROOT, ())
    return metadata.quota(ROOT, [(b"STORAGE", -(-usage.size // _UNIT), usage.quota // _UNIT)])
