"""NOTIFY: RFC 5465 §3.1."""

from __future__ import annotations

from postroom.model.errors import MailError
from postroom.model.mailbox import normal_name
from postroom.servers.imap.commands.selected.fetch import tell_arrivals
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.extensions.notify import EventGroup, Notify
from postroom.wire.imap.responses.status import Code, Condition

_MOST_MAILBOXES = 2000  # of an account that may be watched: each change of its list is a look at all of them


async def notify(session: ImapSession, command: Notify) -> None:
    """NOTIFY: replaces what was in force, and tells what has gathered, as NOOP does."""
    if command.groups and len(await session.account.listed()) > _MOST_MAILBOXES:
        session.core.reply(Condition.NO, "There are too many mailboxes to watch", Code.NOTIFICATIONOVERFLOW)
        return
    groups = tuple(
        EventGroup(group.filter, tuple(_existing(group.names)), group.events, group.items) for group in command.groups
    )
    notification = await session.notify(Notify(command.tag, groups, command.status), tell_arrivals)
    if command.status:
        session.core.send(*notification.first_status(session.speech))
    await session.finish(always=True)


def _existing(names: tuple[str, ...]) -> list[str]:
    """RFC 5465 §3.1: names that can't be are ignored, as those that are not."""
    found = []
    for name in names:
        try:
            found.append(normal_name(name))
        except MailError:
            continue
    return found
