"""ENABLE: RFC 5161 §3.1; QRESYNC RFC 7162 §3.2.3, UIDONLY RFC 9586 §3.1, IMAP4rev2 RFC 9051 §6.3.1, UTF8=ACCEPT RFC 6855 §3."""

from __future__ import annotations

from postroom.servers.imap import capabilities
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.enable import Enable
from postroom.wire.imap.responses import connection as responses


async def enable(session: ImapSession, command: Enable) -> None:
    """ENABLE; what is not known here is passed over."""
    names = [name for name in command.capabilities if name in capabilities.ENABLED_BY_NAME]
    session.core.send(responses.enabled([capabilities.ENABLED_BY_NAME[name] for name in names]))
    if b"CONDSTORE" in names or b"QRESYNC" in names:
        await session.enable_condstore()
    if b"QRESYNC" in names:
        session.qresync = True
    if b"UIDONLY" in names:
        session.uid_only = session.core.uid_only = True
    if b"IMAP4REV2" in names:
        session.rev2 = session.core.utf8 = True
        session.view.forget_recent()
    if b"UTF8=ACCEPT" in names:
        session.core.utf8 = True
    await session.finish()
