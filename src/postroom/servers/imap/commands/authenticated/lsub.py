"""LSUB: RFC 3501 §6.3.9."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.model.mailbox import DELIMITER, ancestors
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.lsub import Lsub
from postroom.wire.imap.patterns import ListPattern
from postroom.wire.imap.responses.mailboxes import lsub_line


async def list_subscribed(session: ImapSession, command: Lsub) -> None:
    """LSUB; with %, a parent of subscribed names that is not subscribed itself stands for them (RFC 3501 §6.3.9)."""
    pattern = ListPattern(command.pattern, DELIMITER, reference=command.reference)
    names = [entry.name for entry in await session.account.listed() if entry.is_subscribed]
    shown = {name: () for name in names if pattern.matches(name)}
    lines: dict[str, Sequence[bytes]] = dict(shown)
    if command.pattern.endswith("%"):
        for name in names:
            for parent in ancestors(name):
                if pattern.matches(parent):
                    lines.setdefault(parent, (b"\\Noselect",))
    for name in sorted(lines):
        session.core.send(lsub_line(lines[name], DELIMITER, name, utf8=session.core.utf8))
    await session.finish()
