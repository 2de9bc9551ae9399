"""LOGIN and AUTHENTICATE: RFC 3501 §6.2.2, RFC 3501 §6.2.3, RFC 4959. Proof and places are the gate's."""

from __future__ import annotations

from postroom.access.account_mail import AccountMail
from postroom.model.account import Principal
from postroom.model.errors import Meaning, NotPermitted
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.login import AuthStarted, Login
from postroom.wire.imap.events import AuthResponse
from postroom.wire.imap.responses.status import Condition, capability
from postroom.wire.sasl.steps import Challenge


async def login(session: ImapSession, command: Login) -> None:
    """LOGIN."""
    try:
        name, password = command.authentication_id.decode("utf-8"), command.password.decode("utf-8")
    except UnicodeDecodeError:
        raise NotPermitted("wrong user name or password", meaning=Meaning.AUTHENTICATION_FAILED) from None
    _enter(session, await session.gate.login(session.caller, name, password))


async def authenticate(session: ImapSession, command: AuthStarted) -> None:
    """AUTHENTICATE: challenges and responses until somebody is proved, refused, or the client gives up."""
    exchange = session.gate.exchange(session.caller, command.mechanism.decode("ascii"))
    if command.initial is None and exchange.client_first:
        # RFC 4959 §3: an empty challenge asks for what the client did not send along
        session.core.challenge(b"")
        event = await session.next_event()
        if not isinstance(event, AuthResponse):
            session.push_back(event)
            return
        step = await exchange.start(event.response)
    else:
        step = await exchange.start(command.initial)
    while isinstance(step, Challenge):
        session.core.challenge(step.data)
        event = await session.next_event()
        if not isinstance(event, AuthResponse):
            session.push_back(event)
            return
        step = await exchange.step(event.response)
    _enter(session, step)


def _enter(session: ImapSession, principal: Principal) -> None:
    session.gate.enter(session.caller, principal, session.client)
    session.principal = principal
    session.mail = AccountMail(session.ports, principal.account_id)
    session.core.authenticated()
    session.core.reply(Condition.OK, "Logged in", capability(session.capabilities()))


async def cancelled(session: ImapSession, event: object) -> None:
    """AUTHENTICATE was given up, and the core has said so."""
