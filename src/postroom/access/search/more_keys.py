"""Keys of what no IMAP command asks for: attachments, their names, and the mailbox of a message that is looked for everywhere."""

from __future__ import annotations

from collections.abc import Callable

from postroom.access.search.query import FileNameHas, HasAttachment, InMailboxes
from postroom.access.search.subject import Subject
from postroom.message.search.matching import needle
from postroom.model.email import Column

_COLUMN, _MESSAGE = 1, 10_000  # as in keys


def compiled(
    asked: FileNameHas | HasAttachment | InMailboxes,
) -> tuple[Callable[[Subject], bool | None], frozenset[Column], int]:
    """Test, columns and cost, as keys.Key has them."""
    match asked:
        case FileNameHas(text=text, loose=loose):
            wanted = needle(text, loose=loose)
            return lambda subject: subject.file_name_has(wanted), frozenset(), _MESSAGE
        case HasAttachment():
            column = Column.HAS_ATTACHMENT
            return lambda subject: bool(subject.row[subject.columns[column]]), frozenset({column}), _COLUMN
        case InMailboxes(mailbox_ids=mailbox_ids):
            of = Column.MAILBOX_ID
            return lambda subject: subject.row[subject.columns[of]] in mailbox_ids, frozenset({of}), _COLUMN
