"""How LIST and STATUS show a mailbox: its attributes (RFC 3501 §7.2.2, RFC 5258 §3, RFC 6154 §2), for the command and for what NOTIFY tells."""

from __future__ import annotations

from postroom.access.account_mail import ListedMailbox
from postroom.model.mailbox import Mailbox, MailboxRole
from postroom.wire.imap.commands.authenticated.status import StatusItem

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


def counters_of(mailbox: Mailbox) -> dict[StatusItem, int]:
    """What STATUS tells of it without a further look (RFC 3501 §6.3.10, RFC 7162 §3.1.7)."""
    return {
        StatusItem.MESSAGES: mailbox.message_count,
        StatusItem.UIDNEXT: mailbox.uid_next,
        StatusItem.UIDVALIDITY: mailbox.uid_validity,
        StatusItem.UNSEEN: mailbox.unseen_count,
        StatusItem.HIGHESTMODSEQ: mailbox.mod_seq,
    }
