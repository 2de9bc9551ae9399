"""ENABLE: RFC 5161 §3.1."""

from __future__ import annotations

from postroom.servers.imap import capabilities
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.enable import Enable
from postroom.wire.imap.responses import connection as responses


async def enable(session: ImapSession, command: Enable) -> None:
    """ENABLE; what is not known here is passed over."""
    names = [name for name in command.capabilities if name in capabilities.ENABLED_BY_NAME]
    session.core.send(responses.enabled(names))
    if names:
        await session.enable_condstore()
    await session.finish()
