"""SETQUOTA: RFC 9208 §4.1.3."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.setquota import SetQuota
from postroom.wire.imap.responses.status import Code, Condition


async def set_quota(session: ImapSession, command: SetQuota) -> None:
    """SETQUOTA: quotas are the administrator's, by `postroom account` and the console; QUOTASET is not announced."""
    session.core.reply(Condition.NO, "Quotas are set by the administrator", Code.NOPERM)
