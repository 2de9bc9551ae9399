"""ENABLE: RFC 5161 §3.1; QRESYNC RFC 7162 §3.2.3, UIDONLY RFC 9586 §3.1."""

from __future__ import annotations

from postroom.servers.imap import capabilities
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.enable import Enable
from postroom.wire.imap.responses import connection as responses


async def enable(session: ImapSession, command: Enable) -> None:
    """ENABLE; what is not known here is passed over."""
    names = [name for name in command.capabilities if name in capabilities.ENABLED_BY_NAME]
    session.core.send(responses.enabled(names))
    if b"CONDSTORE" in names or b"QRESYNC" in names:
        await session.enable_condstore()
    if b"QRESYNC" in names:
        session.qresync = True
    if b"UIDONLY" in names:
        session.uid_only = session.core.uid_only = True
    await session.finish()
