"""LOGOUT: RFC 3501 §6.1.3."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.any_state.logout import Logout
from postroom.wire.imap.responses.status import Condition, untagged


async def logout(session: ImapSession, command: Logout) -> None:
    """LOGOUT."""
    session.core.send(untagged(Condition.BYE, "Good-bye"))
    session.core.reply(Condition.OK, "Completed")
    session.over = True
