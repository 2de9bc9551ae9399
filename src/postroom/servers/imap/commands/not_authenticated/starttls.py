"""STARTTLS: RFC 3501 §6.2.1."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.not_authenticated.starttls import StartTls
from postroom.wire.imap.responses.status import Condition


async def start_tls(session: ImapSession, command: StartTls) -> None:
    """STARTTLS: nothing that came in clear is read after it."""
    if not session.offers_tls:
        session.core.reply(Condition.BAD, "TLS is active already")
        return
    connection = session.connection
    connection.hold_reading()
    session.core.reply(Condition.OK, "Begin TLS")
    await session.flush()
    await connection.start_tls(session.live.context(session.door))
    session.core.tls_started()
