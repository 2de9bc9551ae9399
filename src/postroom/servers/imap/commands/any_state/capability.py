"""CAPABILITY: RFC 3501 §6.1.1."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.any_state.capability import Capability
from postroom.wire.imap.responses import connection as responses


async def capability(session: ImapSession, command: Capability) -> None:
    """CAPABILITY."""
    session.core.send(responses.capability(session.capabilities()))
    await session.finish()
