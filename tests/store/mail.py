"""Messages for tests of the store: small ones, large ones, answers."""

from __future__ import annotations

import hashlib
from pathlib import Path

from postroom.message.summary import summarise
from postroom.model.email import Arrival, Content, Source
from postroom.model.ids import BlobId, MailboxId
from postroom.model.keywords import Keywords

LARGE = b"Subject: large\r\nMessage-ID: <large@example.test>\r\n\r\n" + b"0123456789abcd\r\n" * 5000
RECEIVED = 1_700_000_000


def message(number: int, *, reply_to: int | None = None) -> bytes:
    reference = f"References: <{reply_to}@example.test>\r\n" if reply_to is not None else ""
    text = f"Subject: number {number}\r\nMessage-ID: <{number}@example.test>\r\n{reference}\r\ntext {number}\r\n"
    return text.encode()


def arrival(
    mailbox_id: MailboxId, data: bytes, *keywords: str, prefix: bytes = b"", path: Path | None = None
) -> Arrival:
    """With a path, the content lies there as a staged file."""
    blob_id = BlobId(hashlib.sha256(data).digest())
    if path is not None:
        path.write_bytes(data)
        content = Content(blob_id, len(data), None, str(path))
    else:
        content = Content(blob_id, len(data), data, None)
    return Arrival(mailbox_id, content, summarise(prefix + data), RECEIVED, Source.IMAP, Keywords.of(keywords), prefix)
