"""CAPABILITY NOOP CHECK LOGOUT STARTTLS ENABLE ID NAMESPACE: RFC 3501 §6.1, RFC 3501 §6.2.1, RFC 5161, RFC 2971, RFC 2342."""

from __future__ import annotations

import structlog

from postroom import __version__
from postroom.model.mailbox import DELIMITER
from postroom.servers.imap import capabilities
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.connection import Capability, Enable, Id, Logout, Namespace, Noop, StartTls
from postroom.wire.imap.commands.select import Check
from postroom.wire.imap.responses import connection as responses
from postroom.wire.imap.responses.status import Condition, untagged

log = structlog.get_logger()

_SHOWN = 128  # octets of what a client says of itself, in the log and in the list of sessions


async def capability(session: ImapSession, command: Capability) -> None:
    """CAPABILITY."""
    session.core.send(responses.capability(session.capabilities()))
    await session.finish()


async def noop(session: ImapSession, command: Noop | Check) -> None:
    """NOOP and CHECK: the moment to tell what is new."""
    await session.finish(always=True)


async def logout(session: ImapSession, command: Logout) -> None:
    """LOGOUT."""
    session.core.send(untagged(Condition.BYE, "Good-bye"))
    session.core.reply(Condition.OK, "Completed")
    session.over = True


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


async def enable(session: ImapSession, command: Enable) -> None:
    """ENABLE; what is not known here is passed over."""
    names = [name for name in command.capabilities if name in capabilities.ENABLED_BY_NAME]
    session.core.send(responses.enabled(names))
    if names:
        await session.enable_condstore()
    await session.finish()


async def identify(session: ImapSession, command: Id) -> None:
    """ID: what the client says of itself is logged and shown to the operator, and decides nothing."""
    said = dict(command.fields)
    words = [said.get(name) or b"" for name in (b"name", b"version", b"os")]
    text = b" ".join(filter(None, words)).decode("utf-8", "replace")[:_SHOWN]
    session.client = "".join(character if character.isprintable() else "?" for character in text)
    log.info("client", session=session.caller.session_id, client=session.client)
    fields = [(b"name", b"Postroom")]
    if session.mail is not None:
        # A stranger looking for a version with a known fault is not told.
        fields.append((b"version", __version__.encode("ascii")))
    session.core.send(responses.identification(fields))
    await session.finish()


async def namespace(session: ImapSession, command: Namespace) -> None:
    """NAMESPACE: one personal space without a prefix."""
    session.core.send(responses.namespace([("", DELIMITER)], (), ()))
    await session.finish()
