"""How LIST shows a mailbox: its attributes (RFC 3501 §7.2.2, RFC 5258 §3, RFC 6154 §2), for the command and for what NOTIFY tells."""

from __future__ import annotations

from postroom.access.account_mail import ListedMailbox
from postroom.model.mailbox import MailboxRole

SPECIAL_USE: dict[MailboxRole, bytes] = {
    MailboxRole.DRAFTS: b"\\Drafts",
    MailboxRole.SENT: b"\\Sent",
    MailboxRole.JUNK: b"\\Junk",
    MailboxRole.TRASH: b"\\Trash",
    MailboxRole.ARCHIVE: b"\\Archive",
}


def attributes_of(entry: ListedMailbox, *, show_subscribed: bool) -> list[bytes]:
    """In the order in which they are listed."""
    attributes = [b"\\HasChildren" if entry.has_children else b"\\HasNoChildren"]
    if entry.mailbox is None:
        attributes.append(b"\\NonExistent")
    elif entry.mailbox.role in SPECIAL_USE:
        attributes.append(SPECIAL_USE[entry.mailbox.role])
    if show_subscribed and entry.is_subscribed:
        attributes.append(b"\\Subscribed")
    return attributes
