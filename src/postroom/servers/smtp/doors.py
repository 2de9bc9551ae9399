"""The table of commands, and the doors made of it for the listeners."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from postroom.model.ids import SessionId
from postroom.servers.connection import Connection
from postroom.servers.listener import Door
from postroom.servers.smtp import auth, content, greeting, inquiry, mail
from postroom.servers.smtp.dialect import LMTP, MX, SUBMISSION, SUBMISSIONS, SmtpDoor, SmtpServices
from postroom.servers.smtp.session import Answer, SmtpSession
from postroom.wire.smtp import events
from postroom.wire.smtp.violations import Violation

_REFUSAL = b"421 4.7.0 Too many connections\r\n"

COMMANDS: Mapping[type[object], Answer] = {
    events.ConnectionOpened: greeting.opened,
    events.Hello: greeting.hello,
    events.StartTls: greeting.starttls,
    events.Quit: greeting.quit_session,
    events.AuthStarted: auth.auth_started,
    events.AuthResponse: auth.auth_response,
    events.AuthCancelled: auth.auth_cancelled,
    events.Mail: mail.mail,
    events.Rcpt: mail.rcpt,
    events.Reset: mail.reset,
    events.ContentStarted: content.started,
    events.ChunkEnded: content.chunk_ended,
    events.ContentEnded: content.ended,
    events.Noop: inquiry.noop,
    events.Verify: inquiry.verify,
    events.Expand: inquiry.expand,
    events.Help: inquiry.show_help,
    Violation: inquiry.violation,
}


def smtp_doors(services: SmtpServices) -> dict[str, Door]:
    """By the name of each listener."""
    return {door.name: make_door(door, services) for door in (MX, SUBMISSION, SUBMISSIONS, LMTP)}


def make_door(door: SmtpDoor, services: SmtpServices) -> Door:
    """One door."""

    async def serve(connection: Connection, session_id: SessionId) -> None:
        await SmtpSession(door, services, connection, session_id).run(COMMANDS)

    return Door(door.name, door.protocol, partial(services.live.admission, door.name), _REFUSAL, serve)
