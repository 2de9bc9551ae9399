"""What brings no mail nearer: NOOP, VRFY, EXPN, HELP, and everything that can't be understood (RFC 5321 §3.5, RFC 5321 §4.2.4)."""

from __future__ import annotations

import structlog

from postroom.servers.smtp.session import SmtpSession
from postroom.wire.smtp import events
from postroom.wire.smtp.replies import Reply
from postroom.wire.smtp.violations import Violation

log = structlog.get_logger()

_OK = Reply.of(250, "2.0.0", "Ok")
_NOT_VERIFIED = Reply.of(252, "2.5.0", "Can't verify the user, but will take mail for those who are here")
_NOT_EXPANDED = Reply.of(502, "5.5.1", "Lists are not shown")
_HELP = Reply.of(214, "2.0.0", "Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT")


async def noop(session: SmtpSession, event: events.Noop) -> None:
    session.core.reply(await session.patience.idle_command() or _OK)


async def verify(session: SmtpSession, event: events.Verify) -> None:
    """The same for all: who is here is told at RCPT, and counted there (RFC 5321 §7.3)."""
    session.core.reply(await session.patience.idle_command() or _NOT_VERIFIED)


async def expand(session: SmtpSession, event: events.Expand) -> None:
    session.core.reply(await session.patience.idle_command() or _NOT_EXPANDED)


async def show_help(session: SmtpSession, event: events.Help) -> None:
    session.core.reply(await session.patience.idle_command() or _HELP)


async def violation(session: SmtpSession, event: Violation) -> None:
    """A mistake also ends an exchange of AUTH that it came in the middle of."""
    session.exchange = None
    log.info("mistake", session=session.session_id, mistake=event.mistake.value, detail=ascii(event.detail))
    session.core.reply(session.patience.mistake() or event.reply)
