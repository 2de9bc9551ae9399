"""AUTH: one SASL exchange, framed by 334 and answered with the codes of RFC 4954."""

from __future__ import annotations

from collections.abc import Awaitable

from postroom.model.account import Principal
from postroom.model.errors import MailError, Malformed, Meaning, NotPermitted
from postroom.servers.authentication import Exchange
from postroom.servers.smtp import errors
from postroom.servers.smtp.dialect import Login
from postroom.servers.smtp.greeting import lacks_tls, offers_login
from postroom.servers.smtp.session import SmtpSession
from postroom.wire.sasl.steps import Challenge
from postroom.wire.smtp import events
from postroom.wire.smtp.replies import Reply

_WELCOME = Reply.of(235, "2.7.0", "Authentication successful")
_CANCELLED = Reply.of(501, "5.7.0", "Authentication cancelled")
_NOT_OFFERED = Reply.of(502, "5.5.1", "Authentication is not offered here")
_NO_MECHANISM = Reply.of(504, "5.5.4", "This authentication mechanism is not offered")


async def auth_started(session: SmtpSession, event: events.AuthStarted) -> None:
    opened = _open(session, event.mechanism)
    if isinstance(opened, Reply):
        session.core.reply(session.patience.mistake() or opened)
        return
    session.exchange = opened
    await _go(session, opened.start(event.initial_response))


async def auth_response(session: SmtpSession, event: events.AuthResponse) -> None:
    exchange = session.exchange
    assert exchange is not None
    await _go(session, exchange.step(event.data))


async def auth_cancelled(session: SmtpSession, event: events.AuthCancelled) -> None:
    session.exchange = None
    session.core.reply(session.patience.mistake() or _CANCELLED)


def _open(session: SmtpSession, mechanism: str) -> Exchange | Reply:
    """A password must not be asked for in clear: 538 tells that of the mechanism, 530 of the door (SPEC 1.1, SPEC 1.3)."""
    door = session.door
    if door.login is Login.NEVER or (door.login is Login.IF_ALLOWED and not session.settings.smtp.login_on_mx):
        return _NOT_OFFERED
    try:
        exchange = session.services.gate.exchange(session.caller, mechanism)
    except NotPermitted as error:
        session.log_refusal(error)
        return errors.auth_reply_for(error)
    except Malformed:
        return errors.TLS_FIRST if door.needs_tls and lacks_tls(session) else _NO_MECHANISM
    return exchange if offers_login(session) else errors.TLS_FIRST


async def _go(session: SmtpSession, step: Awaitable[Challenge | Principal]) -> None:
    try:
        result = await step
    except MailError as error:
        session.exchange = None
        if error.meaning is not Meaning.AUTHENTICATION_FAILED:  # those are in the log already
            session.log_refusal(error)
        session.core.reply(session.patience.mistake() or errors.auth_reply_for(error))
        return
    if isinstance(result, Challenge):
        session.core.reply_challenge(result.data)
        return
    session.exchange = None
    session.principal = result
    session.core.reply(_WELCOME)
