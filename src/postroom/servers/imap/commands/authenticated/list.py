"""LIST: RFC 3501 §6.3.8, LIST-EXTENDED RFC 5258, CHILDREN RFC 3348, SPECIAL-USE RFC 6154, LIST-STATUS RFC 5819, LIST-METADATA RFC 9590."""

from __future__ import annotations

from postroom.access.account_mail import ListedMailbox
from postroom.model.mailbox import DELIMITER, ancestors
from postroom.servers.imap.commands.authenticated.status import line as status_line
from postroom.servers.imap.listed import SPECIAL_USE, attributes_of
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.list import List
from postroom.wire.imap.patterns import ListPattern
from postroom.wire.imap.responses.mailboxes import list_line
from postroom.wire.imap.responses.metadata import metadata

_SUBSCRIBED, _RECURSIVE, _SPECIAL_USE = b"SUBSCRIBED", b"RECURSIVEMATCH", b"SPECIAL-USE"


async def list_mailboxes(session: ImapSession, command: List) -> None:
    """LIST."""
    if command.asks_delimiter:
        session.core.send(list_line((b"\\Noselect",), DELIMITER, ""))
        await session.finish()
        return
    patterns = [ListPattern(pattern, DELIMITER, reference=command.reference) for pattern in command.patterns]
    listed = await session.account.listed()
    is_recursive = _RECURSIVE in command.select and _SUBSCRIBED in command.select
    below = _subscribed_below(listed, patterns) if is_recursive else set()
    for entry in listed:
        if not any(pattern.matches(entry.name) for pattern in patterns):
            continue
        child_info = (_SUBSCRIBED,) if entry.name in below else ()
        if not _is_selected(entry, command.select) and not child_info:
            continue
        attributes = attributes_of(entry, show_subscribed=_SUBSCRIBED in command.select | command.returns)
        session.core.send(list_line(attributes, DELIMITER, entry.name, child_info=child_info, utf8=session.core.utf8))
        if command.status_items and entry.mailbox is not None:
            session.core.send(await status_line(session, entry.mailbox, command.status_items))
        if command.entries and entry.mailbox is not None:
            # RFC 9590 §4: what is not set is told as NIL
            found = await session.account.annotations(entry.name)
            values = [(name, found.get(name)) for name in command.entries]
            session.core.send(metadata(entry.name, values, utf8=session.core.utf8))
        await session.flush_some()
    await session.finish()


def _subscribed_below(listed: list[ListedMailbox], patterns: list[ListPattern]) -> set[str]:
    """Parents of subscribed mailboxes that no pattern finds by themselves (RFC 5258 §3.5)."""
    return {
        parent
        for entry in listed
        if entry.is_subscribed and not any(pattern.matches(entry.name) for pattern in patterns)
        for parent in ancestors(entry.name)
    }


def _is_selected(entry: ListedMailbox, select: frozenset[bytes]) -> bool:
    if _SUBSCRIBED in select:
        if not entry.is_subscribed:
            return False
    elif entry.mailbox is None:
        return False
    if _SPECIAL_USE in select:
        return entry.mailbox is not None and entry.mailbox.role in SPECIAL_USE
    return True
