"""AUTH at a smart host (RFC 4954): SCRAM-SHA-256 where it is offered, else PLAIN, else LOGIN; the last two under TLS alone."""

from __future__ import annotations

import asyncio
import secrets

from postroom.mta.attempt.ports import Unusable
from postroom.servers.relay.dialogue import Dialogue, enhanced, shown
from postroom.wire.sasl.scram_client import ScramClient
from postroom.wire.sasl.steps import Failed
from postroom.wire.smtp.client import Challenged, Replied

_ROUNDS = 5  # challenges of one exchange: no mechanism here has more than two


async def log_in(dialogue: Dialogue, login: tuple[str, str]) -> None:
    """Raises Unusable: all mail waits until the administrator has mended it."""
    name, password = login
    offered = dialogue.core.extensions.mechanisms
    if "SCRAM-SHA-256" in offered:
        await _scram(dialogue, name, password)
    elif not dialogue.tls:
        raise Unusable("a password is not given without TLS", "4.7.11")
    elif "PLAIN" in offered:
        dialogue.core.authenticate("PLAIN", f"\0{name}\0{password}".encode())
        await _finish(dialogue, [])
    elif "LOGIN" in offered:
        dialogue.core.authenticate("LOGIN", None)
        await _finish(dialogue, [name.encode(), password.encode()])
    else:
        raise Unusable("the smart host offers no login that we know", "4.7.0")


async def _scram(dialogue: Dialogue, name: str, password: str) -> None:
    try:
        scram = ScramClient(name, password, secrets.token_urlsafe(18).encode())
    except ValueError as error:
        raise Unusable(str(error), "4.7.8") from None
    dialogue.core.authenticate(scram.name, scram.initial_response())
    for _ in range(_ROUNDS):
        event = await dialogue.next_reply(dialogue.patience.command)
        if isinstance(event, Replied):
            _judge(event)
            if not scram.finished:
                raise Unusable("the smart host did not prove that it knows the password", "4.7.8")
            return
        answer = await asyncio.to_thread(scram.step, event.challenge)
        if isinstance(answer, Failed):
            raise Unusable(f"the login failed: {answer.reason}", "4.7.8")
        dialogue.core.auth_response(answer)
    raise Unusable("the smart host asks without end", "4.7.0")


async def _finish(dialogue: Dialogue, answers: list[bytes]) -> None:
    for _ in range(_ROUNDS):
        event = await dialogue.next_reply(dialogue.patience.command)
        if isinstance(event, Challenged):
            dialogue.core.auth_response(answers.pop(0) if answers else b"")
            continue
        _judge(event)
        return
    raise Unusable("the smart host asks without end", "4.7.0")


def _judge(event: Replied) -> None:
    if not event.reply.positive:
        # for now only: the password can be mended, and the mail must not go back meanwhile
        raise Unusable(shown(event.reply), enhanced(event.reply, "4.7.8", transient=True), is_remote=True)
