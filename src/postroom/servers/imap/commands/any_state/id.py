"""ID: RFC 2971 §3.1."""

from __future__ import annotations

import structlog

from postroom import __version__
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.any_state.id import Id
from postroom.wire.imap.responses import connection as responses

log = structlog.get_logger()


_SHOWN = 128  # octets of what a client says of itself, in the log and in the list of sessions


async def identify(session: ImapSession, command: Id) -> None:
    """ID: what the client says of itself is logged and shown to the operator, and decides nothing."""
    said = dict(command.fields)
    words = [said.get(name) or b"" for name in (b"name", b"version", b"os")]
    text = b" ".join(filter(None, words)).decode("utf-8", "replace")[:_SHOWN]
    session.client = "".join(character if character.isprintable() else "?" for character in text)
    log.info("client", session=session.caller.session_id, client=session.client)
    session.gate.named(session.caller, session.client)
    fields = [(b"name", b"Postroom")]
    if session.mail is not None:
        # A stranger looking for a version with a known fault is not told.
        fields.append((b"version", __version__.encode("ascii")))
    session.core.send(responses.identification(fields))
    await session.finish()
