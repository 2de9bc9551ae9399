"""NAMESPACE: RFC 2342 §5."""

from __future__ import annotations

from postroom.model.mailbox import DELIMITER
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.namespace import Namespace
from postroom.wire.imap.responses import connection as responses


async def namespace(session: ImapSession, command: Namespace) -> None:
    """NAMESPACE: one personal space without a prefix."""
    session.core.send(responses.namespace([("", DELIMITER)], (), ()))
    await session.finish()
