"""MAIL, RCPT and RSET: a transaction begins, gets its recipients, or is given up (RFC 5321 §3.3)."""

from __future__ import annotations

from postroom.model.address import Address, fold
from postroom.model.envelope import DsnRequest
from postroom.model.errors import MailError, Meaning
from postroom.mta.client import MailOptions
from postroom.servers.smtp import errors
from postroom.servers.smtp.dialect import Login
from postroom.servers.smtp.greeting import lacks_tls
from postroom.servers.smtp.session import SmtpSession
from postroom.wire.smtp import events
from postroom.wire.smtp.addresses import Path
from postroom.wire.smtp.parameters import NO_RCPT_PARAMETERS, MailParameters, RcptParameters
from postroom.wire.smtp.replies import Reply

_SENDER_OK = Reply.of(250, "2.1.0", "Sender ok")
_RECIPIENT_OK = Reply.of(250, "2.1.5", "Recipient ok")
_RESET = Reply.of(250, "2.0.0", "Ok")
_NO_DSN = DsnRequest()
# said to well-behaved clients too, for each of a hundred recipients: no sign of anything bad
_COME_AGAIN = frozenset({Meaning.GREYLISTED, Meaning.TOO_MANY_MESSAGES, Meaning.SENDER_UNKNOWN_YET})


async def mail(session: SmtpSession, event: events.Mail) -> None:
    door = session.door
    if door.needs_tls and lacks_tls(session):
        session.core.reply(errors.TLS_FIRST)
        return
    if door.login is Login.REQUIRED and session.principal is None:
        session.core.reply(errors.LOGIN_FIRST)
        return
    session.end_transaction()
    services = session.services
    service = services.reception if session.principal is None else services.submission
    reverse_path = None if event.reverse_path.is_null else address_of(event.reverse_path)
    session.transaction = await service.mail(session.client(), reverse_path, _options(event.parameters, session))
    session.core.reply(_SENDER_OK)


async def rcpt(session: SmtpSession, event: events.Rcpt) -> None:
    transaction = session.transaction
    assert transaction is not None
    if session.is_guessing():
        # the same for names that are here: else the search would just go on
        session.core.reply(await session.patience.unknown_recipient() or errors.TOO_MANY_UNKNOWN)
        return
    try:
        await transaction.recipient(address_of(event.forward_path), _dsn(event.parameters))
    except MailError as error:
        if error.meaning in (Meaning.TOO_MANY, Meaning.SENDING_LIMIT):
            # a list sends hundreds more in one group: it is told of each, and must not lose those that were taken
            session.core.reply(errors.reply_for(error))
            return
        if error.meaning in _COME_AGAIN:
            session.log_refusal(error)
            session.core.reply(errors.reply_for(error))
            return
        if error.meaning not in (Meaning.NO_SUCH_RECIPIENT, Meaning.MAILBOX_DISABLED, Meaning.RELAY_DENIED):
            raise
        session.guessed()
        session.log_refusal(error)
        session.core.reply(await session.patience.unknown_recipient() or errors.reply_for(error))
        return
    session.core.reply(_RECIPIENT_OK)


async def reset(session: SmtpSession, event: events.Reset) -> None:
    session.end_transaction()
    session.core.reply(await session.patience.idle_command() or _RESET)


def address_of(path: Path) -> Address:
    """A path as the directory knows addresses: the domain folded, without a last dot, a literal as it is."""
    domain = path.domain
    if not domain.startswith("["):
        domain = domain.lower() if domain.isascii() else fold(domain)
    return Address(path.local_part, domain)


def _options(parameters: MailParameters, session: SmtpSession) -> MailOptions:
    hold = parameters.hold
    release_at = None
    if hold is not None:
        release_at = hold.seconds if hold.is_moment else int(session.services.live.now()) + hold.seconds
    return MailOptions(
        size=parameters.size,
        body_8bit=parameters.body == "8BITMIME",
        smtputf8=parameters.smtp_utf8,
        ret=parameters.ret,
        envelope_id=parameters.envid,
        require_tls=parameters.require_tls,
        release_at=release_at,
    )


def _dsn(parameters: RcptParameters) -> DsnRequest:
    if parameters is NO_RCPT_PARAMETERS:
        return _NO_DSN
    notify = None if parameters.notify is None else tuple(sorted(parameters.notify)) or ("NEVER",)
    return DsnRequest(notify, ";".join(parameters.orcpt) if parameters.orcpt is not None else None)
