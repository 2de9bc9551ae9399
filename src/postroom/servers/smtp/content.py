"""DATA and BDAT: content streams into staging, is judged at its end, and is answered once it is durable (RFC 5321 §4.1.1.4, RFC 3030)."""

from __future__ import annotations

from postroom.model.errors import MailError
from postroom.mta.transaction import MailTransaction, too_big
from postroom.servers.smtp import errors
from postroom.servers.smtp.session import SmtpSession
from postroom.wire.smtp import events
from postroom.wire.smtp.replies import Reply

_GO_AHEAD = Reply.of(354, "", "End the message with <CRLF>.<CRLF>")
_CHUNK_OK = Reply.of(250, "2.0.0", "Chunk received")


async def started(session: SmtpSession, event: events.ContentStarted) -> None:
    transaction = session.transaction
    assert transaction is not None
    transaction.start_content()
    session.expect_content()
    session.core.reply(_GO_AHEAD)


async def chunk_ended(session: SmtpSession, event: events.ChunkEnded) -> None:
    """A refusal fails the transaction: only RSET is left (RFC 3030 §2)."""
    refusal = session.refusal
    if refusal is None and event.too_large:
        refusal = errors.reply_for(too_big(session.settings.smtp))
    if refusal is None:
        session.core.reply(_CHUNK_OK)
        return
    session.end_transaction()
    session.core.reply(refusal)


async def ended(session: SmtpSession, event: events.ContentEnded) -> None:
    transaction = session.transaction
    assert transaction is not None
    try:
        refusal = session.refusal or _refusal(session, event)
        if refusal is not None:
            session.core.reply(await session.patience.idle_command() or refusal)
            return
        session.messages += 1
        identifier = f"{session.session_id}-{session.messages}"
        results = await transaction.finish(identifier)
        _reply(session, transaction, results, identifier)
    finally:
        session.end_transaction()


def _refusal(session: SmtpSession, event: events.ContentEnded) -> Reply | None:
    if event.too_large:
        return errors.reply_for(too_big(session.settings.smtp))
    if (event.bare_cr or event.bare_lf) and session.principal is None:  # submission repairs them
        return errors.BARE_LINE_ENDS
    return errors.NUL_OCTET if event.nul else None


def _reply(
    session: SmtpSession, transaction: MailTransaction, results: list[MailError | None], identifier: str
) -> None:
    accepted = Reply.of(250, "2.0.0", f"Accepted as {identifier}")
    for error in results:
        if error is not None:
            session.log_refusal(error)
    if None in results:
        session.patience.message_accepted()
    replies = [accepted if error is None else errors.reply_for(error) for error in results]
    if session.door.lmtp:
        session.core.reply_each(replies)
    else:
        session.core.reply(replies[0])
