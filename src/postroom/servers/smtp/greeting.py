"""The beginning and the end: the greeting, EHLO, HELO, LHLO, STARTTLS and QUIT (RFC 5321 §4.1.1.1, RFC 3207)."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from postroom.model.address import Address
from postroom.servers.smtp import errors
from postroom.servers.smtp.dialect import Login
from postroom.servers.smtp.session import SmtpSession
from postroom.settings.sending import DAY
from postroom.wire.smtp import events
from postroom.wire.smtp.capabilities import Capabilities
from postroom.wire.smtp.replies import Reply

log = structlog.get_logger()

_GO_AHEAD = Reply.of(220, "2.0.0", "Ready to start TLS")
_BYE = Reply.of(221, "2.0.0", "Bye")


async def opened(session: SmtpSession, event: events.ConnectionOpened) -> None:
    """A client that talks before it is greeted does not read what we say: no mail server does that (RFC 5321 §3.1).

    Other servers are let wait for a moment, since what the early ones send is still on its way; people's programs are not.
    """
    connection = session.connection
    waits = session.door.login is Login.IF_ALLOWED and not session.trusted
    if await connection.hears(session.settings.limits.greeting_pause / 1000 if waits else 0.0):
        log.info("early talk", session=session.session_id, peer=str(connection.peer.address))
        session.core.reply(errors.EARLY_TALK)
        session.end()
        return
    smtp = session.settings.smtp
    words = f"{_own_name(session)} {'LMTP' if session.door.lmtp else 'ESMTP'} {smtp.banner}"
    session.core.reply(Reply.of(220, "", words.rstrip()))


async def hello(session: SmtpSession, event: events.Hello) -> None:
    """A second greeting is a RSET (RFC 5321 §4.1.4)."""
    if session.hello is not None:
        ending = await session.patience.idle_command()
        if ending is not None:
            session.core.reply(ending)
            return
    session.end_transaction()
    session.hello = event
    session.core.capabilities = capabilities(session)
    session.core.reply(Reply.of(250, "", _own_name(session)))


def _own_name(session: SmtpSession) -> str:
    """In A-labels: nobody has offered SMTPUTF8 yet."""
    return Address("", session.settings.smtp.server_name).ascii_domain


def capabilities(session: SmtpSession) -> Capabilities:
    """What EHLO offers now."""
    clear = not session.connection.tls_version
    return Capabilities(
        size=session.settings.smtp.max_message_size,
        starttls=clear and not session.door.lmtp and not session.connection.peer.tls_by_front,
        auth=tuple(session.services.gate.mechanisms(session.connection)) if offers_login(session) else (),
        require_tls=not clear and not session.door.lmtp,
        future_release=_future_release(session),
        recipient_max=session.settings.smtp.max_recipients,
    )


def _future_release(session: SmtpSession) -> str | None:
    """For submission alone (RFC 4865 §3): the longest interval in seconds, and the moment at which it ends now."""
    longest = session.settings.sending.longest_hold * DAY
    if session.door.login is not Login.REQUIRED or not longest:
        return None
    last = datetime.fromtimestamp(int(session.services.live.now()) + longest, UTC)
    return f"{longest} {last:%Y-%m-%dT%H:%M:%SZ}"


def offers_login(session: SmtpSession) -> bool:
    """Whether AUTH is announced on this connection as it is."""
    if session.door.login is Login.REQUIRED:
        return not (session.door.needs_tls and lacks_tls(session))
    private = bool(session.connection.tls_version) or session.connection.peer.tls_by_front
    return session.door.login is Login.IF_ALLOWED and private and session.settings.smtp.login_on_mx


def lacks_tls(session: SmtpSession) -> bool:
    """In clear, on a network that the administrator does not call secure."""
    return not session.services.gate.is_private(session.connection)


async def starttls(session: SmtpSession, event: events.StartTls) -> None:
    """All that was said in clear is forgotten, on both sides of the socket (RFC 3207 §4.2)."""
    connection, core = session.connection, session.core
    connection.hold_reading()
    core.reply(_GO_AHEAD)
    connection.write(core.data_to_send())
    await connection.drain()
    await connection.start_tls(session.services.live.context(session.door.name))
    discarded = core.tls_started()
    if discarded:
        log.warning("octets in clear behind STARTTLS dropped", session=session.session_id, count=discarded)
    session.end_transaction()
    session.hello = None
    session.principal = None
    session.exchange = None


async def quit_session(session: SmtpSession, event: events.Quit) -> None:
    session.core.reply(_BYE)
