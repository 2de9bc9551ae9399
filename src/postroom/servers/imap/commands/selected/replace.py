"""REPLACE and UID REPLACE: RFC 8508 §3. The old message goes and the new one comes in one transaction, or nothing happens."""

from __future__ import annotations

from postroom.model.errors import MailError, Meaning, NotFound
from postroom.servers.imap.session import ImapSession
from postroom.servers.imap.uploads import Receiver, Upload, is_whole, reply
from postroom.wire.imap.commands.selected.replace import ReplaceStarted
from postroom.wire.imap.responses.status import Condition, append_uid, untagged


async def replace(session: ImapSession, command: ReplaceStarted) -> None:
    """REPLACE: APPENDUID comes before the EXPUNGE (RFC 8508 §3.3)."""
    upload = Upload()
    uid = 0
    try:
        try:
            session.open_mailbox.check_writable()
            uid = _uid_of(session, command)
        except MailError as error:
            upload.error = error
        receiver = Receiver(session, session.flush)
        event = await receiver.receive(await receiver.next_event(), upload)
        if not is_whole(event):
            if event is not None:
                session.push_back(event)
            return
        await _commit(session, upload, uid)
    finally:
        upload.discard()


async def _commit(session: ImapSession, upload: Upload, uid: int) -> None:
    try:
        (arrival,) = await upload.arrivals()
        replaced = await session.open_mailbox.replace(uid, arrival)
    except MailError as error:
        condition, text, code = reply(error)
        await session.finish(text, code, condition=condition)
        return
    session.put_messages(replaced.mod_seq)
    code = append_uid(replaced.uid_validity, [replaced.uid])
    session.core.send(untagged(Condition.OK, "Replacement message ready", code))
    await session.finish_expunge("Replaced")


def _uid_of(session: ImapSession, command: ReplaceStarted) -> int:
    uids = session.view.resolve(command.sequence_set, uid=command.uid)
    if not uids:
        raise NotFound("there is no such message", meaning=Meaning.NO_SUCH_EMAIL)
    return uids[0]
