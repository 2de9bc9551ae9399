"""CREATE: RFC 3501 §6.3.3, special use RFC 6154 §3, MAILBOXID RFC 8474 §4.1."""

from __future__ import annotations

from postroom.model.mailbox import DELIMITER
from postroom.servers.imap.listed import SPECIAL_USE
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.create import Create
from postroom.wire.imap.responses.mailboxes import list_line
from postroom.wire.imap.responses.status import Code, Condition, mailbox_id

_ROLES = {use: role for role, use in SPECIAL_USE.items()}


async def create(session: ImapSession, command: Create) -> None:
    """CREATE, perhaps with a special use; one that is not served, or taken, is refused (RFC 6154 §3)."""
    role = None
    if command.special_use:
        role = _ROLES.get(command.special_use[0])
        if role is None or len(command.special_use) > 1 or await session.account.has_role(role):
            session.core.reply(Condition.NO, "This special use can't be given", Code.USEATTR)
            return
    made = await session.account.create(command.mailbox, role)
    await session.made_change(command.mailbox)
    if session.rev2 and made.name != command.mailbox:
        # RFC 9051 §6.3.4: the client has to learn under which name it was made
        session.core.send(list_line((), DELIMITER, made.name, old_name=command.mailbox, utf8=True))
    await session.finish("Completed", mailbox_id(made.mailbox_id))
