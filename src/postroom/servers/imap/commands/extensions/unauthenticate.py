"""UNAUTHENTICATE: RFC 8437 §3."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.unauthenticate import Unauthenticate
from postroom.wire.imap.responses.status import Condition


async def unauthenticate(session: ImapSession, command: Unauthenticate) -> None:
    """Back to a connection that has only TLS and what ID said."""
    await session.forget_user()
    session.core.reply(Condition.OK, "Nobody is logged in")
    await session.flush()
    session.end_compression()
