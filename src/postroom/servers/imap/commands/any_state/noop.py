"""NOOP, and CHECK, which is the same here: RFC 3501 §6.1.2, RFC 3501 §6.4.1."""

from __future__ import annotations

from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.any_state.noop import Noop
from postroom.wire.imap.commands.selected.check import Check


async def noop(session: ImapSession, command: Noop | Check) -> None:
    """NOOP and CHECK: the moment to tell what is new."""
    await session.finish(always=True)
