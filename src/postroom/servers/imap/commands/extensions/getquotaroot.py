"""GETQUOTAROOT: RFC 9208 §4.1.2."""

from __future__ import annotations

from postroom.servers.imap.commands.extensions.getquota import ROOT, quota_line
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.getquotaroot import GetQuotaRoot
from postroom.wire.imap.responses import metadata


async def get_quota_root(session: ImapSession, command: GetQuotaRoot) -> None:
    """GETQUOTAROOT; the answer is the same for every name, there or not."""
    session.core.send(metadata.quota_root(command.mailbox, [ROOT], utf8=session.core.utf8), await quota_line(session))
    await session.finish()
