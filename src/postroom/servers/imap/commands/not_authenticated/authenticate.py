"""AUTHENTICATE: RFC 3501 §6.2.2, RFC 4959. Proof and places are the gate's."""

from __future__ import annotations

from postroom.servers.imap.commands.not_authenticated.login import enter
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.not_authenticated.authenticate import AuthStarted
from postroom.wire.imap.events import AuthResponse
from postroom.wire.sasl.steps import Challenge


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
    enter(session, step)


async def cancelled(session: ImapSession, event: object) -> None:
    """AUTHENTICATE was given up, and the core has said so."""
