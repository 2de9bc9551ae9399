"""LOGIN: RFC 3501 §6.2.3. Proof and places are the gate's."""

from __future__ import annotations

from postroom.access.account_mail import AccountMail
from postroom.model.account import Principal
from postroom.model.errors import Meaning, NotPermitted
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.not_authenticated.login import Login
from postroom.wire.imap.responses.status import Condition, capability


async def login(session: ImapSession, command: Login) -> None:
    """LOGIN."""
    try:
        name, password = command.authentication_id.decode("utf-8"), command.password.decode("utf-8")
    except UnicodeDecodeError:
        raise NotPermitted("wrong user name or password", meaning=Meaning.AUTHENTICATION_FAILED) from None
    enter(session, await session.gate.login(session.caller, name, password))


def enter(session: ImapSession, principal: Principal) -> None:
    """Take a place for who is proved and answer the command. Raises OverLimit where there is none."""
    session.gate.enter(session.caller, principal, session.client)
    session.principal = principal
    session.mail = AccountMail(session.ports, principal.account_id)
    session.core.authenticated()
    session.core.reply(Condition.OK, "Logged in", capability(session.capabilities()))
